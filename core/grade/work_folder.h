// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace overcommit {

// A new folder for temporary files, which goes with its owner.
class WorkFolder {
 public:
  // In the system's folder for temporary files, as overcommit-PURPOSE-XXXXXX.
  static Result<WorkFolder> create(std::string_view purpose);
  WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  WorkFolder& operator=(WorkFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  ~WorkFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Somebody else removes it.
  std::filesystem::path release() { return std::exchange(path_, {}); }

 private:
  explicit WorkFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace overcommit
