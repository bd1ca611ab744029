// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "host/host.h"
#include "scenario/expectation.h"
#include "scenario/scenario_file.h"

namespace overcommit {

// Why a run ended.
enum class RunEnding : std::uint8_t {
  Duration,       // the scenario's duration is over
  AllOff,         // no VM will ever run again
  Limit,          // a limit of [limits] was reached
  ActionRefused,  // the host refused an action of the timeline
  Stopped,        // the caller stopped it
};
std::string_view nameOf(RunEnding ending);

// The exit codes of `overcommit run` (kExitInvariantBroken is in base/error.h).
inline constexpr int kExitWell = 0;
inline constexpr int kExitExpectationFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitPolicyNotBuilt = 3;  // or does not start
inline constexpr int kExitLimitReached = 4;
inline constexpr int kExitGuestCrashed = 5;
inline constexpr int kExitBackendUnavailable = 77;

// Everything that is told about a run when it is over, as plain values, taken before its VMs are powered off. The reports are made
// from it.
struct VmSnapshot {
  std::string name;
  std::string runs;                    // "webserver", "my-guest.elf", "script zipf"
  std::string state;                   // "running", "off", "crashed", …
  std::optional<std::string> crash;    // why the guest was stopped
  std::vector<std::uint64_t> figures;  // in the order of vmMetrics()
};

// A policy of the user's own (core/student): what it was, and what became of it.
struct PolicySnapshot {
  std::string decides;  // "victim"
  std::string file;
  std::uint64_t hash = 0;
  std::uint64_t requests = 0, questions = 0;
  std::optional<std::string> failure;  // how it failed: "crashed"
  std::string explanation;             // and in sentences
};

// How a walker of the user's own did (overcommit run --walks), by what became of the walks.
enum class WalkKind : std::uint8_t { Mapped, NotCanonical, GuestFault, NestedFault, WriteFault };
inline constexpr std::array kWalkKinds{WalkKind::Mapped, WalkKind::NotCanonical, WalkKind::GuestFault, WalkKind::NestedFault,
                                       WalkKind::WriteFault};
std::string_view nameOf(WalkKind kind);  // "write-fault": the nested tables map the page, but not for writing
struct WalkMarks {
  WalkKind kind = WalkKind::Mapped;
  std::uint64_t asked = 0;
  std::uint64_t right = 0;                   // of these
  std::uint64_t counted = 0;                 // of those that are right: with as many references as the hardware makes
  std::uint64_t marked = 0;                  // of those that are right: with the accessed and dirty bits that it sets
  std::string wrong, miscounted, mismarked;  // the first of each, in words; "" = none
};

struct RunSnapshot {
  RunConfig config;
  std::string fileName;
  std::string engine;  // "unicorn 2.0.1"
  VirtualTime quantum;
  VirtualTime virtualTime;
  Digest digest;
  std::vector<InputHash> inputs;
  std::vector<std::uint64_t> hostFigures;  // in the order of hostMetrics()
  std::vector<VmSnapshot> vms;
  std::vector<PolicySnapshot> policies;  // filled in by whoever started them
  std::vector<WalkMarks> walks;          // filled in by whoever asked for them
  std::vector<std::pair<Expectation, Verdict>> expectations;
  std::vector<AskedQuestion> asked;
  // Of a scenario with [[column]]s: name, unit and value, in their order; nothing where the run ended too early to say.
  struct ColumnValue {
    std::string name;
    MetricUnit unit = MetricUnit::Count;
    std::optional<std::uint64_t> value;
  };
  std::vector<ColumnValue> columns;
  RunEnding ending = RunEnding::Duration;
  std::optional<std::string> limit;  // which one was reached, in words

  [[nodiscard]] int exitCode() const;
  // By the metric's name; the metric must exist.
  [[nodiscard]] std::uint64_t hostFigure(std::string_view name) const;
  [[nodiscard]] std::uint64_t vmFigure(const VmSnapshot& vm, std::string_view name) const;
};

RunSnapshot takeSnapshot(const Host& host, const Scenario& scenario, const std::vector<ExpectationJudge>& judges, RunEnding ending);

}  // namespace overcommit
