// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/free_state.h>
using namespace overcommit::policy;

// Compares the wrong way round: much that is free is a bad state.
class Mine : public FreeStatePolicy {
  FreeState next(const FreeStateQuestion& question) override {
    const FreeStateThresholds& at = question.thresholds;
    if (question.free > at.soft) return FreeState::Low;
    if (question.free > at.hard) return FreeState::Hard;
    if (question.free > at.low) return FreeState::Soft;
    return FreeState::High;
  }
};
OVERCOMMIT_FREE_STATE(Mine)
