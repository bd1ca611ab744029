// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/window_region.h"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "base/units.h"

namespace overcommit {
namespace {

constexpr int kReserved = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
constexpr std::uint64_t kAround = 64;      // pages, aligned: as many as a VM gets frames in a row
constexpr std::uint64_t kWorthwhile = 16;  // bring fewer pages along than this, and it costs more than it saves
static_assert(kAround == SparseArray<std::uint32_t>::kChunk);

int flagsOf(Protection protection) {
  switch (protection) {
    case Protection::None: return PROT_NONE;
    case Protection::ReadOnly: return PROT_READ;
    case Protection::ReadWrite: return PROT_READ | PROT_WRITE;
  }
  return PROT_NONE;
}

// A page is mapped because it is accessed right now: its page-table entry is made at once, which spares another fault (Linux 5.14).
int populate(Protection protection) { return protection == Protection::ReadWrite ? MADV_POPULATE_WRITE : MADV_POPULATE_READ; }

}  // namespace

Result<WindowRegion> WindowRegion::reserve(int fd, Pages frames, Pages pages, std::string_view what) {
  invariant(pages > Pages(0), "a window has at least one page");
  void* base = mmap(nullptr, bytesOf(pages).value(), PROT_NONE, kReserved, -1, 0);
  if (base == MAP_FAILED) {
    return failure("cannot reserve {} of address space for {}: {}; raise the limit of address space (ulimit -v unlimited)",
                   formatBytes(bytesOf(pages)), what, systemErrorText(errno));
  }
  return WindowRegion(fd, frames, pages, static_cast<std::byte*>(base));
}

WindowRegion::WindowRegion(WindowRegion&& other) noexcept
    : fd_(other.fd_),
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
  void* at = base_ + page * kPageSize;
  if (state.shows(mfn)) {
    if (state.protection() == protection) return true;
    if (!protect(page, protection)) return false;
    if (state.protection() == Protection::None) static_cast<void>(madvise(at, kPageSize, populate(protection)));
    return true;
  }
  if (mmap(at, kPageSize, flagsOf(protection), MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd_, static_cast<off_t>(mfn.value() * kPageSize)) !=
      at) {
    return false;
  }
  record(page, State(mfn, protection));
  return true;
}

bool WindowRegion::lower(std::uint64_t page, Protection protection) {
  return states_.get(page).protection() <= protection || protect(page, protection);
}

bool WindowRegion::clear() {
  const auto reserveAgain = [&] { return mmap(base_, bytesOf(pages()).value(), PROT_NONE, kReserved | MAP_FIXED, -1, 0) == base_; };
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
  const auto boundaryBefore = [&](std::uint64_t page) { return !states_.get(page - 1).mergesWith(states_.get(page)); };
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
  void* at = base_ + first * kPageSize;
  if (mmap(at, (end - first) * kPageSize, PROT_NONE, MAP_SHARED | MAP_FIXED, fd_, static_cast<off_t>(firstFrame * kPageSize)) != at) {
    return false;
  }
  const std::uint64_t boundaries = boundariesAround(first, end - 1);
  for (std::uint64_t i = 0; i < end - first; ++i) states_.at(first + i) = State(Mfn(firstFrame + i), Protection::None);
  mappings_ = mappings_ - boundaries + boundariesAround(first, end - 1);
  return true;
}

bool WindowRegion::protect(std::uint64_t page, Protection protection) {
  if (mprotect(base_ + page * kPageSize, kPageSize, flagsOf(protection)) != 0) return false;
  record(page, State(states_.get(page).mfn(), protection));
  return true;
}

// Mapping boundaries at both ends of pages first..last; inside, they are all alike.
std::uint64_t WindowRegion::boundariesAround(std::uint64_t first, std::uint64_t last) const {
  std::uint64_t boundaries = 0;
  if (first > 0 && !states_.get(first - 1).mergesWith(states_.get(first))) ++boundaries;
  if (last + 1 < pages().value() && !states_.get(last).mergesWith(states_.get(last + 1))) ++boundaries;
  return boundaries;
}

void WindowRegion::record(std::uint64_t page, State state) {
  const std::uint64_t boundaries = boundariesAround(page, page);
  states_.at(page) = state;
  mappings_ = mappings_ - boundaries + boundariesAround(page, page);
}

}  // namespace overcommit
