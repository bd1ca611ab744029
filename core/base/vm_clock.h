// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/ids.h"

namespace overcommit {

// What a VM's time went into. Every nanosecond between power-on and now is in exactly one of these.
enum class TimeUse : std::uint8_t {
  Run,   // work that the guest declared, hypercalls, code without hypercalls
  Idle,  // the guest waited of its own accord
  FirstTouch,
  Break,
  Unzip,
  SwapIn,       // the device's time of swap-ins, and their faults
  DiskQueue,    // waiting behind other requests on any disk
  GuestDisk,    // the device's time of the guest's image reads and writes
  GuestPaging,  // the device's time of the guest's own swapping
  Reclaim,      // memory had to be reclaimed before this VM could go on
  Blocked,      // not allowed to run
};
inline constexpr std::size_t kTimeUses = 11;
std::string_view nameOf(TimeUse use);  // "first_touch", as in metrics: vm.NAME.time_first_touch

// A VM's own clock and its time account.
class VmClock {
 public:
  explicit VmClock(VirtualTime start) : start_(start), now_(start) {}

  void advance(TimeUse use, VirtualTime by) {
    now_ += by;
    account_[static_cast<std::size_t>(use)] += by;
  }
  // Up to `until`, if that is not in the past.
  void advanceTo(TimeUse use, VirtualTime until) {
    if (until > now_) advance(use, until - now_);
  }

  [[nodiscard]] VirtualTime now() const { return now_; }
  [[nodiscard]] VirtualTime elapsed() const { return now_ - start_; }
  [[nodiscard]] VirtualTime spent(TimeUse use) const { return account_[static_cast<std::size_t>(use)]; }

 private:
  VirtualTime start_, now_;
  std::array<VirtualTime, kTimeUses> account_{};
};

}  // namespace overcommit
