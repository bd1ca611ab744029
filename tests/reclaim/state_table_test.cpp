// SPDX-License-Identifier: GPL-2.0-or-later
// The table of free states at work: what a host of each family of vintages does in each state, threshold by threshold to the page. VMs
// have no CPU here, so that free memory can be set to any number of frames.
//
//   state         esx2 to esx5                                       esx6
//   high          inHighNothingIsTaken                               inHighNothingIsTaken
//   below high    belowHighOnlyBalloonsAreAsked                      belowHighOfEsx6NothingIsTakenFromVms
//   clear         -                                                  inClearNothingIsTakenFromVms
//   soft          inSoftBalloonsAreAskedAndOthersPaged               inSoftOfEsx6OnlyBalloonsAreAsked
//   hard          inHardPagingIsAddedToBallooning                    inHardOfEsx6BalloonsKeepTheirSizeAndAllArePaged
//   low           inLowVmsAboveTheirTargetAreBlockedToo              inLowOfEsx6AllArePagedAndBlocked
//   entered       statesAreEnteredAndLeftAtTheirThresholdsToThePage (all vintages)
//   way back      hardReturnsToSoftAndThenToHigh, lowLetsBlockedVmsGoWhenItIsLeft
#include <algorithm>
#include <array>

#include "policy/profile.h"
#include "reclaim/bare_host.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

constexpr std::uint16_t kDriver = 0, kPlain = 1, kFiller = 2;
constexpr std::uint64_t kFrames = 2000;

BareHostSettings hostOf(Vintage vintage) {
  const Profile& profile = profileOf(vintage);
  BareHostSettings settings;
  settings.frames = Pages(kFrames);
  // MinFree is 10 %: 200 frames, soft 128, hard 64, low 32, a margin of 8; high of esx6 800.
  settings.thresholds = thresholdsFor(settings.frames, bytesOf(settings.frames), profile.freeState, 10);
  settings.schedule.rules = profile.freeState;
  settings.schedule.tax = {75, IdleTaxCurve::Flat};
  settings.vms = 3;
  return settings;
}

// A host with two VMs that may be made smaller, one of them with a balloon driver, and a third that fills memory and is guaranteed it.
class TableHost final : private EventListener {
 public:
  explicit TableHost(Vintage vintage) : host(hostOf(vintage)) {
    host.log().addListener(*this);
    host.begin();
    for (const std::uint16_t number : {kDriver, kPlain}) {
      BareVmSettings settings;
      settings.memory = Pages(600);
      host.powerOn(number, settings);
      for (std::uint64_t gfn = 0; gfn < 600; ++gfn) touch(number, gfn);
    }
    BareVmSettings filler;
    filler.memory = Pages(900);
    filler.settings.reservation = Pages(900);
    host.powerOn(kFiller, filler);
    host.vm(kDriver).balloon = {Pages(390), Pages(0), BalloonDriver::Running};
  }

  void touch(std::uint16_t vm, std::uint64_t gfn) {
    invariant(host.access(host.vm(vm), Gfn(gfn), Access::Write) != nullptr, "there is memory enough");
    // Every page differs, so that nothing can be shared.
    const std::uint64_t mark = (std::uint64_t{vm} << 32) + gfn + 1;
    std::memcpy(host.machine().bytes(host.vm(vm).guest.entry(Gfn(gfn)).mfn()).data(), &mark, 8);
  }
  void inflate(std::uint64_t pages) {
    for (std::uint64_t gfn = 100; gfn < 100 + pages; ++gfn)
      invariant(host.pager().lock(host.vm(kDriver), Gfn(gfn)) == BalloonResult::Done, "a page is locked once");
  }
  void fillUntil(std::uint64_t free) {
    while (host.machine().free() > Pages(free)) touch(kFiller, filled_++);
    invariant(host.machine().free() == Pages(free), "memory is filled to the page");
  }
  // Fills memory, and lets the memory scheduler and the swap daemon act once.
  void decideAt(std::uint64_t free) {
    fillUntil(free);
    state = host.pager().freeState();
    run();
  }
  void run() {
    now += milliseconds(10);
    host.log().setHostTime(now);
    host.scheduler().run(now);
    asked = {host.vm(kDriver).swapTarget, host.vm(kPlain).swapTarget};
    host.reclaimer().runSwapDaemon(now);
  }

