// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/descriptor.h"
#include "student/policy_failure.h"

namespace overcommit {

// What became of builds, kept in a folder for whoever runs the same policy several times: a grader builds it once. The folder is the
// caller's alone; nothing that is confined ever sees it.
class BuildStore {
 public:
  // "" = keeps nothing.
  explicit BuildStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Others who build the same wait as long as this lives.
  [[nodiscard]] OwnedDescriptor lock(const std::string& key) const;
  // Copies the program to `program` and gives the compiler's warnings, or gives the failure. Nothing: it was never built.
  [[nodiscard]] std::optional<PolicyResult<std::string>> find(const std::string& key, const std::filesystem::path& program) const;
  // What cannot be kept is built again next time.
  void keep(const std::string& key, const std::filesystem::path& program, const PolicyResult<std::string>& warnings) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace overcommit
