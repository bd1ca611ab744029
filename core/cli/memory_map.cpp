// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/memory_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "base/units.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kColumns = 64;
constexpr std::uint64_t kRows = 8;

// In the order of PagePlace and GuestUse.
constexpr std::array<char, kPagePlaces> kPlaceMarks{'.', '#', '=', 'o', 'z', '>'};
constexpr std::array<char, kGuestUses> kGuestMarks{'.', 'K', 'T', 'c', 'u', 'o', '?'};
constexpr char kLargeMark = 'L';  // private, in a large page
constexpr char kFreeMark = '.', kSharedMark = '=', kZipStoreMark = 'z', kOverheadMark = '%', kUnnamedVmMark = '#';

char markOf(PagePlace place) { return kPlaceMarks.at(static_cast<std::size_t>(place)); }
char markOf(const WorldPage& page) { return page.large ? kLargeMark : markOf(page.place); }
char markOf(GuestUse use) { return kGuestMarks.at(static_cast<std::size_t>(use)); }

// a … y without those that mean something else, then A … Z; VMs beyond have no letter.
constexpr std::string_view kVmMarks = "abcdefghijklmnopqrstuvwxyABCDEFGHIJKLMNOPQRSTUVWXYZ";
char markOf(VmId vm) { return vm.value() < kVmMarks.size() ? kVmMarks[vm.value()] : kUnnamedVmMark; }

std::uint64_t pagesPerCharacter(std::uint64_t pages, const MapStyle& style) {
  if (style.pagesPerCharacter) return std::max<std::uint64_t>(*style.pagesPerCharacter, 1);
  std::uint64_t each = 1;
  while (each * kColumns * kRows < pages) each *= 2;
  return each;
}

// One character of a row. Each of its pages adds to its mark's claim on the row; the mark with the largest claim among those that the
// pages here have is shown, and pays for it. So what is spread thinly shows as often as it is there.
class Row {
 public:
  char next(std::uint64_t first, std::uint64_t count, const std::function<char(std::uint64_t)>& markAt) {
    std::map<char, std::uint64_t> here;
    for (std::uint64_t page = first; page < first + count; ++page) ++here[markAt(page)];
    char shown = 0;
    for (const auto& [mark, pages] : here) {
      claims_[mark] += static_cast<std::int64_t>(pages);
      if (shown == 0 || claims_[mark] > claims_[shown] || (claims_[mark] == claims_[shown] && shown == kNothing)) shown = mark;
    }
    claims_[shown] -= static_cast<std::int64_t>(count);
    return shown;
  }

 private:
  static constexpr char kNothing = '.';
  std::map<char, std::int64_t> claims_;
};

std::string rows(std::uint64_t pages, std::uint64_t each, const std::function<char(std::uint64_t)>& markAt) {
  std::string text;
  for (std::uint64_t start = 0; start < pages; start += each * kColumns) {
    text += fmt::format("{:>10} |", formatBytes(bytesOf(Pages(start))));
    Row row;
    for (std::uint64_t first = start; first < std::min(pages, start + each * kColumns); first += each)
      text += row.next(first, std::min(each, pages - first), markAt);
    text += "|\n";
  }
  return text;
}

std::string title(std::string_view name, std::uint64_t pages, std::uint64_t each) {
  return fmt::format("{}: {} = {} pages, {} a character\n", name, formatBytes(bytesOf(Pages(pages))), pages, each);
}

// "  private 12 MiB  swapped 3 MiB", wrapped; nothing is left out but zeroes.
class Figures {
 public:
  void add(std::string_view name, std::uint64_t pages) {
    if (pages == 0) return;
    const std::string figure = fmt::format("  {} {}", name, formatBytes(bytesOf(Pages(pages))));
    if (line_.size() + figure.size() > 98) text_ += std::exchange(line_, {}) + "\n";
    line_ += figure;
  }
  [[nodiscard]] std::string text() const { return text_ + line_ + "\n"; }

 private:
  std::string text_, line_;
};

}  // namespace

std::string drawVm(const WorldModel& world, VmId vm, const MapStyle& style) {
  const std::uint64_t pages = world.memory(vm).value();
  const std::uint64_t each = pagesPerCharacter(pages, style);
  const WorldVm& figures = world.vm(vm);
  std::string text = title(world.name(vm), pages, each);
  if (figures.crashed) text += fmt::format("  stopped: {}\n", figures.crashText);
  if (!figures.poweredOn && !figures.crashed) return text + "  not on\n";
  Figures sums;
  if (style.of == MapOf::Places) {
    for (std::size_t i = 0; i < kPagePlaces; ++i) sums.add(nameOf(static_cast<PagePlace>(i)), figures.pages.at(i));
    sums.add("of it in large pages", figures.largePages);
    return text + sums.text() + rows(pages, each, [&](std::uint64_t page) { return markOf(world.page(vm, Gfn(page))); });
  }
  for (std::size_t i = 0; i < kGuestUses; ++i) sums.add(nameOf(static_cast<GuestUse>(i)), figures.guestPages.at(i));
  return text + sums.text() + rows(pages, each, [&](std::uint64_t page) { return markOf(world.page(vm, Gfn(page)).guestUse); });
}

std::string drawMachine(const WorldModel& world, const MapStyle& style) {
  const std::uint64_t frames = world.hostMemory().value();
  const std::uint64_t each = pagesPerCharacter(frames, style);
  Figures sums;
  for (std::size_t i = 0; i < kFrameUses; ++i) sums.add(nameOf(static_cast<FrameUse>(i)), world.host().frames.at(i));
  return title("machine memory", frames, each) + sums.text() + rows(frames, each, [&](std::uint64_t number) {
           const WorldFrame frame = world.frame(Mfn(number));
           switch (frame.use) {
             case FrameUse::Free: return kFreeMark;
             case FrameUse::Private: return markOf(frame.vm);
             case FrameUse::Shared: return kSharedMark;
             case FrameUse::ZipStore: return kZipStoreMark;
             case FrameUse::Overhead: return kOverheadMark;
           }
           return kFreeMark;
         });
}

std::string vmLegend(MapOf of) {
  std::string text = "legend:";
  if (of == MapOf::Places) {
    for (std::size_t i = 0; i < kPagePlaces; ++i) text += fmt::format("  {} {}", kPlaceMarks.at(i), nameOf(static_cast<PagePlace>(i)));
    text += fmt::format("  {} in a large page", kLargeMark);
  } else {
    for (std::size_t i = 0; i < kGuestUses; ++i) text += fmt::format("  {} {}", kGuestMarks.at(i), nameOf(static_cast<GuestUse>(i)));
  }
  return text + "\n";
}

std::string machineLegend(const WorldModel& world) {
  std::string text = fmt::format("legend:  {} free  {} shared  {} zip store  {} overhead  private frames of", kFreeMark, kSharedMark,
                                 kZipStoreMark, kOverheadMark);
  std::size_t column = text.size();
  for (std::size_t i = 0; i < std::min(world.vms(), kVmMarks.size()); ++i) {
    const VmId vm(static_cast<std::uint16_t>(i));
    const std::string entry = fmt::format("  {} {}", markOf(vm), world.name(vm));
    if (column + entry.size() > 100) {
      text += "\n       ";
      column = 7;
    }
    text += entry;
    column += entry.size();
  }
  if (world.vms() > kVmMarks.size()) text += fmt::format("  {} the others", kUnnamedVmMark);
  return text + "\n";
}

}  // namespace overcommit
