// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/ids.h"
#include "student/confinement.h"

namespace overcommit {

// Time of the outside world, for guards alone.
using WallTime = std::chrono::milliseconds;

struct ProcessLimits {
  std::uint64_t cpuSeconds = 60;
  Bytes addressSpace{std::uint64_t{1} << 30};
  Bytes fileSize{0};
  std::uint64_t openFiles = 32;
  std::uint64_t processes = 0;  // 0: as many as this user may have
};

struct LaunchPlan {
  std::vector<std::string> command;  // the program's absolute path, then its arguments
  std::vector<std::string> environment;
  std::filesystem::path directory;  // it starts in
  VisibleFiles visible;
  CallFilter calls = CallFilter::Policy;
  ProcessLimits limits;
  std::vector<int> descriptors;  // it gets these as 3, 4, ...; its standard input is empty
  bool debuggable = false;       // a debugger of any process of this user may attach
};

// How a process ended.
struct ProcessEnd {
  int exitCode = 0;
  int signal = 0;  // that ended it; 0: it ended by itself
  // "was ended by signal SIGSEGV (Segmentation fault)", "ended with exit code 3"
  [[nodiscard]] std::string text() const;
};

// A child process in its confinement, and everything that it starts. Killed when this object goes away.
class ConfinedProcess final {
 public:
  // The error: the process or its confinement could not be made. A program that cannot be executed is such an error too.
  static Result<ConfinedProcess> launch(const LaunchPlan& plan, const Confinement& confinement);
  ConfinedProcess(ConfinedProcess&&) noexcept;
  ConfinedProcess& operator=(ConfinedProcess&&) noexcept;
  ~ConfinedProcess();

  [[nodiscard]] pid_t id() const { return process_; }
  // Everything that it prints comes out here; reading does not block.
  [[nodiscard]] int output() const { return output_.get(); }
  // Waits for its end; nothing if that does not come in time.
  std::optional<ProcessEnd> wait(WallTime atMost);
  // Ends it, and everything that it started.
  ProcessEnd kill();

 private:
  ConfinedProcess(pid_t process, OwnedDescriptor output) : process_(process), output_(std::move(output)) {}
  std::optional<ProcessEnd> reap(int options);

  pid_t process_ = -1;
  OwnedDescriptor output_;
  std::optional<ProcessEnd> end_;
};

// A tool's run from start to end: what it printed (the first and most important part, at most 64 KiB), and how it ended.
struct ToolRun {
  std::string output;
  ProcessEnd end;
  bool inTime = true;
};
Result<ToolRun> runTool(const LaunchPlan& plan, const Confinement& confinement, WallTime atMost);

}  // namespace overcommit
