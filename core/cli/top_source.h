// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/top_screen.h"
#include "scenario/scenario_run.h"
#include "trace/trace_cursor.h"
#include "trace/world_listener.h"

namespace overcommit {

// What `top` shows: a run that goes on, or the trace of one. A sample at T tells of everything before T: both give the same.
class TopSource {
 public:
  virtual ~TopSource() = default;

  // Moves on towards `time`, not for long at once; true when it is there, or when there is nothing any more. A trace moves back too.
  virtual Result<bool> moveTo(VirtualTime time) = 0;
  // The figures where it is, called `time`.
  [[nodiscard]] virtual MemoryFigures figures(VirtualTime time) const = 0;
  // Whether the run was still going on after `time`, as far as it is known when that was moved to.
  [[nodiscard]] virtual bool goesOnAfter(VirtualTime time) = 0;
  // When the run ends at the latest.
  [[nodiscard]] virtual VirtualTime end() const = 0;
  [[nodiscard]] virtual bool movesBack() const = 0;
  [[nodiscard]] virtual const TraceHeader& header() const = 0;
};

// Runs a scenario while one looks.
class RunTopSource final : public TopSource {
 public:
  // The run has not been started yet. It and its log outlive the source.
  static Result<std::unique_ptr<RunTopSource>> start(ScenarioRun& run, EventLog& log);

  Result<bool> moveTo(VirtualTime time) override;
  [[nodiscard]] MemoryFigures figures(VirtualTime time) const override;
  [[nodiscard]] bool goesOnAfter(VirtualTime time) override;
  [[nodiscard]] VirtualTime end() const override;
  [[nodiscard]] bool movesBack() const override { return false; }
  [[nodiscard]] const TraceHeader& header() const override { return header_; }

 private:
  RunTopSource(ScenarioRun& run, TraceHeader header) : run_(run), header_(std::move(header)), world_(header_) {}

  ScenarioRun& run_;
  TraceHeader header_;
  WorldListener world_;
};

// Of a trace that has no end yet: is more waited for?
enum class TraceGrows : std::uint8_t { No, Perhaps };

// Plays a trace, which may still be written.
class TraceTopSource final : public TopSource {
 public:
  TraceTopSource(TraceReader& reader, TraceGrows grows) : reader_(reader), cursor_(reader), grows_(grows) {}

  Result<bool> moveTo(VirtualTime time) override;
  [[nodiscard]] MemoryFigures figures(VirtualTime time) const override;
  [[nodiscard]] bool goesOnAfter(VirtualTime time) override;
  [[nodiscard]] VirtualTime end() const override;
  [[nodiscard]] bool movesBack() const override { return true; }
  [[nodiscard]] const TraceHeader& header() const override { return reader_.header(); }

 private:
  TraceReader& reader_;
  TraceCursor cursor_;
  TraceGrows grows_;
};

// The sample at `time`, with rates over the `delay` before it; moves as far as that takes. `previous`: the sample before, whose figures
// are used if they fit.
Result<TopSample> sampleAt(TopSource& source, VirtualTime time, VirtualTime delay, const TopSample& previous);

// The VMs' names as a terminal may show them.
std::vector<std::string> vmNamesOf(const TraceHeader& header);

}  // namespace overcommit
