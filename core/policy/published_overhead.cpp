// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/published_overhead.h"

#include <array>
#include <span>

#include "policy/wide.h"

namespace overcommit {
namespace {

struct Row {
  std::uint64_t configured;  // MiB
  std::uint64_t overhead;    // hundredths of a MiB
};

// 54 MB, and 32 MB for each GB above 512 MB: 102 MB at 2 GB (A25 p425).
constexpr std::array kEsx2{Row{512, 5400}, Row{2048, 10200}};
// ESX 4.0, without service console (RM40 p30). For ESX 3 no table was found.
constexpr std::array kEsx4{Row{256, 11317},  Row{512, 11668},  Row{1024, 12373}, Row{2048, 13781},
                           Row{4096, 16598}, Row{8192, 22230}, Row{16384, 33496}};
// vSphere 5 to 6.7, with VMX swap and hardware MMU (RM65, RM67 p34).
constexpr std::array kEsx5{Row{256, 2029}, Row{1024, 2590}, Row{4096, 4864}, Row{16384, 13962}};

std::span<const Row> tableOf(Vintage vintage) {
  switch (vintage) {
    case Vintage::Esx2: return kEsx2;
    case Vintage::Esx3:
    case Vintage::Esx4: return kEsx4;
    case Vintage::Esx5:
    case Vintage::Esx6: return kEsx5;
  }
  return kEsx5;
}

}  // namespace

Bytes publishedOverhead(Vintage vintage, Bytes configured) {
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
  const std::span<const Row> table = tableOf(vintage);
  if (configured.value() <= table[0].configured * kMiB) return Bytes(table[0].overhead * kMiB / 100);
  std::size_t i = 1;
  while (i + 1 < table.size() && configured.value() > table[i].configured * kMiB) ++i;
  const Row& from = table[i - 1];
  const Row& to = table[i];
  const Wide beyond = configured.value() - from.configured * kMiB;
  const Wide rise = beyond * (to.overhead - from.overhead) / (to.configured - from.configured);  // hundredths of a byte
  return Bytes(static_cast<std::uint64_t>((Wide{from.overhead} * kMiB + rise) / 100));
}

}  // namespace overcommit
