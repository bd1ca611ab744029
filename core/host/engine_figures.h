// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "host/run_config.h"
#include "trace/event_log.h"
#include "trace/memory_figures.h"

namespace overcommit {

class MachineMemory;
class MemoryScheduler;
class PageSharing;
class Pager;
class VirtualMachine;

// The engine's own MemoryFigures: what metrics that follow a counter's formula are computed from, and what the trace is told of them
// that does not follow from other events.
class EngineFigures {
 public:
  struct Parts {
    const RunConfig& config;
    const MachineMemory& machine;
    const Pager& pager;
    const PageSharing& sharing;
    const MemoryScheduler& scheduler;
    EventLog& log;
    std::span<const std::unique_ptr<VirtualMachine>> vms;
    std::uint64_t frameScale;
  };
  explicit EngineFigures(const Parts& parts);

  // As they are now; valid until the next call. With EachPage every page of the VMs that share is looked at, once as long as nothing happens.
  [[nodiscard]] const MemoryFigures& at(VirtualTime now, FigureDepth depth);

  // At the start and at the end of each quantum: records the figures that have changed since.
  void record();

 private:
  struct Kept {
    std::optional<std::uint64_t> sequence;  // of the log, that `figures` are of
    MemoryFigures figures;
  };
  [[nodiscard]] MemoryFigures take(VirtualTime now, FigureDepth depth) const;
  [[nodiscard]] VmFigures figuresOf(const VirtualMachine& vm) const;
  void recordChange(EventKind kind, std::optional<std::size_t> vm, const std::array<std::uint64_t, kEventValues>& values, Event& last);
  void recordVm(std::size_t vm);
  void recordAccount(std::size_t vm);
  void recordRequested();

  Parts parts_;
  std::array<Kept, 2> kept_;  // by FigureDepth
  // What was recorded last, by kind.
  std::array<Event, kFreeStates> thresholds_;
  struct OfVm {
    Event allotment, overhead, target, active, hints;
    Event timeRun, timeFaults, timeDisks, latency;
    bool on = false;
  };
  std::vector<OfVm> recorded_;
  std::vector<RequestedPages> requested_;
  VirtualTime nextAccounts_;  // when time accounts are recorded next
};

}  // namespace overcommit
