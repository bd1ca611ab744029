// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace overcommit {

enum class Key : std::uint8_t { Character, Left, Right, Up, Down, Home, End, PageUp, PageDown, Enter, Erase, Escape, Resized, Resumed };
struct KeyPress {
  Key key = Key::Character;
  char character = 0;  // of Key::Character
};

struct TerminalSize {
  std::size_t columns = 80, rows = 24;
};

// A terminal taken for full screens: keys come one by one and are not shown, the cursor is hidden, and what was on it comes back when this
// goes. A child process watches over the terminal and puts it right should this process end in any other way, be it SIGKILL.
//
// Plain ANSI: ISO 6429, and the second screen of xterm and all that followed it.
class Terminal {
 public:
  // Standard input and output must be terminals.
  static bool isOne();
  static Result<std::unique_ptr<Terminal>> open();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] TerminalSize size() const;
  // Shows these lines, cut to the size, and clears the rest.
  void show(const std::vector<std::string>& lines);
  // The next key; nothing if none comes in that time, or a signal does. A stop from the keyboard (Ctrl-Z) is obeyed here.
  std::optional<KeyPress> key(std::chrono::milliseconds wait);

 private:
  explicit Terminal(const termios& before) : before_(before) {}
  void enter();
  void leave();
  [[nodiscard]] KeyPress decode(const std::string& bytes);
  void startWatcher();

  termios before_{};
  pid_t watcher_ = -1;
  int watcherPipe_ = -1;
  std::string pending_;  // bytes that were read and not asked for yet
};

}  // namespace overcommit
