// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/walk_picture.h"

#include <fmt/format.h>

#include <array>
#include <span>

#include "base/units.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kFrameNumber = 0x000f'ffff'ffff'f000u;

struct Flag {
  bool set;
  std::string_view word;
};
template <std::size_t n>
std::string words(const std::array<Flag, n>& flags) {
  std::string text;
  for (const Flag& flag : flags) {
    if (flag.set) text += fmt::format("{}{}", text.empty() ? "" : ", ", flag.word);
  }
  return text;
}

std::string guestFlags(std::uint64_t entry) {
  if ((entry & kPtePresent) == 0) return "not present";
  return words(std::array{Flag{true, "present"}, Flag{(entry & kPteWritable) != 0, "writable"}, Flag{(entry & kPteUser) != 0, "user"},
                          Flag{(entry & kPteAccessed) != 0, "accessed"}, Flag{(entry & kPteDirty) != 0, "dirty"},
                          Flag{(entry & kPteLarge) != 0, "large"}});
}

std::string nestedFlags(NptEntry entry) {
  if (!entry.present()) return fmt::format("not present: the page is {}", nameOf(entry.place()));
  return words(std::array{Flag{true, "read"}, Flag{entry.writable(), "write"}, Flag{entry.executable(), "execute"},
                          Flag{entry.large(), "large"}, Flag{entry.shared(), "shared"}, Flag{entry.accessed(), "accessed"},
                          Flag{entry.dirty(), "dirty"}});
}

std::string_view guestLevel(int level) {
  switch (level) {
    case 4: return "level 4, PML4";
    case 3: return "level 3, page-directory pointers";
    case 2: return "level 2, page directory";
    case 1: return "level 1, page table";
    default: return "?";
  }
}

class Picture {
 public:
  // The nested walk of one guest-physical address; the frame it leads to, or nothing where the page is not in one.
  std::optional<Mfn> nested(std::span<const NestedPageTable::Step> steps) {
    for (const NestedPageTable::Step& step : steps) {
      const bool leaf = step.level == 1 || step.entry.large();
      reference(fmt::format("  nested level {}  mfn {:#x} [{}]", step.level, step.table.value(), step.index),
                step.entry.present()
                    ? fmt::format("-> mfn {:#x}{}: {}", step.entry.mfn().value(), leaf ? "" : " (table)", nestedFlags(step.entry))
                    : nestedFlags(step.entry));
      if (!step.entry.present()) {
        lost_ = step.entry;
        return std::nullopt;
      }
      if (leaf) return step.entry.mfn();
    }
    return std::nullopt;
  }

  void guestEntry(const GuestWalkStep& step, Mfn table) {
    reference(fmt::format("guest entry       mfn {:#x} + {:#x}", table.value(), step.entryAt.value() % kPageSize),
              (step.entry & kPtePresent) != 0 ? fmt::format("-> gpa {:#x}: {}", step.entry & kFrameNumber, guestFlags(step.entry))
                                              : guestFlags(step.entry));
  }

  void line(const std::string& text) { text_ += text + "\n"; }
  [[nodiscard]] int references() const { return references_; }
  [[nodiscard]] const std::optional<NptEntry>& lost() const { return lost_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void reference(const std::string& what, const std::string& result) {
    line(fmt::format("  {:>2}  {:<38} {}", ++references_, what, result));
  }

  std::string text_;
  int references_ = 0;
  std::optional<NptEntry> lost_;
};

// What the hardware would do where the nested tables end.
std::string nestedEnd(NptEntry entry) {
  switch (entry.place()) {
    case PagePlace::Untouched: return "nested fault: the guest never touched this page; a touch would give it a zeroed frame";
    case PagePlace::Ballooned: return "nested fault: the page is in the balloon; a touch would give it a new frame";
    case PagePlace::Zipped: return "nested fault: the page is in the compression cache; a touch would unzip it";
    case PagePlace::Swapped:
      return fmt::format("nested fault: the page is in slot {} of the swap file; a touch would read it back", entry.slot());
    case PagePlace::Private:
    case PagePlace::Shared: break;
  }
  return "nested fault";
}

std::string guestEnd(const GuestWalk& walk) {
  const int level = walk.stepCount > 0 ? walk.steps.at(static_cast<std::size_t>(walk.stepCount - 1)).level : 4;
  switch (walk.end) {
    case GuestWalkEnd::Mapped: break;
    case GuestWalkEnd::NotPresent:
      return fmt::format("guest page fault: the guest's entry of level {} is not present; its #PF handler would be called", level);
    case GuestWalkEnd::OutsideMemory: return fmt::format("the guest's table of level {} points outside its memory", level);
    case GuestWalkEnd::TableNotReadable:
      return "a page table of the guest is not in a frame now; the hardware would take a nested fault for it";
    case GuestWalkEnd::NotCanonical: return "general protection fault: no CPU accepts this address; bits 63 to 47 must be equal";
    case GuestWalkEnd::ReservedBit: return fmt::format("guest page fault: the guest's entry of level {} sets a reserved bit", level);
  }
  return {};
}

}  // namespace

std::string walkPicture(const Host::NestedWalk& walk, Gva address) {
  Picture picture;
  const GuestWalk& guest = walk.guest;
  for (int i = 0; i < guest.stepCount; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const GuestWalkStep& step = guest.steps.at(at);
    const std::uint64_t index = step.entryAt.value() % kPageSize / 8;
    picture.line(fmt::format("guest {}: entry {} at gpa {:#x}", guestLevel(step.level), index, step.entryAt.value()));
    if (at >= walk.nested.size()) break;
    const auto table = picture.nested(walk.nested[at]);
    if (!table) break;
    picture.guestEntry(step, *table);
  }
  if (guest.end == GuestWalkEnd::Mapped && !picture.lost()) {
    picture.line(fmt::format("page of {}: gpa {:#x}", formatBytes(Bytes(guest.pageBytes)), guest.address.value()));
    const auto frame = static_cast<std::size_t>(guest.stepCount) < walk.nested.size()
                           ? picture.nested(walk.nested[static_cast<std::size_t>(guest.stepCount)])
                           : std::nullopt;
    if (frame) {
      const std::uint64_t offset = address.value() % kPageSize;
      picture.line(fmt::format("\nends after {} memory references: gva {:#x} -> gpa {:#x} -> mfn {:#x}, machine address {:#x}; {}",
                               picture.references(), address.value(), guest.address.value(), frame->value(),
                               frame->value() * kPageSize + offset,
                               guest.writable ? "the guest allows writing" : "the guest allows reading only"));
      return picture.text();
    }
  }
  const std::string why = picture.lost() ? nestedEnd(*picture.lost()) : guestEnd(guest);
  picture.line(fmt::format("\nends after {} memory references: {}", picture.references(), why));
  return picture.text();
}

}  // namespace overcommit
