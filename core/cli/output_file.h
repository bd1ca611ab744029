// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace overcommit {

// A text file that a run writes. It is created before the run, so that a path that cannot be written is known at once and not after
// minutes; a file that is there is replaced. The first failure is kept for close().
class OutputFile {
 public:
  static Result<OutputFile> create(const std::string& path);

  void write(std::string_view text);
  Result<void> close();

 private:
  struct Close {
    void operator()(std::FILE* file) const;
  };
  OutputFile(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}

  std::unique_ptr<std::FILE, Close> file_;
  std::string path_;
  int error_ = 0;
};

}  // namespace overcommit
