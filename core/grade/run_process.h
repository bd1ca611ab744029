// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.h"

namespace overcommit {

// One command in a child process, and what it says on standard error. It ends with whoever started it.
class RunProcess final {
 public:
  // `debugging`: what it says is passed on at once, and it may take as long as it likes.
  static Result<std::unique_ptr<RunProcess>> start(const std::vector<std::string>& words, bool debugging);
  ~RunProcess();
  RunProcess(const RunProcess&) = delete;
  RunProcess& operator=(const RunProcess&) = delete;

  // Readable when there is something to take.
  [[nodiscard]] int messages() const { return messages_.get(); }
  enum class Taken : std::uint8_t { Some, All };
  Taken take();  // All: it has closed its output
  // Ends it if it takes longer than any run of a lab may: only reports a hang, nothing that is graded depends on it.
  void endIfLate();
  void kill();

  struct Ended {
    int exitCode = 0;  // 128 + a signal; EngineResult::kHung if it was killed here
    std::string messages;
  };
  Ended wait();

 private:
  RunProcess(int child, OwnedDescriptor messages, bool debugging);

  int child_;
  OwnedDescriptor messages_;
  bool debugging_, killed_ = false;
  std::chrono::steady_clock::time_point begun_;
  std::string said_;
};

}  // namespace overcommit
