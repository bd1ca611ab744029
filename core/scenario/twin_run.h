// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenario/scenario_run.h"

namespace overcommit {

// The first event in which two runs differ: a line each as `overcommit trace events` prints it, "" where a run has none any more.
struct EventDifference {
  std::uint64_t number = 0;  // of the events that the digest covers, from 1
  std::array<std::string, 2> lines;
};

// What a VM left behind in the two runs, compared when it was powered off or the run ended. The page of the guest that may hold the time
// is left out.
struct MemoryComparison {
  enum class Verdict : std::uint8_t {
    Equal,
    Different,
    NotComparable,  // crashed, or not at the same operation
  };
  std::string vm;
  Verdict verdict = Verdict::NotComparable;
  std::string text;  // the sentence behind it, which names the first page that differs
};

struct TwinReport {
  std::array<RunSnapshot, 2> runs;
  std::vector<MemoryComparison> memories;
  std::optional<EventDifference> events;
  [[nodiscard]] bool digestsEqual() const { return runs[0].digest == runs[1].digest; }
  [[nodiscard]] bool memoryEqual() const;
  [[nodiscard]] bool equal() const { return digestsEqual() && memoryEqual(); }
};

// One scenario on two backends, quantum by quantum in turn, so that the first event that differs is known when it happens. Each run has a
// host, windows and guests of its own in this process.
class TwinRun {
 public:
  // Errors: those of ScenarioRun::create and start, of either run.
  static Result<std::unique_ptr<TwinRun>> start(const Scenario& scenario, const HostSurroundings& surroundings,
                                                std::array<Backend, 2> backends);
  ~TwinRun();
  TwinRun(const TwinRun&) = delete;
  TwinRun& operator=(const TwinRun&) = delete;

  // One quantum of each. False: both are over. The error is an action that a host refused.
  Result<bool> advance();
  [[nodiscard]] ScenarioRun& run(std::size_t side);
  // Ends both where they are. Call once.
  TwinReport finish();

 private:
  class Side;
  TwinRun();
  void compareEvents();

  std::array<std::unique_ptr<Side>, 2> sides_;
  std::uint64_t compared_ = 0;
  std::optional<EventDifference> difference_;
};

}  // namespace overcommit
