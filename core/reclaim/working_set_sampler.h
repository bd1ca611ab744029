// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "base/random.h"
#include "policy/working_set.h"

namespace overcommit {

struct VmMemory;

// Draws the samples of one VM's working-set estimate (W02 section 5.3): at the start of a period kPagesSampled random guest pages lose
// their window mappings and their accessed bits; those that are accessed again until its end were touched. An access by a device of the
// host counts too. The guest's page tables take no part.
//
// A page that was touched and then taken away before anybody looked counts as untouched; latch() looks.
class WorkingSetSampler {
 public:
  explicit WorkingSetSampler(Random draws) : draws_(draws) {}

  // `executed`: how long the VM has run so far, time in which it was blocked left out. Ends the period that is over and begins the
  // next one. Returns true if one ended.
  bool advance(VmMemory& vm, VirtualTime executed, VirtualTime period);
  // Notes what was touched up to now.
  void latch(VmMemory& vm);

  [[nodiscard]] SampleCounts counts() const;  // of the current period, as last latched
  [[nodiscard]] SampleCounts lastPeriod() const { return lastPeriod_; }
  [[nodiscard]] const ActiveAverages& averages() const { return averages_; }

 private:
  struct Sample {
    Gfn gfn;
    bool touched = false;
  };
  void begin(VmMemory& vm);

  Random draws_;
  std::vector<Sample> samples_;
  VirtualTime periodBegin_;
  ActiveAverages averages_;
  SampleCounts lastPeriod_;
};

}  // namespace overcommit
