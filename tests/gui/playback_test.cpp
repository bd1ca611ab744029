// SPDX-License-Identifier: GPL-2.0-or-later
// The world on the screen is at any time what a replay from the start gives, whichever way one came there.
#include "gui/session/playback.h"

#include <QSignalSpy>

#include "base/random.h"
#include "gui/support/recorded_trace.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::gui;
using namespace overcommit::test;

namespace {

constexpr std::chrono::milliseconds kFrame{16};

}  // namespace

class PlaybackTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() {
    auto opened = Playback::open(trace_.path());
    VERIFY_OK(opened);
    playback_ = std::move(*opened);
  }

  void itBeginsAtTimeZero() {
    QCOMPARE(playback_->now(), VirtualTime(0));
    QCOMPARE(playback_->sequence(), trace_.lastAt(VirtualTime(0)));
    QVERIFY(!playback_->playing());
  }

  void everyTimeIsTheReplayFromTheStart() {
    Random random(5, "seek");
    for (int i = 0; i < 60; ++i) {
      const VirtualTime time(random.below(trace_.header().duration.value() + 1));
      playback_->seek(time);
      QCOMPARE(playback_->now(), time);
      QCOMPARE(playback_->sequence(), trace_.lastAt(time));
      QVERIFY(playback_->world() == trace_.worldAfter(playback_->sequence()));
    }
  }

  void playingBackwardsGoesThroughTheSameWorlds() {
    playback_->seek(playback_->end());
    playback_->play(Direction::Backwards);
    while (playback_->playing()) {
      playback_->tick(kFrame);
      QCOMPARE(playback_->sequence(), trace_.lastAt(playback_->now()));
      QVERIFY(playback_->world() == trace_.worldAfter(playback_->sequence()));
    }
    QCOMPARE(playback_->now(), VirtualTime(0));
  }

  void playingStopsAtTheEnd() {
    playback_->setSpeed(5000);
    playback_->play();
    for (int i = 0; i < 10'000 && playback_->playing(); ++i) playback_->tick(kFrame);
    QVERIFY(!playback_->playing());
    QCOMPARE(playback_->now(), playback_->end());
    QCOMPARE(playback_->sequence(), std::uint64_t{trace_.events().size()});
  }

  void theFastestSpeedLosesNothing() {
    playback_->setSpeed(kMostSpeed);
    playback_->play();
    for (int i = 0; i < 10'000 && playback_->playing(); ++i) playback_->tick(kFrame);
    QVERIFY(playback_->world() == trace_.worldAfter(trace_.events().size()));
    playback_->play(Direction::Backwards);
    for (int i = 0; i < 10'000 && playback_->playing(); ++i) playback_->tick(kFrame);
    QCOMPARE(playback_->now(), VirtualTime(0));
    QCOMPARE(playback_->sequence(), trace_.lastAt(VirtualTime(0)));
  }

  void aTickMovesByTheSpeed() {
    playback_->setSpeed(500);
    playback_->play();
    playback_->tick(std::chrono::milliseconds(1));
    QCOMPARE(playback_->now(), microseconds(500));
    playback_->stop();
    playback_->tick(kFrame);
    QCOMPARE(playback_->now(), microseconds(500));
  }

  void theSpeedLadderEndsOnBothSides() {
    for (int i = 0; i < 20; ++i) playback_->faster();
    QCOMPARE(playback_->speed(), kMostSpeed);
    for (int i = 0; i < 20; ++i) playback_->slower();
    QCOMPARE(playback_->speed(), kSpeeds.front());
  }

  void aStepIsOneEventEachWay() {
    playback_->seekEvent(700);
    playback_->step(StepKind::Event, Direction::Forwards);
    QCOMPARE(playback_->sequence(), std::uint64_t{701});
    QVERIFY(playback_->world() == trace_.worldAfter(701));
    playback_->step(StepKind::Event, Direction::Backwards);
    playback_->step(StepKind::Event, Direction::Backwards);
    QCOMPARE(playback_->sequence(), std::uint64_t{699});
    QVERIFY(playback_->world() == trace_.worldAfter(699));
  }

  void stepsEndAtBothEnds() {
    playback_->seekEvent(0);
    playback_->step(StepKind::Event, Direction::Backwards);
    QCOMPARE(playback_->sequence(), std::uint64_t{0});
    playback_->seek(playback_->end());
    const auto last = playback_->sequence();
    playback_->step(StepKind::Event, Direction::Forwards);
    QCOMPARE(playback_->sequence(), last);
  }

  void stepsByKindStopAtThatKind_data() {
    QTest::addColumn<int>("kind");
    QTest::newRow("nested fault") << static_cast<int>(StepKind::NestedFault);
    QTest::newRow("state change") << static_cast<int>(StepKind::StateChange);
    QTest::newRow("mark") << static_cast<int>(StepKind::Mark);
  }
  void stepsByKindStopAtThatKind() {
    QFETCH(int, kind);
    const auto step = static_cast<StepKind>(kind);
    const auto wanted = eventsOf(step);
    std::vector<std::uint64_t> expected;
    for (const Event& event : trace_.events()) {
      if (wanted.test(indexOf(event.kind))) expected.push_back(event.sequence);
    }
    playback_->seekEvent(0);
    for (const std::uint64_t sequence : expected) {
      playback_->step(step, Direction::Forwards);
      QTRY_VERIFY(!playback_->searching());
      QCOMPARE(playback_->sequence(), sequence);
    }
    QSignalSpy noted(playback_.get(), &Playback::noted);
    playback_->step(step, Direction::Forwards);
    QTRY_COMPARE(noted.size(), 1);
    for (auto sequence = expected.rbegin() + 1; sequence < expected.rend(); ++sequence) {
      playback_->step(step, Direction::Backwards);
      QTRY_VERIFY(!playback_->searching());
      QCOMPARE(playback_->sequence(), *sequence);
    }
  }

  void aMillisecondIsAMillisecond() {
    playback_->step(StepKind::Millisecond, Direction::Forwards);
    QCOMPARE(playback_->now(), milliseconds(1));
    QCOMPARE(playback_->sequence(), trace_.lastAt(milliseconds(1)));
    playback_->step(StepKind::Millisecond, Direction::Backwards);
    QCOMPARE(playback_->now(), VirtualTime(0));
  }

  void stopStopsWhateverGoesOn() {
    playback_->play();
    playback_->stop();
    QVERIFY(!playback_->playing());
    playback_->runUntil([](const Event&) { return false; }, Direction::Forwards, QStringLiteral("nothing"));
    playback_->stop();
    QVERIFY(!playback_->searching());
  }

  void movesSayHowTheyCame() {
    std::vector<Motion> motions;
    connect(playback_.get(), &Playback::moved, this, [&](Motion motion) { motions.push_back(motion); });
    playback_->seekEvent(100);
    playback_->step(StepKind::Event, Direction::Forwards);
    playback_->play();
    playback_->tick(kFrame);
    QCOMPARE(motions, (std::vector{Motion::Jumped, Motion::Stepped, Motion::Played}));
    playback_->disconnect(this);
  }

  void aTraceThatGrowsIsTheSameWithAnEndThatMoves() {
    const auto path = trace_.file(QStringLiteral("growing.octrace")).toStdString();
    auto writer = TraceWriter::create(path, trace_.header(), kSmallTraceBlocks);
    VERIFY_OK(writer);
    for (std::size_t i = 0; i < 700; ++i) (*writer)->onEvent(trace_.events()[i]);
    (*writer)->flush();
    auto opened = Playback::open(path);
    VERIFY_OK(opened);
    Playback& live = **opened;
    QVERIFY(live.growing());
    live.seek(live.end());
    QCOMPARE(live.sequence(), std::uint64_t{700});
    live.setSpeed(5000);
    live.play();
    live.tick(kFrame);
    QVERIFY(live.playing());  // waits for more
    for (std::size_t i = 700; i < trace_.events().size(); ++i) (*writer)->onEvent(trace_.events()[i]);
    (*writer)->finish(Digest{1, 2});
    live.lookForMore();
    QVERIFY(!live.growing());
    for (int i = 0; i < 10'000 && live.playing(); ++i) live.tick(kFrame);
    QVERIFY(live.world() == trace_.worldAfter(trace_.events().size()));
  }

  void whatIsNoTraceIsRefusedWithAReason() {
    QFile file(trace_.file(QStringLiteral("foreign.octrace")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("this is a letter to my aunt, and long enough to hold a prefix");
    file.close();
    const auto opened = Playback::open(file.fileName().toStdString());
    QVERIFY(!opened);
    QVERIFY(opened.error().text.find("foreign.octrace") != std::string::npos);
  }

 private:
  RecordedTrace trace_;
  std::unique_ptr<Playback> playback_;
};

OVERCOMMIT_TEST(PlaybackTest)
#include "playback_test.moc"
