// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/ids.h"

namespace overcommit {

// The host half of VMware's vmmemctl protocol (guests/abi/overcommit_abi.h): knows commands, status codes, capabilities and when
// the driver has to reset. What locking a page means is the business of its BalloonHost.
enum class BalloonLock : std::uint8_t { Done, BadPage, Already, Pinned };
class BalloonHost {
 public:
  virtual ~BalloonHost() = default;
  virtual BalloonLock lockPage(Gfn gfn) = 0;
  virtual BalloonLock unlockPage(Gfn gfn) = 0;
  virtual void unlockAllPages() = 0;  // the driver was reset: it has given all its pages back to its guest
  // The entries of a batch page, 8 bytes each; nothing if the address is none of the guest's.
  virtual std::optional<std::uint64_t> readBatchEntry(Gfn page, std::uint64_t index) = 0;
  virtual void writeBatchEntry(Gfn page, std::uint64_t index, std::uint64_t entry) = 0;
};

class BalloonDevice {
 public:
  // `maximum`: the most pages that the balloon may hold.
  BalloonDevice(BalloonHost& host, Pages memory, Pages maximum) : host_(host), memory_(memory), maximum_(maximum) {}

  struct Call {
    std::uint32_t magic = 0, command = 0;
    std::uint64_t argument1 = 0, argument2 = 0;
  };
  struct Reply {
    std::uint32_t status = 0;
    std::uint64_t result = 0;
    std::optional<std::uint64_t> capabilities;
  };
  Reply call(const Call& call);

  // The administrator changed it. Pages beyond it stay locked until the driver has given them back.
  void setMaximum(Pages maximum) { maximum_ = maximum; }
  // What the host wants; the driver learns it with its next call. At most maximum().
  void setTarget(Pages target);
  // The driver must start over: its next call is answered by RESET.
  void demandReset() { resetDemanded_ = true; }

  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] Pages target() const { return std::min(target_, maximum()); }
  // The host's, or the driver's own if that is less.
  [[nodiscard]] Pages maximum() const { return driverMaximum_ ? std::min(maximum_, *driverMaximum_) : maximum_; }
  [[nodiscard]] std::uint64_t guestId() const { return guestId_; }

 private:
  Reply start(std::uint64_t wanted);
  Reply batched(const Call& call, bool lock);
  std::uint32_t one(std::uint64_t page, bool lock);

  BalloonHost& host_;
  Pages memory_, maximum_, target_;
  std::optional<Pages> driverMaximum_;  // as its last GET_TARGET said
  std::uint64_t capabilities_ = 0;
  std::uint64_t guestId_ = 0;
  Pages locked_;
  bool running_ = false;
  bool resetDemanded_ = false;
};

}  // namespace overcommit
