// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/causes.h"

#include "base/error.h"

namespace overcommit {
namespace {

using enum EventKind;

constexpr std::array kEndsOfVms{Crash, PowerOn};
constexpr std::array kPop{Pop};
constexpr std::array kSharing{Scan, VictimVm, LargeBreak};
constexpr std::array kBalloon{BalloonTarget};
constexpr std::array kVictim{VictimVm};
constexpr std::array kCrash{Crash};
constexpr std::array kPowerOn{PowerOn};
constexpr std::array kStoreGivers{Unzip, SwapOut, Inflate, Discard};
constexpr std::array kFrameMovers{FirstTouch,   Share,        Break,        Unzip,        SwapIn,  Inflate,
                                  Zip,          SwapOut,      Discard,      PowerOn,      Crash,   SettingChange,
                                  OverheadTake, OverheadGive, ZipStoreTake, ZipStoreGive, LargeMap};
constexpr std::array kBalance{Balance};
constexpr std::array kBalancers{PowerOn, SettingChange, FreeStateChange};
constexpr std::array kReclaimers{PowerOn, FreeStateChange, TargetSet, Block};
constexpr std::array kReclaimStart{ReclaimStart};
constexpr std::array kRefusal{Refusal};
constexpr std::array kRefusers{VictimVm, Scan, LargeBreak, BalloonTarget};
constexpr std::array kBlockers{FreeStateChange, FirstTouch, Break, Unzip, SwapIn, LargeMap};
constexpr std::array kUnblockers{Block, FreeStateChange, TargetSet, ReclaimEnd};
constexpr std::array kTarget{TargetSet};
constexpr std::array kLargeBreakers{VictimVm, FreeStateChange, BalloonTarget, Crash};
constexpr std::array kLargeBreak{LargeBreak};
constexpr std::span<const EventKind> kNothing;

constexpr auto kNever = Beginning::Never;
constexpr auto kPossible = Beginning::Possible;

// clang-format off
constexpr std::array<CausesOfKind, kEventKinds> kCauses{{
    {PowerOn, kPossible, "the scenario", kNothing},
    {PowerOff, kPossible, "the guest or the scenario", kEndsOfVms},
    {Crash, kPossible, "the guest", kNothing},
    {FirstTouch, kPossible, "the guest's touch", kPop},
    {Share, kNever, "", kSharing},
    {Break, kPossible, "the guest's touch", kNothing},
    {Revert, kPossible, "the guest's touch", kNothing},
    {Inflate, kPossible, "a balloon driver that was never told a target", kBalloon},
    {Deflate, kPossible, "a balloon driver that starts", kBalloon},
    {Pop, kPossible, "the guest's touch", kNothing},
    {Zip, kNever, "", kVictim},
    {Unzip, kPossible, "the guest's touch", kNothing},
    {SwapOut, kNever, "", kVictim},
    {SwapIn, kPossible, "the guest's touch", kNothing},
    {Discard, kPossible, "the guest or the scenario powers off", kCrash},
    {OverheadTake, kPossible, "the host boots", kPowerOn},
    {OverheadGive, kPossible, "the guest or the scenario powers off", kEndsOfVms},
    {ZipStoreTake, kNever, "", kVictim},
    {ZipStoreGive, kNever, "", kStoreGivers},
    {FreeStateChange, kPossible, "the guest or the scenario powers off", kFrameMovers},
    {TargetSet, kNever, "", kBalance},
    {ReclaimStart, kPossible, "the guest's touch", kReclaimers},
    {ReclaimEnd, kNever, "", kReclaimStart},
    {VictimVm, kNever, "", kReclaimStart},
    {Refusal, kPossible, "a balloon driver that was never told a target, or a policy's answer", kRefusers},
    {Block, kNever, "", kBlockers},
    {Unblock, kNever, "", kUnblockers},
    {Scan, kPossible, "the pace of page sharing", kLargeBreak},
    {Sample, kPossible, "a sampling period is over", kNothing},
    {SettingChange, kPossible, "the scenario or a person", kNothing},
    {GuestFrame, kPossible, "the guest", kNothing},
    {GuestSwappedOut, kPossible, "the guest", kNothing},
    {Operations, kPossible, "the guest", kNothing},
    {Phase, kPossible, "the scenario", kNothing},
    {ResultChecksum, kPossible, "the guest", kNothing},
    {BalloonTarget, kNever, "", kTarget},
    {BalloonDriver, kPossible, "the guest", kNothing},
    {Console, kPossible, "the guest", kNothing},
    {Mark, kPossible, "the scenario", kNothing},
    {Fault, kPossible, "the scenario or a device", kNothing},
    {LimitReached, kPossible, "the scenario", kNothing},
    {Expectation, kPossible, "the scenario", kNothing},
    {Content, kPossible, "the engine", kNothing},
    {LargeMap, kPossible, "the guest's touch", kPop},
    {LargeBreak, kPossible, "free memory below the high threshold, or the guest or the scenario powers off", kLargeBreakers},
    {Threshold, kPossible, "the engine", kNothing},
    {Allotment, kPossible, "the engine", kNothing},
    {OverheadFigures, kPossible, "the engine", kNothing},
    {ReclaimTarget, kPossible, "the engine", kNothing},
    {Active, kPossible, "the engine", kNothing},
    {Hints, kPossible, "the engine", kNothing},
    {ZeroFrame, kNever, "", kSharing},
    {Balance, kPossible, "the balance period is over, or much memory was taken or given back", kBalancers},
    {Change, kPossible, "a person", kNothing},
    {PolicyPrinted, kPossible, "the policy", kNothing},
    {PolicyFailed, kPossible, "the policy", kNothing},
    {TimeRun, kPossible, "the engine", kNothing},
    {TimeFaults, kPossible, "the engine", kNothing},
    {TimeDisks, kPossible, "the engine", kNothing},
    {Latency, kPossible, "the engine", kNothing},
    {PolicyAnswer, kNever, "", kRefusal},
}};
// clang-format on

constexpr bool inOrderOfKinds() {
  for (std::size_t i = 0; i < kCauses.size(); ++i) {
    const CausesOfKind& entry = kCauses[i];
    if (indexOf(entry.kind) != i || (entry.beginning == kNever) != entry.begunBy.empty()) return false;
    if (entry.beginning == kNever && entry.causes.empty()) return false;
  }
  return true;
}
static_assert(inOrderOfKinds(), "the table has one entry a kind, in the order of EventKind, and every event has a cause or a beginning");

}  // namespace

std::span<const CausesOfKind, kEventKinds> causesTable() { return kCauses; }

const CausesOfKind& causesOf(EventKind kind) {
  invariant(indexOf(kind) < kCauses.size(), "an event kind is one of the table");
  return kCauses[indexOf(kind)];
}

}  // namespace overcommit
