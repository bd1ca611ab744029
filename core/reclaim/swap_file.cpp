// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/swap_file.h"

#include "base/hash.h"

namespace overcommit {

SwapFile::SwapFile(std::unique_ptr<PageFile> file, std::string name, Pages slots)
    : file_(std::move(file)), name_(std::move(name)), hashes_(slots.value()), inUse_(slots.value()) {}

void SwapFile::growTo(Pages slots) {
  if (slots <= this->slots()) return;
  hashes_.resize(slots.value());
  inUse_.resize(slots.value());
}

Result<std::uint64_t> SwapFile::write(std::span<const std::byte, kPageSize> page) {
  invariant(!full(), "a swap file that is written to has a free slot");
  std::uint64_t slot = next_;
  while (inUse_[slot]) slot = slot + 1 == inUse_.size() ? 0 : slot + 1;
  if (auto written = file_->write(slot, page); !written) return tl::unexpected(written.error());
  hashes_[slot] = hash64(page);
  inUse_[slot] = true;
  used_ += Pages(1);
  next_ = slot + 1 == inUse_.size() ? 0 : slot + 1;
  return slot;
}

Result<void> SwapFile::read(std::uint64_t slot, std::span<std::byte, kPageSize> page) {
  invariant(uses(slot), "only used swap slots are read");
  if (auto read = file_->read(slot, page); !read) return read;
  if (hash64(page) != hashes_[slot])
    return failure("slot {} of {} does not hold what was written to it: its checksum differs; the disk is damaged", slot, name_);
  return {};
}

bool SwapFile::look(std::uint64_t slot, std::span<std::byte, kPageSize> page) const { return uses(slot) && file_->look(slot, page); }

void SwapFile::free(std::uint64_t slot) {
  invariant(uses(slot), "only used swap slots are freed");
  inUse_[slot] = false;
  used_ -= Pages(1);
}

}  // namespace overcommit
