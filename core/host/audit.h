// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "reclaim/page_sharing.h"
#include "reclaim/pager.h"
#include "trace/event_log.h"
#include "trace/world.h"

namespace overcommit {

// Runs the world model beside the machine and compares: after every event the page and the frame that it names, and at intervals
// everything, windows included. The model refuses events that break one of the two laws; what the machine really did is found
// in its tables. Any difference is an invariant broken.
class Audit final : public EventListener {
 public:
  // `sharing`: nullptr where pages are never shared by a scan.
  Audit(const TraceHeader& header, const MachineMemory& machine, const Pager& pager, const PageSharing* sharing);

  void onEvent(const Event& event) override;
  // To be called between quanta: the full comparison, if enough has happened since the last one.
  void sweepIfDue();
  void sweep();

 private:
  void comparePage(const VmMemory& vm, Gfn gfn) const;
  void compareFrame(Mfn mfn) const;
  void compareLarge(const Event& event) const;

  WorldModel world_;
  const MachineMemory& machine_;
  const Pager& pager_;
  const PageSharing* sharing_;
  std::uint64_t sinceSweep_ = 0;
  std::uint64_t sweepAfter_;
};

}  // namespace overcommit
