// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices/console.h"

namespace overcommit {

std::vector<std::string> Console::print(std::string_view bytes) {
  std::vector<std::string> lines;
  const auto finish = [&] {
    last_ = line_;
    lines.push_back(std::move(line_));
    line_.clear();
  };
  for (const char c : bytes) {
    if (c == '\n') {
      finish();
      continue;
    }
    line_ += (c >= ' ' && c <= '~') ? c : '?';
    if (line_.size() == kLineMax) finish();
  }
  return lines;
}

}  // namespace overcommit
