// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/mman.h>

#include "machine/window_backing.h"

namespace overcommit {
namespace {

int flagsOf(Protection protection) {
  switch (protection) {
    case Protection::None: return PROT_NONE;
    case Protection::ReadOnly: return PROT_READ;
    case Protection::ReadWrite: return PROT_READ | PROT_WRITE;
  }
  return PROT_NONE;
}

class SignalBacking final : public WindowBacking {
 public:
  std::byte* reserve(std::byte* at, Bytes size) override {
    void* base = mmap(at, size.value(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at != nullptr ? MAP_FIXED : 0), -1, 0);
    return base == MAP_FAILED ? nullptr : static_cast<std::byte*>(base);
  }

  bool mapFrames(std::byte* at, int fd, Mfn first, Pages pages) override {
    return mmap(at, bytesOf(pages).value(), PROT_NONE, MAP_SHARED | MAP_FIXED, fd, static_cast<off_t>(first.value() * kPageSize)) == at;
  }

  bool mapPage(std::byte* at, int fd, Mfn mfn, Protection protection) override {
    return mmap(at, kPageSize, flagsOf(protection), MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd,
                static_cast<off_t>(mfn.value() * kPageSize)) == at;
  }

  bool protect(std::byte* at, Protection from, Protection to) override {
    if (mprotect(at, kPageSize, flagsOf(to)) != 0) return false;
    // To make the page-table entry at once spares another fault (Linux 5.14).
    if (from == Protection::None)
      static_cast<void>(madvise(at, kPageSize, to == Protection::ReadWrite ? MADV_POPULATE_WRITE : MADV_POPULATE_READ));
    return true;
  }

  [[nodiscard]] MappingSplit split() const override { return MappingSplit::ByProtection; }
};

}  // namespace

WindowBacking& signalBacking() {
  static SignalBacking backing;
  return backing;
}

}  // namespace overcommit
