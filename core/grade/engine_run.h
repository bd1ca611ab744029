// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
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

class RunProcess;

// Does runs, some of them at the same time. What comes of one does not depend on which others there are.
class Engine {
 public:
  // `command`: the overcommit executable. `folder`: for its files. `stop`: true ends what runs. `atOnce`: the most of them, from 1.
  Engine(std::filesystem::path command, std::filesystem::path folder, std::function<bool()> stop, std::size_t atOnce = 1);
  ~Engine();  // ends what still runs
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // A run that begins when its turn comes, or when its result is wanted; no two requests have equal names.
  using Ticket = std::size_t;
  Ticket begin(EngineRequest request);
  // Waits for it; once for each ticket. The error: no process can be made, or its files cannot be written. All else is in the result.
  Result<EngineResult> result(Ticket ticket);
  Result<EngineResult> run(EngineRequest request) { return result(begin(std::move(request))); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  struct Job;
  void launch(Job& job);
  void fillUp();
  void listen();
  void conclude(Job& job);
  [[nodiscard]] bool hasRoom() const;

  std::filesystem::path command_, folder_;
  std::function<bool()> stop_;
  std::size_t atOnce_;
  std::vector<std::unique_ptr<Job>> jobs_;  // by ticket
};

}  // namespace overcommit
