// SPDX-License-Identifier: GPL-2.0-or-later
// Lab 7, part 4: the host's free-memory state.
//
//   try it:      overcommit run states.toml --policy free-state=free_state.cpp --trace mine.octrace
//   look at it:  overcommit trace events mine.octrace --kind free-state
//   ask:         overcommit lab check 7 5.1 --submission .
//
// You are asked whenever free memory changes. What you print (std::printf) stands in the trace at that time.
#include <overcommit/free_state.h>
using namespace overcommit::policy;

class Mine : public FreeStatePolicy {
  FreeState next(const FreeStateQuestion& question) override {
    const FreeStateThresholds& at = question.thresholds;  // high, clear, soft, hard, low, in pages; hysteresis, too
    // High, Clear, Soft, Hard, Low are numbered from 0: a worse state is a greater one, and states can be compared.

    // Downwards: which states does a host enter that has question.free pages? So far it knows of one.
    if (question.free < at.soft) return FreeState::Soft;

    // Upwards: a state is left for the next better one when free memory is at least that far above the next higher threshold as
    // at.hysteresis says. Several states can be left at once. at.clear is 0 in a host that has no state clear: then soft is left
    // towards high, at at.high.
    return FreeState::High;
  }
};
OVERCOMMIT_FREE_STATE(Mine)
