// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>

#include "cli/exit_code.h"
#include "cli/terminal.h"
#include "cli/top_source.h"

namespace overcommit {

// `top` on a terminal: shows a source as it goes on, and obeys keys. Virtual time goes along with the wall clock, or a number of times as
// fast, as far as the engine keeps up; nothing but the display depends on it.
class TopSession {
 public:
  struct Wanted {
    VirtualTime delay;
    std::optional<std::uint64_t> refreshes;  // then it ends
    TopView view;
    std::string title;
  };
  TopSession(TopSource& source, Terminal& terminal, Wanted wanted);

  // Until somebody ends it. The error is the run's or the trace's.
  Result<ExitCode> run();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Shows : std::uint8_t { Memory, Fields, Help, DelayPrompt, RowsPrompt };
  enum class Plays : std::uint8_t { Yes, Paused, Ended };

  Result<void> goOn();  // towards the next sample
  Result<void> take(VirtualTime time);
  Result<void> step(bool forwards);
  Result<void> obey(const KeyPress& press);
  Result<void> obeyCharacter(char c);
  void obeyPrompt(const KeyPress& press);
  void answerPrompt();
  void scroll(std::int64_t rows);
  void setPace();
  [[nodiscard]] std::chrono::milliseconds untilDue() const;
  void show();
  [[nodiscard]] std::string message() const;
  [[nodiscard]] std::vector<std::string> fieldsScreen() const;

  TopSource& source_;
  Terminal& terminal_;
  Wanted wanted_;
  TopText text_;
  TopSample sample_;
  Shows shows_ = Shows::Memory;
  Plays plays_ = Plays::Yes;
  bool moved_ = false;  // the source is where the next sample is
  bool quit_ = false;
  std::uint64_t shown_ = 0;
  unsigned speed_ = 1;
  Clock::time_point due_;
  std::string prompt_;
  std::string note_;  // shown until the next key
};

}  // namespace overcommit
