// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices/balloon_device.h"

#include "abi/overcommit_abi.h"

namespace overcommit {
namespace {

// Large pages are not backed here, so their batched commands are not offered; 2 MiB batches come with large pages.
constexpr std::uint64_t kOffered = OC_BALLOON_CAP_BASIC | OC_BALLOON_CAP_BATCHED | OC_BALLOON_CAP_64BIT_TARGET;

}  // namespace

void BalloonDevice::setTarget(Pages target) { target_ = std::min(target, maximum()); }

BalloonDevice::Reply BalloonDevice::call(const Call& call) {
  if (call.magic != OC_BALLOON_MAGIC) return {OC_BALLOON_FAILURE, 0, std::nullopt};
  if (call.command == OC_BALLOON_START) return start(call.argument1);
  if (!running_ || resetDemanded_) return {OC_BALLOON_RESET, 0, std::nullopt};

  Reply reply{OC_BALLOON_SUCCESS, 0, std::nullopt};
  switch (call.command) {
    case OC_BALLOON_GET_TARGET: driverMaximum_ = call.argument1 == 0 ? std::nullopt : std::optional(Pages(call.argument1)); break;
    case OC_BALLOON_LOCK: reply.status = one(call.argument1, true); break;
    case OC_BALLOON_UNLOCK: reply.status = one(call.argument1, false); break;
    case OC_BALLOON_GUEST_ID: guestId_ = call.argument1; break;
    case OC_BALLOON_BATCHED_LOCK:
    case OC_BALLOON_BATCHED_UNLOCK:
      if ((capabilities_ & OC_BALLOON_CAP_BATCHED) == 0) {
        reply.status = OC_BALLOON_BAD_COMMAND;
      } else {
        reply = batched(call, call.command == OC_BALLOON_BATCHED_LOCK);
      }
      break;
    default: reply.status = OC_BALLOON_BAD_COMMAND; break;
  }
  reply.result = target().value();
  return reply;
}

// A driver that starts has no pages: what it had before, its guest has taken back.
BalloonDevice::Reply BalloonDevice::start(std::uint64_t wanted) {
  host_.unlockAllPages();
  locked_ = Pages(0);
  running_ = true;
  resetDemanded_ = false;
  driverMaximum_.reset();
  capabilities_ = wanted & kOffered;
  // A driver from before capabilities names its protocol version, 2, which is the bit of BASIC alone, and knows plain success only.
  if (wanted == OC_BALLOON_CAP_BASIC) return {OC_BALLOON_SUCCESS, 0, capabilities_};
  return {OC_BALLOON_SUCCESS_WITH_CAPABILITIES, 0, capabilities_};
}

std::uint32_t BalloonDevice::one(std::uint64_t page, bool lock) {
  if (page >= memory_.value()) return OC_BALLOON_BAD_PAGE;
  if (lock && locked_ >= maximum()) return OC_BALLOON_NOT_NEEDED;
  const BalloonLock done = lock ? host_.lockPage(Gfn(page)) : host_.unlockPage(Gfn(page));
  switch (done) {
    case BalloonLock::Done:
      if (lock) {
        locked_ += Pages(1);
      } else if (locked_ > Pages(0)) {
        locked_ -= Pages(1);
      }
      return OC_BALLOON_SUCCESS;
    case BalloonLock::BadPage: return OC_BALLOON_BAD_PAGE;
    case BalloonLock::Already: return lock ? OC_BALLOON_ALREADY_LOCKED : OC_BALLOON_ALREADY_UNLOCKED;
    case BalloonLock::Pinned: return OC_BALLOON_PINNED;
  }
  return OC_BALLOON_FAILURE;
}

// Every entry gets a status of its own in its low bits; the command's own status is success unless the batch itself is bad.
BalloonDevice::Reply BalloonDevice::batched(const Call& call, bool lock) {
  if (call.argument1 >= memory_.value() || call.argument2 == 0 || call.argument2 > OC_BALLOON_BATCH_ENTRIES)
    return {OC_BALLOON_BAD_PAGE, 0, std::nullopt};
  const Gfn page(call.argument1);
  for (std::uint64_t i = 0; i < call.argument2; ++i) {
    const auto entry = host_.readBatchEntry(page, i);
    if (!entry) return {OC_BALLOON_BAD_PAGE, 0, std::nullopt};
    const std::uint64_t number = *entry >> kPageShift;
    // The batch page itself holds the statuses and cannot be given up.
    const std::uint32_t status = number == page.value() ? OC_BALLOON_PINNED : one(number, lock);
    host_.writeBatchEntry(page, i, (number << kPageShift) | (status & OC_BALLOON_BATCH_STATUS_MASK));
  }
  return {OC_BALLOON_SUCCESS, 0, std::nullopt};
}

}  // namespace overcommit
