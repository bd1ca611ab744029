// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/free_state.h>
using namespace overcommit::policy;

class Thresholds : public FreeStatePolicy {
  // Downwards: the worst state whose threshold free memory is below.
  static FreeState entered(std::uint64_t free, const FreeStateThresholds& at) {
    if (free < at.low) return FreeState::Low;
    if (free < at.hard) return FreeState::Hard;
    if (free < at.soft) return FreeState::Soft;
    if (free < at.clear) return FreeState::Clear;  // 0 where there is no clear: nothing is below it
    return FreeState::High;
  }

  // Upwards: the next better state, and the threshold that has to be exceeded for it.
  static FreeState better(FreeState state, const FreeStateThresholds& at, std::uint64_t& threshold) {
    const bool has_clear = at.clear > 0;
    switch (state) {
      case FreeState::Low: threshold = at.hard; return FreeState::Hard;
      case FreeState::Hard: threshold = at.soft; return FreeState::Soft;
      case FreeState::Soft: threshold = has_clear ? at.clear : at.high; return has_clear ? FreeState::Clear : FreeState::High;
      case FreeState::Clear:
      case FreeState::High: break;
    }
    threshold = at.high;
    return FreeState::High;
  }

  FreeState next(const FreeStateQuestion& question) override {
    const FreeStateThresholds& at = question.thresholds;
    const FreeState down = entered(question.free, at);
    FreeState state = question.current;
    if (down >= state) return down;  // worse states have greater numbers
    while (state > down) {
      std::uint64_t threshold = 0;
      const FreeState up = better(state, at, threshold);
      if (question.free < threshold + at.hysteresis) break;
      state = up;
    }
    return state;
  }
};
OVERCOMMIT_FREE_STATE(Thresholds)
