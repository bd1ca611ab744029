// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/guest_windows.h"

#include <algorithm>
#include <fstream>
#include <functional>

namespace overcommit {

std::uint64_t MappingBudget::systemLimit() {
  std::uint64_t limit = 65'530;  // the kernel's default, should it not tell
  std::ifstream file("/proc/sys/vm/max_map_count");
  file >> limit;
  constexpr std::uint64_t kRestOfProcess = 2'048;
  return limit > 2 * kRestOfProcess ? limit - kRestOfProcess : limit / 2;
}

void MappingBudget::makeRoom(GuestWindows& caller) {
  // Had the caller only a few mappings, its next fills would be here again at once.
  if (caller.mappings() >= limit_ / 4) {
    caller.flushForBudget();
  } else {
    flushAll();
  }
}

void MappingBudget::flushAll() {
  // At the kernel's own limit, windows with few mappings cannot be flushed before those with many.
  std::ranges::sort(windows_, std::ranges::greater(), &GuestWindows::mappings);
  for (GuestWindows* windows : windows_) windows->flushForBudget();
}

Result<std::unique_ptr<GuestWindows>> GuestWindows::create(const MachineMemory& machine, MappingBudget& budget, Pages ram, Pages dynamic,
                                                           std::unique_ptr<WindowBacking> ramBacking) {
  WindowBacking& backing = ramBacking ? *ramBacking : signalBacking();
  auto ramRegion = WindowRegion::reserve(backing, machine.fd(), machine.frames(), ram, "a VM's memory");
  if (!ramRegion) return tl::unexpected(ramRegion.error());
  auto dynamicRegion = WindowRegion::reserve(signalBacking(), machine.fd(), machine.frames(), dynamic, "a VM's virtual memory");
  if (!dynamicRegion) return tl::unexpected(dynamicRegion.error());
  return std::unique_ptr<GuestWindows>(
      new GuestWindows(machine, budget, std::move(ramBacking), std::move(*ramRegion), std::move(*dynamicRegion)));
}

GuestWindows::GuestWindows(const MachineMemory& machine, MappingBudget& budget, std::unique_ptr<WindowBacking> ramBacking, WindowRegion ram,
                           WindowRegion dynamic)
    : machine_(machine),
      budget_(budget),
      ramBacking_(std::move(ramBacking)),
      ram_(std::move(ram)),
      dynamic_(std::move(dynamic)),
      aliases_(ram_.pages(), dynamic_.pages()) {
  budget_.change(static_cast<std::int64_t>(mappings()));
  budget_.windows_.push_back(this);
}

GuestWindows::~GuestWindows() {
  budget_.change(-static_cast<std::int64_t>(mappings()));
  std::erase(budget_.windows_, this);
}

std::byte* GuestWindows::ramBase() const { return ram_.base(); }
std::byte* GuestWindows::dynamicBase() const { return dynamic_.base(); }
Pages GuestWindows::ramPages() const { return ram_.pages(); }
Pages GuestWindows::dynamicPages() const { return dynamic_.pages(); }

void GuestWindows::fillRam(Gfn gfn, Mfn mfn, Protection protection) {
  // A backing of its own shows memory that is there; mappings fetch it at the touch.
  if (ramBacking_) machine_.touch(mfn);
  fill(ram_, gfn.value(), mfn, protection);
}

void GuestWindows::fillDynamic(std::uint64_t dynamicPage, Gfn gfn, Mfn mfn, Protection protection) {
  fill(dynamic_, dynamicPage, mfn, protection);
  aliases_.link(dynamicPage, gfn);  // after the fill, which may flush
}

void GuestWindows::fill(WindowRegion& region, std::uint64_t page, Mfn mfn, Protection protection) {
  invariant(protection != Protection::None, "a page that is mapped in a window can be accessed there");
  if (budget_.nearlySpent()) budget_.makeRoom(*this);
  const auto before = static_cast<std::int64_t>(region.mappings());
  const bool mapped = region.map(page, mfn, protection);
  budget_.change(static_cast<std::int64_t>(region.mappings()) - before);
  if (mapped) return;
  budget_.flushAll();
  const auto flushed = static_cast<std::int64_t>(region.mappings());
  invariant(region.map(page, mfn, protection), "a page can be mapped in a window after all windows were flushed");
  budget_.change(static_cast<std::int64_t>(region.mappings()) - flushed);
}

void GuestWindows::lower(WindowRegion& region, std::uint64_t page, Protection protection) {
  if (region.protection(page) <= protection) return;
  if (budget_.nearlySpent()) {  // to unmap everything lowers this page, too
    budget_.makeRoom(*this);
    return;
  }
  const auto before = static_cast<std::int64_t>(region.mappings());
  const bool lowered = region.lower(page, protection);
  budget_.change(static_cast<std::int64_t>(region.mappings()) - before);
  if (!lowered) budget_.flushAll();
}

void GuestWindows::revoke(Gfn gfn) {
  lower(ram_, gfn.value(), Protection::None);
  while (const auto page = aliases_.first(gfn)) {
    aliases_.unlink(*page);
    lower(dynamic_, *page, Protection::None);
  }
}

void GuestWindows::restrictToReadOnly(Gfn gfn) {
  lower(ram_, gfn.value(), Protection::ReadOnly);
  for (auto page = aliases_.first(gfn); page; page = aliases_.next(*page)) lower(dynamic_, *page, Protection::ReadOnly);
}

void GuestWindows::dropDynamic(std::uint64_t dynamicPage) {
  aliases_.unlink(dynamicPage);
  lower(dynamic_, dynamicPage, Protection::None);
}

void GuestWindows::dropAllDynamic() {
  if (!unmap(dynamic_)) budget_.flushAll();
  aliases_.clear();
}

void GuestWindows::flush() {
  if (!tryFlush()) budget_.flushAll();
}

bool GuestWindows::tryFlush() {
  aliases_.clear();
  const bool ramFirst = ram_.mappings() > dynamic_.mappings();
  return unmap(ramFirst ? ram_ : dynamic_) && unmap(ramFirst ? dynamic_ : ram_);
}

bool GuestWindows::unmap(WindowRegion& region) {
  const auto before = static_cast<std::int64_t>(region.mappings());
  const bool unmapped = region.clear();
  budget_.change(static_cast<std::int64_t>(region.mappings()) - before);
  return unmapped;
}

void GuestWindows::flushForBudget() {
  ++flushes_;
  invariant(tryFlush(), "windows can be unmapped, those with most mappings first");
}

std::optional<GuestWindows::Mapping> GuestWindows::ramMapping(Gfn gfn) const {
  const Protection protection = ram_.protection(gfn.value());
  if (protection == Protection::None) return std::nullopt;
  return Mapping{gfn, ram_.mfn(gfn.value()), protection};
}

std::optional<GuestWindows::Mapping> GuestWindows::dynamicMapping(std::uint64_t dynamicPage) const {
  const Protection protection = dynamic_.protection(dynamicPage);
  const auto gfn = aliases_.gfnOf(dynamicPage);
  if (protection == Protection::None || !gfn) return std::nullopt;
  return Mapping{*gfn, dynamic_.mfn(dynamicPage), protection};
}

std::vector<std::uint64_t> GuestWindows::aliases(Gfn gfn) const {
  std::vector<std::uint64_t> pages;
  for (auto page = aliases_.first(gfn); page; page = aliases_.next(*page)) pages.push_back(*page);
  std::sort(pages.begin(), pages.end());
  return pages;
}

std::optional<std::string> GuestWindows::audit() const {
  std::uint64_t accessible = 0, listed = 0;
  for (std::uint64_t page = 0; page < dynamicPages().value(); ++page) {
    const bool open = dynamic_.protection(page) != Protection::None;
    if (open) ++accessible;
    if (open != aliases_.gfnOf(page).has_value()) {
      return fmt::format("dynamic page {} is {}, but {} an alias", page, open ? "mapped" : "not mapped",
                         open ? "not listed as" : "listed as");
    }
  }
  for (std::uint64_t gfn = 0; gfn < ramPages().value(); ++gfn) {
    for (auto page = aliases_.first(Gfn(gfn)); page; page = aliases_.next(*page)) {
      ++listed;
      if (aliases_.gfnOf(*page) != Gfn(gfn))
        return fmt::format("dynamic page {} is in the list of guest frame {}, not its own", *page, gfn);
    }
  }
  if (accessible != listed) return fmt::format("{} dynamic pages are mapped, but {} are listed as aliases", accessible, listed);
  return std::nullopt;
}

}  // namespace overcommit
