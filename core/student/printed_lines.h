// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace overcommit {

// What a policy prints, cut into lines that an event can carry. Says when it is too much: after kMostShown bytes nothing more is passed
// on, and after kMost the policy floods.
class PrintedLines final {
 public:
  static constexpr std::uint64_t kMostShown = 64u << 10;
  static constexpr std::uint64_t kMost = 8u << 20;

  // Hears of every line, without its end, as printable UTF-8 of at most 1000 bytes.
  std::function<void(std::string_view line)> onLine;

  void add(std::string_view bytes);
  // Passes on what has no end of line yet.
  void flush();
  [[nodiscard]] bool flooded() const { return seen_ > kMost; }
  // The last lines, for an explanation.
  [[nodiscard]] const std::string& lastWords() const { return lastWords_; }

 private:
  void line(std::string_view text);
  std::uint64_t seen_ = 0;
  std::string begun_, lastWords_;
  bool cut_ = false;
};

}  // namespace overcommit
