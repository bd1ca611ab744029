// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace overcommit {

// Where a trace goes: bytes at the end, nothing else.
class TraceOutput {
 public:
  virtual ~TraceOutput() = default;
  // All of `bytes`, or an error, after which nothing of them stays in the output if that can be helped.
  virtual Result<void> append(std::span<const std::byte> bytes) = 0;
};

class FileTraceOutput final : public TraceOutput {
 public:
  // Creates the file, or empties one that is there.
  static Result<std::unique_ptr<FileTraceOutput>> create(const std::filesystem::path& path);
  ~FileTraceOutput() override;
  FileTraceOutput(const FileTraceOutput&) = delete;
  FileTraceOutput& operator=(const FileTraceOutput&) = delete;

  Result<void> append(std::span<const std::byte> bytes) override;

 private:
  FileTraceOutput(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  int fd_;
  std::string name_;
  std::uint64_t size_ = 0;
};

// Keeps the trace in memory, for traces that are looked at and thrown away.
class MemoryTraceOutput final : public TraceOutput {
 public:
  explicit MemoryTraceOutput(std::vector<std::byte>& bytes) : bytes_(bytes) {}
  Result<void> append(std::span<const std::byte> bytes) override;

 private:
  std::vector<std::byte>& bytes_;
};

}  // namespace overcommit
