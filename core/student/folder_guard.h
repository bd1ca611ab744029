// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>

#include "base/descriptor.h"

namespace overcommit {

// Sees to it that a folder goes away even if this process is killed: a process of its own waits for its end, and removes the folder
// then. Where none can be made, the folder stays after a kill.
class FolderGuard final {
 public:
  FolderGuard() = default;
  explicit FolderGuard(const std::filesystem::path& folder);
  // The folder is gone, or somebody else's now.
  void release();

 private:
  OwnedDescriptor line_;  // the other end sees it close when this process ends, however it does
};

}  // namespace overcommit
