// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/history.h"

#include <QSignalSpy>

#include "gui/session/run.h"
#include "gui/support/recorded_trace.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::gui;
using namespace overcommit::test;

class HistoryTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everySampleIsTheWorldAtTheEndOfItsStep() {
    auto run = Run::open(trace_.path());
    VERIFY_OK(run);
    (*run)->waitForHistory();
    const History& history = (*run)->history();
    QVERIFY(history.complete());
    QVERIFY(history.size() > 10);
    for (std::size_t i = 0; i < history.size(); i += 7) {
      // Before the instant, not at it.
      const WorldModel world = trace_.worldAfter(trace_.lastAt(history.timeOf(i) - nanoseconds(1)));
      for (const FrameUse use : {FrameUse::Free, FrameUse::Private, FrameUse::Shared, FrameUse::ZipStore, FrameUse::Overhead})
        QCOMPARE(std::uint64_t{history.host(i).at(use)}, world.host().at(use));
      QCOMPARE(history.host(i).gates[static_cast<std::size_t>(Gate::Swap)], countsOf(Gate::Swap, world.host()));
      QCOMPARE(std::uint64_t{history.vm(i, VmId(1)).at(PagePlace::Swapped)}, world.vm(VmId(1)).at(PagePlace::Swapped));
    }
  }

  void marksAreThoseOfTheTrace() {
    auto run = Run::open(trace_.path());
    VERIFY_OK(run);
    (*run)->waitForHistory();
    std::vector<std::uint64_t> expected, got;
    for (const Event& event : trace_.events()) {
      if (event.kind == EventKind::FreeStateChange) expected.push_back(event.sequence);
    }
    for (const HistoryMark& mark : (*run)->history().marks()) {
      if (mark.kind == EventKind::FreeStateChange) got.push_back(mark.sequence);
    }
    QVERIFY(!expected.empty());
    QCOMPARE(got, expected);
  }

  void aLongRunTakesNoMoreRoomThanAShortOne() {
    WorldModel world(smallHeader());
    History history(3, milliseconds(10));
    const std::vector<VmTally> tallies(3);
    const VirtualTime step = history.step();
    for (int i = 0; i < 20'000; ++i) history.add(world, tallies, 50);
    QVERIFY(history.size() < History::kMostSamples);
    QVERIFY(history.step() > step);
    QCOMPARE(history.timeOf(history.size() - 1).value() / history.step().value(), std::uint64_t{history.size()});
  }

  void theLeastFreeOfAStepSurvives() {
    WorldModel world(smallHeader());
    History history(3, milliseconds(10));
    const std::vector<VmTally> tallies(3);
    for (std::size_t i = 0; i < History::kMostSamples; ++i) history.add(world, tallies, i == 1000 ? 7 : 60);
    QCOMPARE(history.host(500).leastFree, 7u);
  }

  void whatOnlyEventsTellIsTallied() {
    VmTally tally;
    const auto tell = [&tally](EventKind kind, std::array<std::uint64_t, kEventValues> values, std::uint64_t sequence,
                               std::uint64_t cause) {
      Event event;
      event.kind = kind;
      event.values = values;
      event.sequence = sequence;
      event.cause = cause;
      tally.add(event);
    };
    tell(EventKind::TimeFaults, {30'000, 20'000, 10'000, 5'000'000}, 1, 0);
    tell(EventKind::TimeDisks, {70'000, 80'000, 90'000, 0}, 2, 0);
    tell(EventKind::Refusal, {1, 0, 0, 0}, 3, 0);  // before any target
    tell(EventKind::BalloonTarget, {64, 0, 0, 0}, 4, 0);
    tell(EventKind::Refusal, {1, 0, 0, 0}, 5, 4);
    tell(EventKind::Refusal, {1, 0, 0, 0}, 6, 2);  // of a scan
    tell(EventKind::SwapOut, {3, 1, 0, 0}, 7, 0);
    tell(EventKind::SwapOut, {4, 0, 0, 0}, 8, 0);
    tell(EventKind::Latency, {100'000, 200'000, 300'000, 0}, 9, 0);
    QCOMPARE(tally.balloonRefused, 1u);
    QCOMPARE(tally.evicted, 1u);
    History history(1, milliseconds(10));
    history.add(WorldModel(smallHeader()), std::span(&tally, 1), 0);
    const VmSample& sample = history.vm(0, VmId(0));
    QCOMPARE(sample.at(TimeUse::SwapIn), milliseconds(5));
    QCOMPARE(sample.at(TimeUse::GuestPaging), microseconds(90));
    QCOMPARE(sample.at(TimeUse::Run), VirtualTime(0));
    QCOMPARE(kTimeGrain * sample.latency[1], microseconds(200));
  }

  void gateCountsBetweenSamplesAreInProportion() {
    auto run = Run::open(trace_.path());
    VERIFY_OK(run);
    (*run)->waitForHistory();
    const History& history = (*run)->history();
    const std::size_t i = history.size() / 2;
    for (const Gate gate : kAllGates) {
      const auto index = static_cast<std::size_t>(gate);
      QCOMPARE(history.gateAt(gate, history.timeOf(i)), history.host(i).gates[index]);
      const GateCounts between = history.gateAt(gate, history.timeOf(i) + history.step() / 2);
      QVERIFY(between.down >= history.host(i).gates[index].down && between.down <= history.host(i + 1).gates[index].down);
    }
    QCOMPARE(history.gateAt(Gate::Swap, VirtualTime(0)), GateCounts());
  }

 private:
  RecordedTrace trace_;
};

OVERCOMMIT_TEST(HistoryTest)
#include "history_test.moc"
