// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/work_folder.h"

#include <cstdlib>

namespace overcommit {

Result<WorkFolder> WorkFolder::create(std::string_view purpose) {
  std::error_code failed;
  std::filesystem::path base = std::filesystem::temp_directory_path(failed);
  if (failed) base = "/tmp";
  std::string name = (base / fmt::format("overcommit-{}-XXXXXX", purpose)).string();
  if (mkdtemp(name.data()) == nullptr) return failure("cannot make a working folder in {}: {}", base.string(), systemErrorText(errno));
  return WorkFolder(name);
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace overcommit
