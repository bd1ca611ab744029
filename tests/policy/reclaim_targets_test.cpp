// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/reclaim_targets.h"

#include <algorithm>

#include "base/random.h"
#include "policy/profile.h"
#include "support/test.h"

using namespace overcommit;

namespace {

Permits permits(Vintage vintage, FreeState state, Headroom headroom = Headroom::BelowHigh) {
  return permitsIn(state, headroom, profileOf(vintage).freeState);
}

// 1,000 pages, 200 above the target, and a balloon that may take 650.
VmHolding vmAboveTarget(BalloonDriver driver = BalloonDriver::Running) {
  return {.allocated = Pages(1000), .target = Pages(800), .ballooned = Pages(0), .balloonMax = Pages(650), .driver = driver};
}

void compare(const VmHolding& vm, const Permits& permits, std::uint64_t balloon, std::uint64_t swap) {
  const ReclaimTargets targets = reclaimTargetsOf(vm, permits);
  QCOMPARE(targets.balloon.value(), balloon);
  QCOMPARE(targets.swap.value(), swap);
}

VmHolding randomHolding(Random& random) {
  VmHolding vm;
  const std::uint64_t configured = 1 + random.below(1000);
  vm.allocated = Pages(random.below(configured + 1));
  vm.target = Pages(random.below(configured + 1));
  vm.reservation = Pages(random.below(configured / 2 + 1));
  if (random.below(2) == 0) vm.limit = vm.reservation + Pages(random.below(configured));
  vm.balloonMax = Pages(configured * random.below(100) / 100);
  vm.driver = static_cast<BalloonDriver>(random.below(3));
  if (vm.driver != BalloonDriver::Absent) vm.ballooned = Pages(random.below(vm.balloonMax.value() + 1));
  return vm;
}

}  // namespace

class ReclaimTargetsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // State by state, for a VM with a driver and for one without (W02 6.3, EPP11, EPP15).
  void inHighNothingIsAsked() {
    for (const Profile& profile : profiles()) {
      for (const BalloonDriver driver : {BalloonDriver::Running, BalloonDriver::Absent})
        compare(vmAboveTarget(driver), permits(profile.vintage, FreeState::High, Headroom::Enough), 0, 0);
    }
  }

  void balloonsFillAlreadyBelowHigh() {  // DEN11; not where there is a clear state
    compare(vmAboveTarget(), permits(Vintage::Esx5, FreeState::High), 200, 0);
    compare(vmAboveTarget(BalloonDriver::Absent), permits(Vintage::Esx5, FreeState::High), 0, 0);
    compare(vmAboveTarget(), permits(Vintage::Esx6, FreeState::High), 0, 0);
    compare(vmAboveTarget(), permits(Vintage::Esx6, FreeState::Clear), 0, 0);
  }

  void inSoftBalloonComesBeforeSwap() {
    compare(vmAboveTarget(), permits(Vintage::Esx5, FreeState::Soft), 200, 0);
    compare(vmAboveTarget(), permits(Vintage::Esx6, FreeState::Soft), 200, 0);
  }

  void whatAStalledBalloonDoesNotDeliverIsPaged() {
    VmHolding vm = vmAboveTarget(BalloonDriver::Stalled);
    compare(vm, permits(Vintage::Esx5, FreeState::Soft), 200, 200);
    compare(vm, permits(Vintage::Esx5, FreeState::High), 200, 0);
    vm.limit = Pages(900);
    compare(vm, permits(Vintage::Esx5, FreeState::High, Headroom::Enough), 100, 100);
    compare(vm, permits(Vintage::Esx6, FreeState::Clear), 100, 100);
  }

  void inSoftVmWithoutDriverIsPaged() {
    compare(vmAboveTarget(BalloonDriver::Absent), permits(Vintage::Esx5, FreeState::Soft), 0, 200);
    compare(vmAboveTarget(BalloonDriver::Absent), permits(Vintage::Esx6, FreeState::Soft), 0, 0);  // EPP15: from hard on
    compare(vmAboveTarget(BalloonDriver::Absent), permits(Vintage::Esx6, FreeState::Hard), 0, 200);
  }

  void inSoftOnlyWhatGoesBeyondTheMaximumIsPaged() {
    VmHolding vm = vmAboveTarget();
    vm.ballooned = Pages(500);
    compare(vm, permits(Vintage::Esx5, FreeState::Soft), 650, 50);
    vm.ballooned = Pages(450);
    compare(vm, permits(Vintage::Esx5, FreeState::Soft), 650, 0);
    vm.ballooned = Pages(650);
    compare(vm, permits(Vintage::Esx5, FreeState::Soft), 650, 200);
  }

  void inHardWhatIsMissingIsSwappedInAdditionToBallooning() {
    compare(vmAboveTarget(), permits(Vintage::Esx5, FreeState::Hard), 200, 200);
    compare(vmAboveTarget(), permits(Vintage::Esx2, FreeState::Hard), 200, 200);
  }

  void inHardOfEsx6BalloonsKeepTheirSize() {
    VmHolding vm = vmAboveTarget();
    vm.ballooned = Pages(300);
    compare(vm, permits(Vintage::Esx6, FreeState::Hard), 300, 200);
    compare(vm, permits(Vintage::Esx6, FreeState::Low), 300, 200);
  }

  void inLowVmsAboveTheirTargetAreBlocked() {
    for (const Vintage vintage : {Vintage::Esx2, Vintage::Esx5, Vintage::Esx6}) {
      VmHolding vm = vmAboveTarget();
      QVERIFY(reclaimTargetsOf(vm, permits(vintage, FreeState::Low)).block);
      QVERIFY(!reclaimTargetsOf(vm, permits(vintage, FreeState::Hard)).block);
      vm.allocated = Pages(801);
      QVERIFY(reclaimTargetsOf(vm, permits(vintage, FreeState::Low)).block);
      vm.allocated = Pages(800);
      QVERIFY(!reclaimTargetsOf(vm, permits(vintage, FreeState::Low)).block);
    }
  }

  void reservationIsNeverTouched() {
    VmHolding vm = vmAboveTarget();
    vm.reservation = Pages(950);
    compare(vm, permits(Vintage::Esx5, FreeState::Hard), 50, 50);
    vm.reservation = Pages(1000);
    compare(vm, permits(Vintage::Esx5, FreeState::Low), 0, 0);
    QVERIFY(!reclaimTargetsOf(vm, permits(Vintage::Esx5, FreeState::Low)).block);
  }

  void limitIsEnforcedInAnyState() {
    for (const Profile& profile : profiles()) {
      for (const FreeState state : {FreeState::High, FreeState::Clear}) {
        VmHolding vm = vmAboveTarget();
        vm.limit = vm.target = Pages(700);
        compare(vm, permits(profile.vintage, state, Headroom::Enough), 300, 0);
        vm.balloonMax = Pages(250);
        compare(vm, permits(profile.vintage, state, Headroom::Enough), 250, 50);
        vm.driver = BalloonDriver::Absent;
        compare(vm, permits(profile.vintage, state, Headroom::Enough), 0, 300);
      }
    }
  }

  void whatWasPaidAtTheLimitTheBalloonTakes() {
    VmHolding vm = vmAboveTarget();
    vm.limit = vm.target = vm.allocated;
    vm.paidAtLimit = Pages(30);
    vm.ballooned = Pages(100);
    for (const FreeState state : {FreeState::High, FreeState::Hard}) compare(vm, permits(Vintage::Esx6, state), 130, 0);
    vm.driver = BalloonDriver::Absent;
    compare(vm, permits(Vintage::Esx6, FreeState::High), 0, 0);
  }

  void limitIsEnforcedByBalloonEvenWhereTheStateStopsBallooning() {
    VmHolding vm = vmAboveTarget();
    vm.limit = Pages(900);
    compare(vm, permits(Vintage::Esx6, FreeState::Hard), 100, 200);
  }

  void limitBelowTheReservationStopsThere() {
    VmHolding vm = vmAboveTarget();
    vm.reservation = Pages(900);
    vm.limit = Pages(100);
    compare(vm, permits(Vintage::Esx5, FreeState::High, Headroom::Enough), 100, 0);
  }

  void balloonShrinksByWhatTheTargetLeavesRoomFor() {
    VmHolding vm = vmAboveTarget();
    vm.ballooned = Pages(300);
    vm.target = Pages(1100);
    for (const FreeState state : {FreeState::High, FreeState::Soft, FreeState::Hard, FreeState::Low})
      compare(vm, permits(Vintage::Esx6, state), 200, 0);
    vm.target = Pages(5000);
    compare(vm, permits(Vintage::Esx5, FreeState::High, Headroom::Enough), 0, 0);
    vm.limit = Pages(1010);
    compare(vm, permits(Vintage::Esx5, FreeState::High, Headroom::Enough), 290, 0);
  }

  void balloonAtItsTargetStays() {
    VmHolding vm = vmAboveTarget();
    vm.ballooned = Pages(300);
    vm.target = vm.allocated;
    for (const FreeState state : {FreeState::High, FreeState::Soft, FreeState::Hard}) compare(vm, permits(Vintage::Esx5, state), 300, 0);
  }

  void loweredMaximumLetsTheBalloonShrink() {
    VmHolding vm = vmAboveTarget();
    vm.ballooned = Pages(300);
    vm.balloonMax = Pages(100);
    compare(vm, permits(Vintage::Esx5, FreeState::Soft), 100, 200);
    vm.balloonMax = Pages(0);  // CtlMaxPercent = 0: no ballooning
    compare(vm, permits(Vintage::Esx5, FreeState::Soft), 0, 200);
  }

  void askingStopsAtTheTargetWhicheverWayPagesCome() {
    // A driver that is slow and a disk that is fast: step by step, each way delivers some of what is asked.
    Random random(1, "delivery");
    for (int run = 0; run < 500; ++run) {
      VmHolding vm = randomHolding(random);
      vm.limit = kMostTaxedPages;
      const Pages goal = std::max(vm.target, vm.reservation);
      for (int step = 0; step < 10'000 && vm.allocated > goal; ++step) {
        const ReclaimTargets asked = reclaimTargetsOf(vm, permits(Vintage::Esx5, FreeState::Hard));
        if (asked.balloon > vm.ballooned) {
          const Pages delivered(std::min((asked.balloon - vm.ballooned).value(), random.below(3)));
          vm.ballooned += delivered;
          vm.allocated -= delivered;
        }
        const std::uint64_t still = reclaimTargetsOf(vm, permits(Vintage::Esx5, FreeState::Hard)).swap.value();
        vm.allocated -= Pages(std::min(still, 1 + random.below(3)));
      }
      QVERIFY(vm.allocated <= goal);
      QCOMPARE(reclaimTargetsOf(vm, permits(Vintage::Esx5, FreeState::Hard)).swap.value(), 0u);
    }
  }

  void nothingBelowTheReservationNorBeyondTheBalloonsMaximumIsEverAsked() {
    Random random(2, "bounds");
    for (int i = 0; i < 50'000; ++i) {
      const VmHolding vm = randomHolding(random);
      const auto vintage = static_cast<Vintage>(random.below(5));
      const auto state = static_cast<FreeState>(random.below(5));
      const ReclaimTargets asked = reclaimTargetsOf(vm, permits(vintage, state, static_cast<Headroom>(random.below(2))));
      QVERIFY(asked.balloon <= vm.balloonMax);
      if (vm.driver == BalloonDriver::Absent) QCOMPARE(asked.balloon.value(), 0u);
      const Pages reclaimable = vm.allocated > vm.reservation ? vm.allocated - vm.reservation : Pages(0);
      QVERIFY(asked.swap <= reclaimable);
      if (asked.balloon > vm.ballooned) QVERIFY(asked.balloon - vm.ballooned <= reclaimable);
    }
  }

  void batchIsEachVmAlone() {
    Random random(3, "batch");
    std::vector<VmHolding> vms;
    for (int i = 0; i < 100; ++i) vms.push_back(randomHolding(random));
    const Permits soft = permits(Vintage::Esx5, FreeState::Soft);
    const auto all = reclaimTargets(vms, soft);
    for (std::size_t i = 0; i < vms.size(); ++i) QCOMPARE(all[i], reclaimTargetsOf(vms[i], soft));
  }
};

OVERCOMMIT_TEST(ReclaimTargetsTest)
#include "reclaim_targets_test.moc"
