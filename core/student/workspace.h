// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "student/confinement.h"

namespace overcommit {

// A private folder for one submission, which goes away with this object. What is confined sees nothing of the submission's own place,
// only the copy in here, so that nothing beside it is in reach and nothing of it can be changed:
//
//   sdk/          overcommit/*.h and overcommit_policy.py
//   submission/   the copy
//   build/        what is made of it; the only place that can be written, and only while it is built
class Workspace final {
 public:
  // In $TMPDIR, /tmp or /var/tmp: the first where programs can be executed and the user that policies run as can come.
  static Result<std::unique_ptr<Workspace>> create(const Confinement& confinement);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  [[nodiscard]] std::filesystem::path sdk() const { return root_ / "sdk"; }
  [[nodiscard]] std::filesystem::path submission() const { return root_ / "submission"; }
  [[nodiscard]] std::filesystem::path build() const { return root_ / "build"; }

  // Copies a file, or a folder with what is in it: regular files only, no links, at most 200 of 16 MiB together. The error names what
  // cannot be taken.
  Result<void> takeSubmission(const std::filesystem::path& from);
  Result<void> takeSdk(const std::filesystem::path& from);

  // What a tool said, without the name of this folder, which differs from time to time and helps nobody.
  [[nodiscard]] std::string withoutItsName(std::string text) const;

  // XXH3 of all names and contents of the submission.
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

 private:
  explicit Workspace(std::filesystem::path root) : root_(std::move(root)) {}
  std::filesystem::path root_;
  std::uint64_t hash_ = 0;
};

}  // namespace overcommit
