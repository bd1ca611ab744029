// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace overcommit {

// Where a trace is read from.
class TraceSource {
 public:
  virtual ~TraceSource() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;  // for messages
  // Bytes there now; grows while the run goes on.
  [[nodiscard]] virtual Result<std::uint64_t> size() const = 0;
  // Exactly `bytes.size()` bytes from `offset`.
  [[nodiscard]] virtual Result<void> read(std::uint64_t offset, std::span<std::byte> bytes) const = 0;
};

class FileTraceSource final : public TraceSource {
 public:
  static Result<std::unique_ptr<FileTraceSource>> open(const std::filesystem::path& path);
  ~FileTraceSource() override;
  FileTraceSource(const FileTraceSource&) = delete;
  FileTraceSource& operator=(const FileTraceSource&) = delete;

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Result<std::uint64_t> size() const override;
  [[nodiscard]] Result<void> read(std::uint64_t offset, std::span<std::byte> bytes) const override;

 private:
  FileTraceSource(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  int fd_;
  std::string name_;
};

// Bytes that someone else owns; they must outlive the source.
class MemoryTraceSource final : public TraceSource {
 public:
  explicit MemoryTraceSource(std::span<const std::byte> bytes) : bytes_(bytes) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Result<std::uint64_t> size() const override { return bytes_.size(); }
  [[nodiscard]] Result<void> read(std::uint64_t offset, std::span<std::byte> bytes) const override;

 private:
  std::span<const std::byte> bytes_;
  std::string name_ = "the trace";
};

}  // namespace overcommit
