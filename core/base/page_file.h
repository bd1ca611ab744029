// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"
#include "base/ids.h"

namespace overcommit {

// A file of 4 KiB pages on a disk of the host: a swap file, or what a guest wrote to its disks. The interface exists so that
// tests and scenarios can make it fail.
class PageFile {
 public:
  virtual ~PageFile() = default;
  virtual Result<void> write(std::uint64_t page, std::span<const std::byte, kPageSize> bytes) = 0;
  virtual Result<void> read(std::uint64_t page, std::span<std::byte, kPageSize> bytes) = 0;
  // Reads without side effects, for displays: faults that were made up do not strike. False if that fails.
  virtual bool look(std::uint64_t page, std::span<std::byte, kPageSize> bytes) = 0;
  // Gives the space of a page back to the disk; its content is then undefined.
  virtual void discard(std::uint64_t page) = 0;
};

// A page file without a name in the file system, so that it is gone with the process, however that ends. Sparse: it takes room
// only for pages that were written. `name` is what errors call it ("web1.vswp").
Result<std::unique_ptr<PageFile>> createPageFile(const std::filesystem::path& directory, std::string name, Pages size);

// What can be made to go wrong with a page file. Each fault hits the next `count` operations of its kind; kEver = all from now on.
enum class PageFileFault : std::uint8_t { DiskFull, ReadError, ShortWrite, CorruptPage };
class FaultyPageFile final : public PageFile {
 public:
  static constexpr std::uint64_t kEver = 0;
  FaultyPageFile(std::unique_ptr<PageFile> file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  void inject(PageFileFault fault, std::uint64_t count);

  Result<void> write(std::uint64_t page, std::span<const std::byte, kPageSize> bytes) override;
  Result<void> read(std::uint64_t page, std::span<std::byte, kPageSize> bytes) override;
  bool look(std::uint64_t page, std::span<std::byte, kPageSize> bytes) override { return file_->look(page, bytes); }
  void discard(std::uint64_t page) override { file_->discard(page); }

 private:
  struct Pending {
    bool armed = false;
    std::uint64_t left = 0;  // 0 while armed: for ever
    bool strike();
  };
  std::unique_ptr<PageFile> file_;
  std::string name_;
  Pending full_, readError_, shortWrite_, corrupt_;
};

}  // namespace overcommit
