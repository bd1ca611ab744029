// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/page_file.h"

namespace overcommit {

// A VM's .vswp: as many slots as it may ever need (configured memory - reservation), a map of the used ones and the XXH3 of each,
// so that a page which comes back from the disk other than it went is noticed.
class SwapFile {
 public:
  SwapFile(std::unique_ptr<PageFile> file, std::string name, Pages slots);

  [[nodiscard]] Pages slots() const { return Pages(hashes_.size()); }
  [[nodiscard]] Pages used() const { return used_; }
  [[nodiscard]] bool full() const { return used_ == slots(); }
  [[nodiscard]] bool uses(std::uint64_t slot) const { return slot < inUse_.size() && inUse_[slot]; }

  // A reservation was lowered: more pages may have to go out. Does nothing if there are as many slots already.
  void growTo(Pages slots);

  // Writes a page to a free slot (lowest behind the last one used, so that slots fill in order) and returns it. The file must
  // not be full. An error leaves everything as it was.
  Result<std::uint64_t> write(std::span<const std::byte, kPageSize> page);
  // Reads a used slot and checks it against its hash. The slot stays used.
  Result<void> read(std::uint64_t slot, std::span<std::byte, kPageSize> page);
  // The same for displays: no injected fault strikes, no check. False if the disk cannot be read.
  bool look(std::uint64_t slot, std::span<std::byte, kPageSize> page) const;
  void free(std::uint64_t slot);

 private:
  std::unique_ptr<PageFile> file_;
  std::string name_;
  std::vector<std::uint64_t> hashes_;
  std::vector<bool> inUse_;
  Pages used_;
  std::uint64_t next_ = 0;  // where the search for a free slot begins
};

}  // namespace overcommit
