// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/guest_physical_memory.h"

#include <algorithm>
#include <utility>

namespace overcommit {
namespace {

std::size_t indexOf(PagePlace place) { return static_cast<std::size_t>(place); }

// The most that a window may show of a page with this entry.
Protection mostFor(NptEntry entry) {
  if (!entry.present() || !entry.accessed()) return Protection::None;
  return entry.writable() && entry.dirty() ? Protection::ReadWrite : Protection::ReadOnly;
}

}  // namespace

GuestPhysicalMemory::GuestPhysicalMemory(MachineMemory& machine, NestedPageTable table, std::unique_ptr<GuestWindows> windows)
    : machine_(machine),
      table_(std::move(table)),
      windows_(std::move(windows)),
      touchedOf_(static_cast<std::size_t>((table_.memory().value() + kLargePagePages - 1) / kLargePagePages)),
      private_(table_.memory().value()) {
  invariant(!windows_ || windows_->ramPages() == table_.memory(), "a VM's window is as large as its memory");
  counts_[indexOf(PagePlace::Untouched)] = table_.memory();
}

Pages GuestPhysicalMemory::count(PagePlace place) const { return counts_[indexOf(place)]; }

std::optional<Gfn> GuestPhysicalMemory::nextPrivate(Gfn from) const {
  const auto found = private_.lowestFrom(from.value());
  return found ? std::optional(Gfn(*found)) : std::nullopt;
}

void GuestPhysicalMemory::set(Gfn gfn, NptEntry entry) {
  const NptEntry old = table_.lookup(gfn);
  if (old.present() && old.accessed() && entry.present()) entry = entry.withAccessed();
  table_.update(gfn, entry);
  counts_[indexOf(old.place())] -= Pages(1);
  counts_[indexOf(entry.place())] += Pages(1);
  if (old.place() == PagePlace::Private) private_.erase(gfn.value());
  if (entry.place() == PagePlace::Private) private_.insert(gfn.value());
  std::uint16_t& touched = touchedOf_[gfn.value() / kLargePagePages];
  if (old.place() == PagePlace::Untouched) ++touched;
  if (entry.place() == PagePlace::Untouched) --touched;
  if (!windows_) return;
  if (saboteur_ != Saboteur::None) [[unlikely]] {
    if (sabotaged(gfn, old, entry)) return;
  }
  const bool sameFrame = old.present() && entry.present() && old.mfn() == entry.mfn();
  const Protection most = sameFrame ? mostFor(entry) : Protection::None;
  if (most == Protection::None) windows_->revoke(gfn);
  if (most == Protection::ReadOnly) windows_->restrictToReadOnly(gfn);
}

void GuestPhysicalMemory::mapLarge(Gfn first, Mfn mfn) {
  invariant(untouchedAround(first), "a large page is made of untouched pages");
  table_.mapLarge(first, mfn);
  const Pages pages(kLargePagePages);
  counts_[indexOf(PagePlace::Untouched)] -= pages;
  counts_[indexOf(PagePlace::Private)] += pages;
  for (std::uint64_t i = 0; i < kLargePagePages; ++i) private_.insert(first.value() + i);
  touchedOf_[first.value() / kLargePagePages] = kLargePagePages;
  large_ += pages;
}

void GuestPhysicalMemory::breakLarge(Gfn first) {
  table_.breakLarge(first);
  large_ -= Pages(kLargePagePages);
}

bool GuestPhysicalMemory::untouchedAround(Gfn gfn) const {
  const std::uint64_t region = gfn.value() / kLargePagePages;
  return touchedOf_[region] == 0 && (region + 1) * kLargePagePages <= memory().value();
}

void GuestPhysicalMemory::sample(Gfn gfn) {
  const NptEntry entry = table_.lookup(gfn);
  if (entry.present()) table_.update(gfn, entry.withoutAccessed());
  if (windows_) windows_->revoke(gfn);
}

void GuestPhysicalMemory::fillRam(Gfn gfn, Access access) {
  invariant(windows_ != nullptr, "only a VM with windows has nested faults");
  const NptEntry entry = touched(gfn, access);
  windows_->fillRam(gfn, shown(gfn, entry), mostFor(entry));
}

void GuestPhysicalMemory::fillDynamic(std::uint64_t dynamicPage, Gfn gfn, Access access) {
  invariant(windows_ != nullptr, "only a VM with windows has nested faults");
  const NptEntry entry = touched(gfn, access);
  windows_->fillDynamic(dynamicPage, gfn, shown(gfn, entry), mostFor(entry));
}

// Whether the windows are to be left as they are.
bool GuestPhysicalMemory::sabotaged(Gfn gfn, NptEntry old, NptEntry entry) {
  wronglyShown_.erase(gfn);
  const bool isBreak = old.shared() && entry.place() == PagePlace::Private && old.mfn() != entry.mfn();
  if (saboteur_ == Saboteur::MissingBreak && isBreak) wronglyShown_.emplace(gfn, old.mfn());
  return saboteur_ == Saboteur::StaleWindow && old.present() && !entry.present();
}

Mfn GuestPhysicalMemory::shown(Gfn gfn, NptEntry entry) const {
  const auto wrong = wronglyShown_.find(gfn);
  return wrong == wronglyShown_.end() ? entry.mfn() : wrong->second;
}

void GuestPhysicalMemory::touch(Gfn gfn, Access access) { static_cast<void>(touched(gfn, access)); }

// Sets A and D as the hardware would.
NptEntry GuestPhysicalMemory::touched(Gfn gfn, Access access) {
  const NptEntry old = table_.lookup(gfn);
  invariant(old.present(), "a page that is accessed was made present");
  invariant(access == Access::Read || old.writable(), "a page that is written was made writable");
  const NptEntry entry = access == Access::Write ? old.withDirty() : old.withAccessed();
  if (entry != old) table_.update(gfn, entry);
  return entry;
}

std::optional<std::string> GuestPhysicalMemory::audit() const {
  std::array<Pages, kPagePlaces> found{};
  Pages large;
  for (Gfn gfn; gfn.value() < memory().value(); gfn = gfn.next()) {
    const std::size_t place = indexOf(table_.lookup(gfn).place());
    if (place >= kPagePlaces) return fmt::format("the entry of guest frame {} names no place", gfn.value());
    found[place] += Pages(1);
    if (isPrivate(gfn) != (table_.lookup(gfn).place() == PagePlace::Private))
      return fmt::format("guest frame {} is among the private pages, or missing there, wrongly", gfn.value());
    if (table_.lookup(gfn).large()) large += Pages(1);
    if (auto wrong = auditPage(gfn)) return wrong;
    if (gfn != largePageOf(gfn)) continue;
    if (auto wrong = table_.auditLarge(gfn)) return wrong;
    std::uint16_t touched = 0;
    for (Gfn at = gfn; at.value() < std::min(memory().value(), gfn.value() + kLargePagePages); at = at.next()) {
      if (table_.lookup(at).place() != PagePlace::Untouched) ++touched;
    }
    if (touched != touchedOf_[gfn.value() / kLargePagePages])
      return fmt::format("the touched pages around guest frame {} are miscounted", gfn.value());
  }
  if (large != large_) return "the count of pages in large pages is not that of the nested page table";
  if (found != counts_) return "the counts of pages by place are not those of the nested page table";
  return windows_ ? windows_->audit() : std::nullopt;
}

std::optional<std::string> GuestPhysicalMemory::auditPage(Gfn gfn) const {
  const NptEntry entry = table_.lookup(gfn);
  if (entry.present()) {
    const Frame& frame = machine_.frame(entry.mfn());
    const VmId vm = machine_.frame(table_.root()).vm;
    const bool right = entry.shared() ? frame.use == FrameUse::Shared && !entry.writable()
                                      : frame.use == FrameUse::Private && frame.vm == vm && frame.gfn == gfn;
    if (!right)
      return fmt::format("guest frame {} is in machine frame {}, which is not its {} frame", gfn.value(), entry.mfn().value(),
                         entry.shared() ? "shared" : "private");
  }
  if (!windows_) return std::nullopt;

  const auto compare = [&](const std::optional<GuestWindows::Mapping>& mapping, std::string_view where) -> std::optional<std::string> {
    if (!mapping) return std::nullopt;
    if (!entry.present()) return fmt::format("the {} window shows guest frame {}, which is not present", where, gfn.value());
    if (mapping->mfn != entry.mfn()) {
      return fmt::format("the {} window shows guest frame {} in machine frame {}, not {}", where, gfn.value(), mapping->mfn.value(),
                         entry.mfn().value());
    }
    if (mapping->protection > mostFor(entry)) {
      return fmt::format("the {} window shows guest frame {} with more rights than its entry gives", where, gfn.value());
    }
    return std::nullopt;
  };
  if (auto wrong = compare(windows_->ramMapping(gfn), "RAM")) return wrong;
  for (const std::uint64_t page : windows_->aliases(gfn)) {
    if (auto wrong = compare(windows_->dynamicMapping(page), "dynamic")) return wrong;
  }
  return std::nullopt;
}

}  // namespace overcommit
