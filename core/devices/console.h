// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace overcommit {

// A guest's console: bytes come in, whole printable lines go out. What a guest prints is untrusted: control characters and bytes
// that are not ASCII become '?', and a line without end is cut.
class Console {
 public:
  static constexpr std::size_t kLineMax = 256;

  // The lines that these bytes completed.
  std::vector<std::string> print(std::string_view bytes);
  // The unfinished line, if any, as a line: for a guest that stops in the middle of one.
  [[nodiscard]] const std::string& unfinished() const { return line_; }
  [[nodiscard]] const std::string& lastLine() const { return last_; }

 private:
  std::string line_;
  std::string last_;
};

}  // namespace overcommit
