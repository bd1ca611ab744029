// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/walk_picture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/units.h"
#include "host/walk_references.h"

namespace overcommit {
namespace {

std::string nestedText(const WalkReference& reference) {
  const NptEntry entry = reference.nested();
  if (!entry.present()) return fmt::format("not present: the page is {}", nameOf(entry.place()));
  return fmt::format("-> mfn {:#x}{}: {}", entry.mfn().value(), reference.nestedLeaf() ? "" : " (table)",
                     fmt::join(nestedFlagsOf(entry), ", "));
}

std::string guestText(std::uint64_t entry) {
  if ((entry & kPtePresent) == 0) return "not present";
  return fmt::format("-> gpa {:#x}: {}", entry & kPteFrame, fmt::join(guestFlagsOf(entry), ", "));
}

std::string line(std::size_t number, const WalkReference& reference) {
  const bool nested = reference.table == WalkReference::Table::Nested;
  const std::string what =
      nested ? fmt::format("  nested level {}  mfn {:#x} [{}]", reference.level, reference.mfn.value(), reference.offset / 8)
             : fmt::format("guest entry       mfn {:#x} + {:#x}", reference.mfn.value(), reference.offset);
  return fmt::format("  {:>2}  {:<38} {}\n", number, what, nested ? nestedText(reference) : guestText(reference.entry));
}

}  // namespace

std::string walkPicture(const Host::NestedWalk& walk, Gva address) {
  const WalkReferences found = referencesOf(walk);
  const GuestWalk& guest = walk.guest;
  std::string text;
  const auto heading = [&](const GuestWalkStep& step) {
    text += fmt::format("guest {}: entry {} at gpa {:#x}\n", guestLevelName(step.level), step.entryAt.value() % kPageSize / 8,
                        step.entryAt.value());
  };
  std::size_t number = 0;
  for (int i = 0; i < guest.stepCount; ++i) {
    const GuestWalkStep& step = guest.steps.at(static_cast<std::size_t>(i));
    if (number == found.references.size() && found.lostAt) break;
    heading(step);
    for (; number < found.references.size() && found.references[number].guestLevel == step.level; ++number)
      text += line(number + 1, found.references[number]);
  }
  if (found.address) {
    text += fmt::format("page of {}: gpa {:#x}\n", formatBytes(Bytes(guest.pageBytes)), found.address->value());
    for (; number < found.references.size(); ++number) text += line(number + 1, found.references[number]);
  }
  if (!found.frame) return text + fmt::format("\nends after {} memory references: {}\n", number, found.why);
  return text + fmt::format("\nends after {} memory references: gva {:#x} -> gpa {:#x} -> mfn {:#x}, machine address {:#x}; {}\n", number,
                            address.value(), found.address->value(), found.frame->value(),
                            found.frame->value() * kPageSize + address.value() % kPageSize,
                            guest.writable ? "the guest allows writing" : "the guest allows reading only");
}

}  // namespace overcommit
