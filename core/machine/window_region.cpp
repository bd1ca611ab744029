// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/window_region.h"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "base/units.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kAround = 64;      // pages, aligned: as many as a VM gets frames in a row
constexpr std::uint64_t kWorthwhile = 16;  // bring fewer pages along than this, and it costs more than it saves
static_assert(kAround == SparseArray<std::uint32_t>::kChunk);

}  // namespace

Result<WindowRegion> WindowRegion::reserve(WindowBacking& backing, int fd, Pages frames, Pages pages, std::string_view what) {
  invariant(pages > Pages(0), "a window has at least one page");
  std::byte* const base = backing.reserve(nullptr, bytesOf(pages));
  if (base == nullptr) {
    return failure("cannot reserve {} of address space for {}: {}; raise the limit of address space (ulimit -v unlimited)",
                   formatBytes(bytesOf(pages)), what, systemErrorText(errno));
  }
  return WindowRegion(backing, fd, frames, pages, base);
}

WindowRegion::WindowRegion(WindowRegion&& other) noexcept
    : backing_(other.backing_),
      fd_(other.fd_),
      frames_(other.frames_),
      base_(std::exchange(other.base_, nullptr)),
      mappings_(other.mappings_),
      states_(std::move(other.states_)) {}

WindowRegion::~WindowRegion() {
  if (base_ != nullptr) munmap(base_, bytesOf(pages()).value());
}

bool WindowRegion::map(std::uint64_t page, Mfn mfn, Protection protection) {
  invariant(mfn < Mfn(frames_.value()), "a window shows frames of the machine only");
  if (!states_.chunkWritten(page) && !mapAround(page, mfn)) return false;
  const State state = states_.get(page);
  if (state.shows(mfn)) return state.protection() == protection || protect(page, protection);
  if (!backing_->mapPage(base_ + page * kPageSize, fd_, mfn, protection)) return false;
  record(page, State(mfn, protection));
  return true;
}

bool WindowRegion::lower(std::uint64_t page, Protection protection) {
  return states_.get(page).protection() <= protection || protect(page, protection);
}

bool WindowRegion::clear() {
  const auto reserveAgain = [&] { return backing_->reserve(base_, bytesOf(pages())) == base_; };
  if (!reserveAgain()) {
    unmapInside();
    if (!reserveAgain()) return false;
  }
  states_.clear();
  mappings_ = 1;
  return true;
}

// Unmaps the mappings that begin and end within the region. A process at its limit can do that when it can do nothing else: the first
// and the last mapping may go on outside, and to cut them would take one more.
void WindowRegion::unmapInside() {
  std::uint64_t first = 1, end = pages().value() - 1;
  while (first < pages().value() && !boundaryBefore(first)) ++first;
  while (end > first && !boundaryBefore(end)) --end;
  if (first < end) munmap(base_ + first * kPageSize, (end - first) * kPageSize);
}

bool WindowRegion::mapAround(std::uint64_t page, Mfn mfn) {
  // Pages first..last show frames in step with `page` and `mfn`, within 64 aligned pages and 64 aligned frames.
  const std::uint64_t before = std::min(page % kAround, mfn.value() % kAround);
  const std::uint64_t first = page - before, firstFrame = mfn.value() - before;
  const std::uint64_t end = std::min(
      {(page / kAround + 1) * kAround, page + (kAround - mfn.value() % kAround), pages().value(), page + (frames_.value() - mfn.value())});
  if (end - first < kWorthwhile) return true;
  if (!backing_->mapFrames(base_ + first * kPageSize, fd_, Mfn(firstFrame), Pages(end - first))) return false;
  const std::uint64_t boundaries = boundariesAround(first, end - 1);
  for (std::uint64_t i = 0; i < end - first; ++i) states_.at(first + i) = State(Mfn(firstFrame + i), Protection::None);
  mappings_ = mappings_ - boundaries + boundariesAround(first, end - 1);
  return true;
}

bool WindowRegion::protect(std::uint64_t page, Protection protection) {
  const State state = states_.get(page);
  if (!backing_->protect(base_ + page * kPageSize, state.protection(), protection)) return false;
  record(page, State(state.mfn(), protection));
  return true;
}

bool WindowRegion::boundaryBefore(std::uint64_t page) const {
  return !states_.get(page - 1).mergesWith(states_.get(page), backing_->split());
}

// Mapping boundaries at both ends of pages first..last; inside, they are all alike.
std::uint64_t WindowRegion::boundariesAround(std::uint64_t first, std::uint64_t last) const {
  std::uint64_t boundaries = 0;
  if (first > 0 && boundaryBefore(first)) ++boundaries;
  if (last + 1 < pages().value() && boundaryBefore(last + 1)) ++boundaries;
  return boundaries;
}

void WindowRegion::record(std::uint64_t page, State state) {
  const std::uint64_t boundaries = boundariesAround(page, page);
  states_.at(page) = state;
  mappings_ = mappings_ - boundaries + boundariesAround(page, page);
}

}  // namespace overcommit