  [[nodiscard]] const VmMemory& driver() { return host.vm(kDriver); }
  [[nodiscard]] const VmMemory& plain() { return host.vm(kPlain); }
  [[nodiscard]] bool aboveTarget() {
    return driver().target < Pages(600) - driver().guest.count(PagePlace::Ballooned) && plain().target < Pages(600);
  }
  [[nodiscard]] std::uint64_t taken() {
    return driver().counters.swapOuts + plain().counters.swapOuts + host.vm(kFiller).counters.swapOuts;
  }

  BareHost host;
  FreeState state = FreeState::High;
  std::array<Pages, 2> asked{};  // of each VM's pages by the swap daemon
  VirtualTime now;
  std::vector<Event> stateChanges;

 private:
  void onEvent(const Event& event) override {
    if (event.kind == EventKind::FreeStateChange) stateChanges.push_back(event);
  }
  std::uint64_t filled_ = 0;
};

constexpr std::array kFour{Vintage::Esx2, Vintage::Esx3, Vintage::Esx4, Vintage::Esx5};

}  // namespace

class StateTableTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void inHighNothingIsTaken() {
    for (const Profile& profile : profiles()) {
      TableHost table(profile.vintage);
      table.inflate(20);
      table.decideAt(300);
      QCOMPARE(table.state, FreeState::High);
      QVERIFY(table.driver().balloon.target <= Pages(20));
      QVERIFY(table.asked[0] == Pages(0) && table.asked[1] == Pages(0));
      QVERIFY(!table.driver().aboveTargetInLow && !table.plain().aboveTargetInLow);
      QCOMPARE(table.taken(), 0u);
    }
  }

  void belowHighOnlyBalloonsAreAsked() {
    for (const Vintage vintage : kFour) {
      TableHost table(vintage);
      table.decideAt(199);
      QCOMPARE(table.state, FreeState::High);
      QVERIFY(table.aboveTarget());
      QVERIFY(table.driver().balloon.target > Pages(0));
      QCOMPARE(table.plain().balloon.target.value(), 0u);
      QCOMPARE(table.taken(), 0u);
    }
  }

  // Its high threshold is a multiple of MinFree: there is nothing to be reclaimed yet, only large pages to be broken.
  void belowHighOfEsx6NothingIsTakenFromVms() {
    TableHost table(Vintage::Esx6);
    table.decideAt(207);  // what reclaiming aims at is one more
    QCOMPARE(table.state, FreeState::High);
    QVERIFY(table.host.scheduler().permits().breakLargePages);
    QVERIFY(table.aboveTarget());
    QCOMPARE(table.driver().balloon.target.value(), 0u);
    QCOMPARE(table.taken(), 0u);
  }

  void inClearNothingIsTakenFromVms() {
    TableHost table(Vintage::Esx6);
    table.decideAt(199);
    QCOMPARE(table.state, FreeState::Clear);
    QVERIFY(table.host.scheduler().permits().breakLargePages && table.host.scheduler().permits().shareActively);
    QVERIFY(table.aboveTarget());
    QCOMPARE(table.driver().balloon.target.value(), 0u);
    QCOMPARE(table.taken(), 0u);
  }

  void inSoftBalloonsAreAskedAndOthersPaged() {
    for (const Vintage vintage : kFour) {
      TableHost table(vintage);
      table.decideAt(127);
      QCOMPARE(table.state, FreeState::Soft);
      QCOMPARE(table.driver().balloon.target.value(), (Pages(600) - table.driver().target).value());
      QCOMPARE(table.asked[0].value(), 0u);
      QCOMPARE(table.asked[1].value(), (Pages(600) - table.plain().target).value());
      QVERIFY(table.plain().counters.swapOuts > 0);
      QCOMPARE(table.driver().counters.swapOuts, 0u);
      QVERIFY(!table.driver().aboveTargetInLow && !table.plain().aboveTargetInLow);
    }
  }

  void inSoftOfEsx6OnlyBalloonsAreAsked() {
    TableHost table(Vintage::Esx6);
    table.decideAt(127);
    QCOMPARE(table.state, FreeState::Soft);
    QVERIFY(table.host.scheduler().permits().shareActively);
    QVERIFY(table.driver().balloon.target > Pages(0));
    QVERIFY(table.aboveTarget());
    QVERIFY(table.asked[0] == Pages(0) && table.asked[1] == Pages(0));
    QCOMPARE(table.taken(), 0u);
  }

  void inHardPagingIsAddedToBallooning() {
    for (const Vintage vintage : kFour) {
      TableHost table(vintage);
      table.decideAt(63);
      QCOMPARE(table.state, FreeState::Hard);
      QVERIFY(table.driver().balloon.target > Pages(0));
      QCOMPARE(table.asked[0].value(), (Pages(600) - table.driver().target).value());
      QCOMPARE(table.asked[1].value(), (Pages(600) - table.plain().target).value());
      QVERIFY(table.taken() > 0);
      QVERIFY(!table.driver().aboveTargetInLow && !table.plain().aboveTargetInLow);
    }
  }

  void inHardOfEsx6BalloonsKeepTheirSizeAndAllArePaged() {
    TableHost table(Vintage::Esx6);
    table.inflate(20);
    table.decideAt(63);
    QCOMPARE(table.state, FreeState::Hard);
    QVERIFY(table.aboveTarget());
    QCOMPARE(table.driver().balloon.target.value(), 20u);
    QVERIFY(table.asked[0] > Pages(0) && table.asked[1] > Pages(0));
    QVERIFY(table.taken() > 0);
    QVERIFY(!table.driver().aboveTargetInLow && !table.plain().aboveTargetInLow);
  }

  void inLowVmsAboveTheirTargetAreBlockedToo() {
    for (const Vintage vintage : kFour) {
      TableHost table(vintage);
      table.decideAt(31);
      QCOMPARE(table.state, FreeState::Low);
      QVERIFY(table.driver().balloon.target > Pages(0));
      QVERIFY(table.asked[0] > Pages(0) && table.asked[1] > Pages(0));
      QVERIFY(table.driver().aboveTargetInLow && table.plain().aboveTargetInLow);
      QVERIFY(!table.host.vm(kFiller).aboveTargetInLow);  // it has what it is guaranteed
    }
  }

  void inLowOfEsx6AllArePagedAndBlocked() {
    TableHost table(Vintage::Esx6);
    table.inflate(20);
    table.decideAt(31);
    QCOMPARE(table.state, FreeState::Low);
    QCOMPARE(table.driver().balloon.target.value(), 20u);
    QVERIFY(table.asked[0] > Pages(0) && table.asked[1] > Pages(0));
    QVERIFY(table.driver().aboveTargetInLow && table.plain().aboveTargetInLow);
  }

  // Page by page down and up again: each change happens at its threshold, on the way up with the margin, and at no other number.
  void statesAreEnteredAndLeftAtTheirThresholdsToThePage() {
    for (const Profile& profile : profiles()) {
      TableHost table(profile.vintage);
      table.fillUntil(20);
      for (std::uint64_t gfn = 8; gfn < 600; ++gfn) table.host.pager().lock(table.host.vm(kDriver), Gfn(gfn));
      for (std::uint64_t gfn = 8; gfn < 400; ++gfn) table.host.pager().lock(table.host.vm(kPlain), Gfn(gfn));
      std::vector<std::pair<FreeState, std::uint64_t>> changes;
      for (const Event& event : table.stateChanges) changes.emplace_back(static_cast<FreeState>(event.values[0]), event.values[2]);
      using enum FreeState;
      if (profile.vintage == Vintage::Esx6) {
        QVERIFY((changes ==
                 decltype(changes){{Clear, 199}, {Soft, 127}, {Hard, 63}, {Low, 31}, {Hard, 72}, {Soft, 136}, {Clear, 208}, {High, 808}}));
      } else {
        QVERIFY((changes == decltype(changes){{Soft, 127}, {Hard, 63}, {Low, 31}, {Hard, 72}, {Soft, 136}, {High, 208}}));
      }
    }
  }

  // N pages take at most N * max(write, quantum / 32) and two quanta.
  void hardReturnsToSoftAndThenToHighWithinTheStatedBound() {
    for (const Profile& profile : profiles()) {
      TableHost table(profile.vintage);
      table.decideAt(50);
      QCOMPARE(table.state, FreeState::Hard);
      const std::uint64_t pages = (table.asked[0] + table.asked[1]).value();
      const VirtualTime each = std::max(table.host.costs().swapWrite, milliseconds(10) / Reclaimer::kOutstandingWrites);
      const VirtualTime until = table.now + each * pages + milliseconds(20);
      while (table.now < until && table.host.pager().freeState() == FreeState::Hard) table.run();
      QCOMPARE(table.host.pager().freeState(), FreeState::Soft);
      QVERIFY(table.host.machine().free() >= Pages(136));
      // From soft on, it is up to the balloon of the VM that has one; esx6 waits for balloons alone.
      while (table.now < until) {
        table.run();
        if (table.driver().balloon.target > table.driver().guest.count(PagePlace::Ballooned)) {
          for (std::uint64_t gfn = 8; gfn < 600; ++gfn) {
            if (table.driver().guest.count(PagePlace::Ballooned) >= table.driver().balloon.target) break;
            static_cast<void>(table.host.pager().lock(table.host.vm(kDriver), Gfn(gfn)));
          }
        }
      }
      QVERIFY2(table.host.pager().freeState() < FreeState::Soft, std::to_string(table.host.machine().free().value()).c_str());
    }
  }

  void lowLetsBlockedVmsGoWhenItIsLeft() {
    for (const Profile& profile : profiles()) {
      TableHost table(profile.vintage);
      table.decideAt(25);
      QVERIFY(table.plain().aboveTargetInLow);
      for (int quanta = 0; quanta < 20 && table.host.pager().freeState() == FreeState::Low; ++quanta) table.run();
      QCOMPARE(table.host.pager().freeState(), FreeState::Hard);
      table.run();
      QVERIFY(!table.driver().aboveTargetInLow && !table.plain().aboveTargetInLow);
    }
  }

  // Where only balloons give memory, low must not keep the drivers from inflating.
  void withoutSwapLowDoesNotBlockAVmThatIsToInflate() {
    BareHostSettings settings = hostOf(Vintage::Esx5);
    TableHost table(Vintage::Esx5);
    settings.schedule.swap = HypervisorSwap::Forbidden;
    table.host.scheduler().setSettings(settings.schedule, 0);
    table.host.reclaimer().setSettings({.swap = HypervisorSwap::Forbidden, .tax = settings.schedule.tax});
    table.decideAt(31);
    QCOMPARE(table.state, FreeState::Low);
    QVERIFY(table.driver().balloon.target > Pages(0));
    QVERIFY(!table.driver().aboveTargetInLow);
    QVERIFY(table.plain().aboveTargetInLow);
    QCOMPARE(table.taken(), 0u);
  }
};

OVERCOMMIT_TEST(StateTableTest)
#include "state_table_test.moc"
