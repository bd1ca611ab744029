// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/guest_walk.h"

#include "base/error.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kAddressBits = 0x000f'ffff'ffff'f000u;  // bits 51..12: where an entry points
constexpr int kCanonicalBits = 48;

bool canonical(Gva address) {
  const auto value = static_cast<std::int64_t>(address.value());
  return value >> (kCanonicalBits - 1) == 0 || value >> (kCanonicalBits - 1) == -1;
}

// Bits that must be 0 in an entry of this level. The guest contract has no NX bit, so bit 63 is one of them. Bits 52..62 are the
// guest's own. A large page has zeros between its size and bit 13 (bit 12 is PAT).
std::uint64_t reservedBits(int level, std::uint64_t entry) {
  constexpr std::uint64_t kNoExecute = std::uint64_t{1} << 63;
  if (level == 4) return kNoExecute | kPteLarge;
  if (level > 1 && (entry & kPteLarge) != 0) {
    const std::uint64_t pageBytes = std::uint64_t{1} << (12 + 9 * (level - 1));
    return kNoExecute | ((pageBytes - 1) & ~std::uint64_t{0x1fff});
  }
  return kNoExecute;
}

}  // namespace

std::string_view nameOf(GuestWalkEnd end) {
  switch (end) {
    case GuestWalkEnd::Mapped: return "mapped";
    case GuestWalkEnd::NotPresent: return "not present";
    case GuestWalkEnd::OutsideMemory: return "outside memory";
    case GuestWalkEnd::TableNotReadable: return "table not readable";
    case GuestWalkEnd::NotCanonical: return "not canonical";
    case GuestWalkEnd::ReservedBit: return "reserved bit set";
  }
  invariant(false, "every end of a guest walk has a name");
}

//   address  63..48   47..39   38..30   29..21   20..12   11..0
//            sign     level 4  level 3  level 2  level 1  offset
//   cr3 ---> table ---> table ---> table ---> table ---> page     (a large entry at level 3 or 2 ends the walk early)
GuestWalk walkGuestTables(std::uint64_t cr3, Gva address, Bytes memory, const GuestTableReader& read) {
  GuestWalk walk;
  const auto endWith = [&walk](GuestWalkEnd end) {
    walk.end = end;
    return walk;
  };
  if (!canonical(address)) return endWith(GuestWalkEnd::NotCanonical);

  std::uint64_t table = cr3 & kAddressBits;
  walk.writable = true;
  for (int level = 4; level >= 1; --level) {
    const int shift = 12 + 9 * (level - 1);
    const Gpa entryAt(table + ((address.value() >> shift) & 511) * 8);
    GuestWalkStep& step = walk.steps[static_cast<std::size_t>(walk.stepCount++)];
    step = {level, entryAt, 0};
    if (entryAt.value() >= memory.value()) return endWith(GuestWalkEnd::OutsideMemory);
    const auto entry = read(entryAt);
    if (!entry) return endWith(GuestWalkEnd::TableNotReadable);
    step.entry = *entry;
    if ((*entry & kPtePresent) == 0) return endWith(GuestWalkEnd::NotPresent);
    if ((*entry & reservedBits(level, *entry)) != 0) return endWith(GuestWalkEnd::ReservedBit);
    walk.writable = walk.writable && (*entry & kPteWritable) != 0;
    table = *entry & kAddressBits;
    if (level == 1 || (level < 4 && (*entry & kPteLarge) != 0)) {
      walk.pageBytes = std::uint64_t{1} << shift;
      const std::uint64_t page = table & ~(walk.pageBytes - 1);
      walk.address = Gpa(page | (address.value() & (walk.pageBytes - 1)));
      return endWith(walk.address.value() < memory.value() ? GuestWalkEnd::Mapped : GuestWalkEnd::OutsideMemory);
    }
  }
  invariant(false, "a walk ends at level 1 at the latest");
}

}  // namespace overcommit
