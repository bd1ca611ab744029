// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/walk_references.h"

#include <fmt/format.h>

#include <array>
#include <span>

namespace overcommit {
namespace {

constexpr std::uint64_t kEntryBytes = 8;

struct WalkFlag {
  bool set;
  std::string_view word;
};
std::vector<std::string_view> wordsOf(std::span<const WalkFlag> flags) {
  std::vector<std::string_view> words;
  for (const WalkFlag& flag : flags) {
    if (flag.set) words.push_back(flag.word);
  }
  return words;
}

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

WalkOutcome outcomeOf(GuestWalkEnd end) {
  switch (end) {
    case GuestWalkEnd::Mapped: return WalkOutcome::Mapped;
    case GuestWalkEnd::NotPresent:
    case GuestWalkEnd::ReservedBit: return WalkOutcome::GuestFault;
    case GuestWalkEnd::OutsideMemory: return WalkOutcome::OutsideMemory;
    case GuestWalkEnd::TableNotReadable: return WalkOutcome::TableNotReadable;
    case GuestWalkEnd::NotCanonical: return WalkOutcome::ProtectionFault;
  }
  return WalkOutcome::Mapped;
}

// The frame of a guest frame behind a leaf of a level: a large page is of 512 frames, and its entry tells the first.
Mfn frameBehind(NptEntry leaf, int level, std::uint64_t gfn) {
  const std::uint64_t frames = std::uint64_t{1} << 9 * (level - 1);
  return Mfn(leaf.mfn().value() + gfn % frames);
}

// The nested walk of one guest-physical address; the frame it leads to, or nothing where the page is not in one.
std::optional<Mfn> addNested(std::span<const NestedPageTable::Step> steps, int guestLevel, Gpa address, WalkReferences& walk) {
  for (const NestedPageTable::Step& step : steps) {
    walk.references.push_back(
        {WalkReference::Table::Nested, step.level, guestLevel, step.table, step.index * kEntryBytes, step.entry.raw()});
    if (!step.entry.present()) {
      walk.lostAt = step.entry;
      return std::nullopt;
    }
    if (walk.references.back().nestedLeaf()) return frameBehind(step.entry, step.level, address.value() / kPageSize);
  }
  return std::nullopt;
}

}  // namespace

std::string_view nameOf(WalkOutcome outcome) {
  switch (outcome) {
    case WalkOutcome::Mapped: return "mapped";
    case WalkOutcome::NestedFault: return "nested fault";
    case WalkOutcome::GuestFault: return "guest page fault";
    case WalkOutcome::ProtectionFault: return "general protection fault";
    case WalkOutcome::OutsideMemory: return "outside memory";
    case WalkOutcome::TableNotReadable: return "table not readable";
  }
  return "unknown";
}

std::vector<std::string_view> guestFlagsOf(std::uint64_t entry) {
  if ((entry & kPtePresent) == 0) return {};
  return wordsOf(std::array{WalkFlag{true, "present"}, WalkFlag{(entry & kPteWritable) != 0, "writable"},
                            WalkFlag{(entry & kPteUser) != 0, "user"}, WalkFlag{(entry & kPteAccessed) != 0, "accessed"},
                            WalkFlag{(entry & kPteDirty) != 0, "dirty"}, WalkFlag{(entry & kPteLarge) != 0, "large"}});
}

std::vector<std::string_view> nestedFlagsOf(NptEntry entry) {
  if (!entry.present()) return {};
  return wordsOf(std::array{WalkFlag{true, "read"}, WalkFlag{entry.writable(), "write"}, WalkFlag{entry.executable(), "execute"},
                            WalkFlag{entry.large(), "large"}, WalkFlag{entry.shared(), "shared"}, WalkFlag{entry.accessed(), "accessed"},
                            WalkFlag{entry.dirty(), "dirty"}});
}

std::string_view guestLevelName(int level) {
  switch (level) {
    case 4: return "level 4, PML4";
    case 3: return "level 3, page-directory pointers";
    case 2: return "level 2, page directory";
    case 1: return "level 1, page table";
    default: return "?";
  }
}

WalkReferences referencesOf(const Host::NestedWalk& walk) {
  WalkReferences result;
  const GuestWalk& guest = walk.guest;
  for (int i = 0; i < guest.stepCount; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const GuestWalkStep& step = guest.steps.at(at);
    if (at >= walk.nested.size()) break;
    const auto table = addNested(walk.nested[at], step.level, step.entryAt, result);
    if (!table) break;
    result.references.push_back(
        {WalkReference::Table::Guest, step.level, step.level, *table, step.entryAt.value() % kPageSize, step.entry});
  }
  if (guest.end == GuestWalkEnd::Mapped && !result.lostAt) {
    result.address = guest.address;
    const auto last = static_cast<std::size_t>(guest.stepCount);
    if (last < walk.nested.size()) result.frame = addNested(walk.nested[last], 0, guest.address, result);
  }
  if (result.frame) return result;
  result.outcome = result.lostAt ? WalkOutcome::NestedFault : outcomeOf(guest.end);
  result.why = result.lostAt ? nestedEnd(*result.lostAt) : guestEnd(guest);
  return result;
}

}  // namespace overcommit
