// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "host/metrics.h"
#include "scenario/run_snapshot.h"
#include "scenario/tolerance.h"

namespace overcommit {

// One run of the engine in a process of its own, freshly executed: an address space with a layout of its own, memory faults of its own,
// and what it breaks is its own.
struct EngineRequest {
  std::string name;      // of its files in the working folder
  std::string scenario;  // TOML
  bool trace = true;
  bool audit = false;
  std::vector<std::string> more;  // further options of `overcommit run`
  // A person debugs it: what it says appears at once, and it may take as long as it likes.
  bool debugging = false;
};

struct EngineAsked {
  std::string id, text, metric;
  Tolerance tolerance;
  MetricUnit unit = MetricUnit::Count;
  std::uint64_t time = 0, about = 0;  // ns
  std::optional<std::uint64_t> answer;
  std::vector<std::string> steps;
};

struct EngineResult {
  // As `overcommit run` ended; 128 + a signal. kHung: it was ended because it took longer than any run of a lab may.
  int exitCode = 0;
  static constexpr int kHung = -1;
  std::string messages;  // what it said on standard error
  // What follows is there if it got as far as a result.
  bool hasResult = false;
  std::string digest;
  std::map<std::string, std::optional<std::uint64_t>> columns;
  std::vector<EngineAsked> asked;
  std::vector<std::string> crashes;      // "web1: why"
  std::vector<std::string> unfulfilled;  // expectations, in words
  std::string limit;
  std::string policyTrouble, policyFailure;  // how a policy failed: "hung", and in sentences; "" = none did
  std::vector<WalkMarks> walks;
  VirtualTime end;
  std::filesystem::path trace;  // if it was asked for

  // Nothing: it ended as a run does that can be judged. Else why not, as a sentence.
  [[nodiscard]] std::optional<std::string> trouble() const;
};

class Engine {
 public:
  // `command`: the overcommit executable. `folder`: for its files. `stop`: true ends what runs.
  Engine(std::filesystem::path command, std::filesystem::path folder, std::function<bool()> stop)
      : command_(std::move(command)), folder_(std::move(folder)), stop_(std::move(stop)) {}

  // The error: no process can be made, or its files cannot be written. All else is in the result.
  [[nodiscard]] Result<EngineResult> run(const EngineRequest& request) const;
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path command_, folder_;
  std::function<bool()> stop_;
};

}  // namespace overcommit
