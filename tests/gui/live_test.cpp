// SPDX-License-Identifier: GPL-2.0-or-later
// A run that goes on while the window shows it: begun, stopped, changed, gone on from in another way, looked into, and bereft of its engine.
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTimer>
#include <QToolButton>
#include <QTreeWidget>
#include <csignal>

#include "gui/app/main_window.h"
#include "gui/link/live_run.h"
#include "gui/models/byte_text.h"
#include "gui/session/gate_lock.h"
#include "gui/session/scenario_list.h"
#include "gui/support/fake_engine.h"
#include "gui/support/recorded_trace.h"
#include "gui/views/gate_strip.h"
#include "gui/views/walk_view.h"
#include "support/test.h"
#include "trace/event_filter.h"

using namespace overcommit;
using namespace overcommit::gui;
using namespace overcommit::test;

namespace {

constexpr int kPatience = 60'000;

// Two VMs with a CPU, and one that plays a script, on a host that is too small: everything happens within a tenth of a second.
constexpr const char* kLiveScenario = R"(title = "Live"
seed = 5
duration = "400ms"
[host]
memory = "20 MiB"
represents = "640 MiB"
time_scale = 100
[disk]
service_time = "20us"
[[vm]]
name = "web"
count = 2
memory = "8 MiB"
program = "toucher"
image = "linux-a"
[vm.args]
working_set = "3 MiB"
size2 = "6 MiB"
hold = 20
[[vm]]
name = "played"
memory = "16 MiB"
generator = "zipf"
[vm.args]
working_set = "14 MiB"
)";

QStringList eventTexts(const std::filesystem::path& trace, EventKind kind) {
  QStringList texts;
  const auto reader = TraceReader::open(trace);
  if (!reader) return texts;
  EventFilter filter;
  filter.want(kind);
  (void)forEachEvent(*reader, filter, [&](const Event& event) {
    texts << QString::fromStdString(event.text);
    return true;
  });
  return texts;
}

}  // namespace

class LiveTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    scenario_ = folder_.filePath(QStringLiteral("live.toml"));
    QFile file(scenario_);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(kLiveScenario);
  }
  void init() {
    qputenv("OVERCOMMIT_ENGINE", OVERCOMMIT_BINARY_DIR "/overcommit");
    theme_ = std::make_unique<Theme>();
    options_ = std::make_unique<ViewOptions>();
    window_ = std::make_unique<MainWindow>(*theme_, *options_);
    window_->resize(1280, 900);
    window_->show();
  }
  void cleanup() {
    window_.reset();
    qunsetenv("OVERCOMMIT_ENGINE");
  }

  void aScenarioBeginsAndMoves() {
    window_->openOrSay(scenario_);
    QTRY_VERIFY_WITH_TIMEOUT(window_->run() != nullptr, kPatience);
    QVERIFY(live() != nullptr);
    QVERIFY(playback().playing());
    QTRY_VERIFY_WITH_TIMEOUT(playback().now() > milliseconds(5), kPatience);
    QCOMPARE(text("engineState"), QStringLiteral("live · engine runs"));
    QTest::keyClick(window_.get(), Qt::Key_S);
    QTRY_COMPARE_WITH_TIMEOUT(live()->state(), LiveRun::State::Stands, kPatience);
    QCOMPARE(text("engineState"), QStringLiteral("live · engine waits"));
  }

  void theEngineIsNeverFurtherThanTwoFramesBeforeThePicture() {
    begin();
    playback().setSpeed(10);
    // A frame is a tenth of a second of wall clock at most, whatever the machine is busy with.
    const VirtualTime most = milliseconds(2) + milliseconds(1);
    QSignalSpy moved(&playback(), &Playback::moved);
    bool far = false;
    connect(&playback(), &Playback::moved, this, [&] { far = far || live()->now() > playback().now() + most; });
    playback().play();
    QTRY_VERIFY_WITH_TIMEOUT(moved.size() >= 20, kPatience);
    QVERIFY(!far);
    playback().stop();
    QTRY_COMPARE_WITH_TIMEOUT(live()->state(), LiveRun::State::Stands, kPatience);
    disconnect(&playback(), nullptr, this, nullptr);
  }

  void stopStopsAlsoAtTheFastestSpeedAndShowsWhereTheEngineIs() {
    begin();
    playback().setSpeed(kMostSpeed);
    playback().play();
    QTRY_VERIFY_WITH_TIMEOUT(playback().now() > milliseconds(1), kPatience);
    QTest::keyClick(window_.get(), Qt::Key_S);
    QTRY_COMPARE_WITH_TIMEOUT(live()->state(), LiveRun::State::Stands, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(playback().now(), live()->now(), kPatience);
    QCOMPARE(engineTime(), live()->now());
  }

  void itIsPlayedBackAndGoesOnAtItsEnd() {
    begin();
    runTo(milliseconds(30));
    const VirtualTime stood = live()->now();
    playback().seek(milliseconds(10));
    QCOMPARE(playback().now(), milliseconds(10));
    QTest::keyClick(window_.get(), Qt::Key_Space, Qt::ShiftModifier);
    QTRY_COMPARE_WITH_TIMEOUT(playback().now(), VirtualTime(0), kPatience);
    QCOMPARE(engineTime(), stood);
    playback().setSpeed(5000);
    QTest::keyClick(window_.get(), Qt::Key_Space);
    QTRY_VERIFY_WITH_TIMEOUT(playback().now() > stood + milliseconds(1), kPatience);
  }

  void aStepAtTheEndMakesTheEngineStep() {
    begin();
    runTo(milliseconds(10));
    playback().seek(playback().end());
    const std::uint64_t at = playback().sequence();
    const VirtualTime now = playback().now();
    QTest::keyClick(window_.get(), Qt::Key_Period);
    QTRY_COMPARE_WITH_TIMEOUT(playback().sequence(), at + 1, kPatience);
    playback().seek(playback().end());
    QTest::keyClick(window_.get(), Qt::Key_M);
    QTRY_VERIFY_WITH_TIMEOUT(playback().now() >= now + milliseconds(1), kPatience);
  }

  void itRunsUntilAnEventThatHasNotHappenedYet() {
    begin();
    QVERIFY(playback().reader().lastSequence() > 0);
    window_->findChild<QAction*>(QStringLiteral("until.swap-out"))->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(window_->run()->world().host().at(EventKind::SwapOut) == 1, kPatience);
    QVERIFY(!playback().searching());
    QTRY_COMPARE_WITH_TIMEOUT(live()->state(), LiveRun::State::Stands, kPatience);
    // The engine stopped in the quantum in which it happened.
    QVERIFY(live()->now() <= playback().now() + milliseconds(1));
  }

  void aSearchForWhatNeverHappensEndsWithTheRun() {
    begin();
    QSignalSpy noted(&playback(), &Playback::noted);
    window_->findChild<QAction*>(QStringLiteral("until.crash"))->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(noted.size(), 1, kPatience);
    QCOMPARE(live()->state(), LiveRun::State::Over);
    QCOMPARE(playback().end(), milliseconds(400));
    QVERIFY(!window_->link().whyNoChange().isEmpty());
  }

  void aLimitIsChangedInThePanelAndTakenBack() {
    begin();
    runTo(milliseconds(20));
    showChanges();
    auto* limit = window_->findChild<QLineEdit*>(QStringLiteral("changeLimit"));
    window_->findChild<QComboBox*>(QStringLiteral("changeVm"))->setCurrentIndex(0);
    QTRY_COMPARE_WITH_TIMEOUT(limit->text(), QStringLiteral("none"), kPatience);
    limit->setFocus();
    limit->selectAll();
    QTest::keyClicks(limit, QStringLiteral("4 MiB"));
    QTest::mouseClick(button("changeApplyVm"), Qt::LeftButton);
    auto* log = window_->findChild<QListWidget*>(QStringLiteral("changeLog"));
    QTRY_COMPARE_WITH_TIMEOUT(log->count(), 1, kPatience);
    QVERIFY2(log->item(0)->text().contains(QStringLiteral("web1: limit = \"4 MiB\"")), qPrintable(log->item(0)->text()));
    QVERIFY(log->item(0)->text().contains(QStringLiteral("was: none")));
    QCOMPARE(playback().sequence(), playback().reader().lastSequence());
    // The host takes it up with its next balance.
    runTo(live()->now() + milliseconds(5));
    QCOMPARE(window_->run()->world().vm(VmId(0)).limitPages, std::uint64_t{1024});
    QCOMPARE(eventTexts(playback().path(), EventKind::Change).size(), 1);
    QTest::mouseClick(button("changeUndo"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(log->count(), 2, kPatience);
    runTo(live()->now() + milliseconds(5));
    QCOMPARE(window_->run()->world().vm(VmId(0)).limitPages, kNoLimit);
  }

  void whatTheEngineRefusesIsSaidWhereItWasAsked() {
    begin();
    showChanges();
    auto* reservation = window_->findChild<QLineEdit*>(QStringLiteral("changeReservation"));
    QTRY_COMPARE_WITH_TIMEOUT(reservation->text(), QStringLiteral("0 MiB"), kPatience);
    reservation->setText(QStringLiteral("7 parsecs"));
    QTest::mouseClick(button("changeApplyVm"), Qt::LeftButton);
    auto* trouble = window_->findChild<QLabel*>(QStringLiteral("changeTrouble"));
    QTRY_VERIFY_WITH_TIMEOUT(trouble->isVisible(), kPatience);
    QVERIFY2(trouble->text().contains(QStringLiteral("parsecs")), qPrintable(trouble->text()));
    QCOMPARE(window_->findChild<QListWidget*>(QStringLiteral("changeLog"))->count(), 0);
  }

  void aVmIsPoweredOffAndTheHostsOptionChanged() {
    begin();
    runTo(milliseconds(10));
    showChanges();
    QTRY_VERIFY_WITH_TIMEOUT(button("changePowerOff")->isEnabled(), kPatience);
    QTest::mouseClick(button("changePowerOff"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!window_->run()->world().vm(VmId(0)).poweredOn, kPatience);
    auto* option = window_->findChild<QComboBox*>(QStringLiteral("changeOption"));
    QTRY_COMPARE_WITH_TIMEOUT(option->currentText(), QStringLiteral("IdleTax"), kPatience);
    auto* value = window_->findChild<QLineEdit*>(QStringLiteral("changeOptionValue"));
    QTRY_COMPARE_WITH_TIMEOUT(value->text(), QStringLiteral("75"), kPatience);
    value->setText(QStringLiteral("0"));
    QTest::mouseClick(button("changeApplyHost"), Qt::LeftButton);
    auto* log = window_->findChild<QListWidget*>(QStringLiteral("changeLog"));
    QTRY_COMPARE_WITH_TIMEOUT(log->count(), 2, kPatience);
    QVERIFY2(log->item(1)->text().contains(QStringLiteral("IdleTax = 0")), qPrintable(log->item(1)->text()));
  }

  void aClickOnAGateLocksItAndAnotherUnlocksIt() {
    begin();
    runTo(milliseconds(10));
    auto* gates = window_->findChild<GateStrip*>();
    const auto locked = [&](const char* option) {
      return eventTexts(playback().path(), EventKind::SettingChange).contains(QLatin1String(option));
    };
    QTest::mouseClick(gates, Qt::LeftButton, {}, gates->rectOf(Gate::Swap).center());
    QTRY_VERIFY_WITH_TIMEOUT(locked("GateSwap = 0"), kPatience);
    const auto state = [&] { return gates->table().index(4, 1).data().toString(); };
    QTRY_COMPARE_WITH_TIMEOUT(state(), QStringLiteral("locked shut"), kPatience);
    QTest::mouseClick(gates, Qt::LeftButton, {}, gates->rectOf(Gate::Swap).center());
    QTRY_VERIFY_WITH_TIMEOUT(locked("GateSwap = 1"), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(state() != QStringLiteral("locked shut"), kPatience);
    QCOMPARE(live()->changes().size(), std::size_t{2});
    // In the past a click shows what went through.
    playback().seek(milliseconds(5));
    QTest::mouseClick(gates, Qt::LeftButton, {}, gates->rectOf(Gate::Swap).center());
    QVERIFY(window_->panel(QStringLiteral("events"))->isVisible());
  }

  void fromAPastInstantItGoesOnInAnotherWay() {
    begin();
    runTo(milliseconds(60));
    const QString first = live()->trace();
    playback().seek(milliseconds(30));
    QVERIFY(!window_->link().whyNoChange().isEmpty());
    window_->findChild<QAction*>(QStringLiteral("branch"))->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(live() != nullptr && live()->trace() != first, kPatience);
    QCOMPARE(playback().now(), milliseconds(30));
    QCOMPARE(live()->now(), milliseconds(30));
    QVERIFY(!playback().playing());
    QVERIFY(window_->link().whyNoChange().isEmpty());
    QVERIFY(window_->windowTitle().contains(QStringLiteral("from 0.030 s")));
    // Up to there both runs are the same.
    const auto before = TraceReader::open(first.toStdString());
    VERIFY_OK(before);
    const std::uint64_t sequence = *before->lastSequenceAt(milliseconds(29));
    QVERIFY(sequence > 0);
    QCOMPARE(*before->event(sequence), *playback().reader().event(sequence));
    // The one that was left has its end.
    const auto complete = [&] {
      const auto reader = TraceReader::open(first.toStdString());
      return reader && reader->end() == TraceEnd::Complete;
    };
    QTRY_VERIFY_WITH_TIMEOUT(complete(), kPatience);
    window_->showPanel(QStringLiteral("branches"));
    const auto& all = window_->link().branches().all();
    QCOMPARE(all.back().parent, first);
    QCOMPARE(all.back().from, milliseconds(30));
    const BranchList again = BranchList::fromStored(window_->link().branches().stored());
    QCOMPARE(again.all(), all);
    // And it can be opened again, no longer than it was.
    VERIFY_OK(window_->openTrace(first.toStdString()));
    QVERIFY(live() == nullptr);
    QVERIFY(playback().end() < milliseconds(80));
    QCOMPARE(text("engineState"), QStringLiteral("recorded"));
  }

  void whatIsBeingBegunCanBeGivenUp() {
    begin();
    runTo(milliseconds(60));
    const QString first = live()->trace();
    QSignalSpy ended(&window_->link(), &EngineLink::preparingEnded), begun(&window_->link(), &EngineLink::begun);
    window_->link().beginBranch(first, QStringLiteral("Live"), milliseconds(50));
    auto* strip = window_->findChild<QWidget*>(QStringLiteral("beginStrip"));
    QVERIFY(strip->isVisible());
    QTest::mouseClick(button("beginCancel"), Qt::LeftButton);
    QCOMPARE(ended.size(), 1);
    QVERIFY(!strip->isVisible());
    QVERIFY(!window_->link().beginning());
    QVERIFY(begun.isEmpty());
    QCOMPARE(live()->trace(), first);
    playback().play();
    QTRY_VERIFY_WITH_TIMEOUT(playback().now() > milliseconds(61), kPatience);
  }

  void pagesShowTheirBytesNowAndInThePast() {
    begin();
    runTo(milliseconds(40));
    playback().seek(playback().end());
    window_->showPanel(QStringLiteral("inspector"));
    tabs()->setCurrentIndex(1);
    const VmId vm(0);
    std::uint64_t gfn = 0;
    while (window_->run()->world().page(vm, Gfn(gfn)).place != PagePlace::Private) ++gfn;
    window_->run()->selection().selectPage(vm, Gfn(gfn));
    auto* bytes = window_->findChild<QPlainTextEdit*>(QStringLiteral("contentsText"));
    QTRY_VERIFY_WITH_TIMEOUT(!bytes->toPlainText().isEmpty(), kPatience);
    const QString now = bytes->toPlainText();
    QVERIFY(now.startsWith(QStringLiteral("0000  ")));
    const VirtualTime then = playback().now();
    runTo(then + milliseconds(40));
    // The same instant again, which is past now: a second engine looks.
    playback().seek(then - nanoseconds(1));
    auto* look = button("contentsLook");
    QTRY_VERIFY_WITH_TIMEOUT(look->isVisible(), kPatience);
    QVERIFY(bytes->toPlainText().isEmpty());
    QTest::mouseClick(look, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(bytes->toPlainText(), now, kPatience);
    QVERIFY(!look->isVisible());
    QVERIFY(!window_->findChild<QWidget*>(QStringLiteral("pastRow"))->isVisible());
    // It stands there: another page takes no execution.
    window_->run()->selection().selectPage(vm, Gfn(gfn + 1));
    QVERIFY(!look->isVisible());
  }

  void theWalkIsSteppedThrough() {
    beginAWalk();
    auto* address = window_->findChild<QLineEdit*>(QStringLiteral("walkAddress"));
    QCOMPARE(address->text(), QStringLiteral("0x10000000000"));
    QTest::mouseClick(button("walkAsk"), Qt::LeftButton);
    auto* view = window_->findChild<WalkView*>();
    QTRY_VERIFY_WITH_TIMEOUT(view->steps() > 0, kPatience);
    QCOMPARE(view->steps(), view->walk().mapped() ? 24 : view->steps());
    QCOMPARE(view->table().rowCount(), view->steps());
    auto* words = window_->findChild<QLabel*>(QStringLiteral("walkWords"));
    QVERIFY(words->text().contains(QStringLiteral("memory references")));
    QVERIFY(window_->findChild<QPlainTextEdit*>(QStringLiteral("walkText"))->toPlainText().contains(QStringLiteral("ends after")));
    QTest::mouseClick(button("walkFirst"), Qt::LeftButton);
    QCOMPARE(view->lit(), 1);
    QVERIFY2(words->text().startsWith(QStringLiteral("1 of ")), qPrintable(words->text()));
    QTest::mouseClick(button("walkNext"), Qt::LeftButton);
    QCOMPARE(view->lit(), 2);
    QTest::keyClick(view, Qt::Key_Left);
    QCOMPARE(view->lit(), 1);
    const WalkStep third = view->walk().steps[2];
    QTest::mouseClick(view, Qt::LeftButton, {}, view->cellRect(third.row, third.column).center());
    QCOMPARE(view->lit(), 3);
  }

  void aWalkOfThePastIsTheOneOfThatTime() {
    beginAWalk();
    auto* walk = window_->findChild<QPlainTextEdit*>(QStringLiteral("walkText"));
    QTest::mouseClick(button("walkAsk"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!walk->toPlainText().isEmpty(), kPatience);
    const QString now = walk->toPlainText();
    const VirtualTime then = playback().now();
    runTo(then + milliseconds(100));
    playback().seek(then - nanoseconds(1));
    QTest::mouseClick(button("walkAsk"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(walk->toPlainText(), now, kPatience);
  }

  void executingThePastCanBeCancelled() {
    openRecorded();
    // An engine that begins and does not come to an end.
    const QString engine =
        fakeEngine(folder_.filePath(QStringLiteral("endless")),
                   QStringLiteral("case $method in open) printf '%s\\n' '{\"id\":'$id',\"result\":{\"time\":0}}' ;; esac"));
    qputenv("OVERCOMMIT_ENGINE", engine.toUtf8());
    lookIntoAPage();
    auto* row = window_->findChild<QWidget*>(QStringLiteral("pastRow"));
    QTRY_VERIFY_WITH_TIMEOUT(row->isVisible(), kPatience);
    QTest::mouseClick(button("pastCancel"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!row->isVisible(), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(button("contentsLook")->isVisible(), kPatience);
    QCOMPARE(text("contentsAbout"), QStringLiteral("Given up."));
  }

  void aRecordedTraceIsWholeWithoutAnEngineButForContents() {
    openRecorded();
    qputenv("OVERCOMMIT_ENGINE", "/nowhere/overcommit");
    playback().seek(playback().end());
    QVERIFY(!window_->findChild<QLabel*>(QStringLiteral("banner"))->isVisible());
    lookIntoAPage();
    QTRY_VERIFY_WITH_TIMEOUT(text("contentsAbout").contains(QStringLiteral("/nowhere/overcommit, which is no program")), kPatience);
    window_->findChild<QAction*>(QStringLiteral("branch"))->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(window_->findChild<QLabel*>(QStringLiteral("banner"))->isVisible(), kPatience);
    QVERIFY(window_->run() != nullptr);
  }

  void aLiveRunThatWasOpenIsOpenAgainAndGoesOn() {
    begin();
    runTo(milliseconds(60));
    playback().seek(milliseconds(30));
    const StoredSession session = window_->session();
    QCOMPARE(session.at, milliseconds(30));
    window_.reset();  // its engine ends, and completes the trace
    window_ = std::make_unique<MainWindow>(*theme_, *options_);
    window_->restore(session);
    window_->show();
    VERIFY_OK(window_->openTrace(session.trace.toStdString()));
    playback().seek(session.at);
    QVERIFY(playback().end() >= milliseconds(60));
    QVERIFY(live() == nullptr);
    window_->findChild<QAction*>(QStringLiteral("branch"))->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(live() != nullptr, kPatience);
    QCOMPARE(live()->now(), milliseconds(30));
    QTRY_COMPARE_WITH_TIMEOUT(live()->state(), LiveRun::State::Stands, kPatience);
    runTo(milliseconds(70));
  }

  void theScenarioThatIsSavedGivesTheSameRun() {
    begin();
    runTo(milliseconds(20));
    showChanges();
    window_->findChild<QComboBox*>(QStringLiteral("changeVm"))->setCurrentIndex(0);
    auto* limit = window_->findChild<QLineEdit*>(QStringLiteral("changeLimit"));
    QTRY_COMPARE_WITH_TIMEOUT(limit->text(), QStringLiteral("none"), kPatience);
    limit->setText(QStringLiteral("4 MiB"));
    QTest::mouseClick(button("changeApplyVm"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(window_->findChild<QListWidget*>(QStringLiteral("changeLog"))->count(), 1, kPatience);
    const QString saved = folder_.filePath(QStringLiteral("saved.toml"));
    QTimer fill;
    fill.setInterval(20);
    connect(&fill, &QTimer::timeout, this, [&] {
      auto* dialog = window_->findChild<QFileDialog*>();
      if (dialog == nullptr || !dialog->isVisible()) return;
      fill.stop();
      dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"))->setText(saved);
      QMetaObject::invokeMethod(dialog, "accept");
    });
    fill.start();
    window_->findChild<QAction*>(QStringLiteral("saveScenario"))->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(saved), kPatience);
    live()->advanceTo(milliseconds(400));
    QTRY_COMPARE_WITH_TIMEOUT(live()->state(), LiveRun::State::Over, kPatience);
    const auto digestOf = [](const std::filesystem::path& trace) {
      const auto reader = TraceReader::open(trace);
      return reader && reader->digest() ? QString::fromStdString(reader->digest()->text()) : QString();
    };
    QProcess again;
    const QString trace = folder_.filePath(QStringLiteral("saved.octrace"));
    again.start(QStringLiteral(OVERCOMMIT_BINARY_DIR "/overcommit"),
                {QStringLiteral("run"), saved, QStringLiteral("--trace"), trace, QStringLiteral("--quiet")});
    QVERIFY(again.waitForFinished(kPatience));
    QCOMPARE(again.exitCode(), 0);
    QVERIFY(!digestOf(trace.toStdString()).isEmpty());
    QCOMPARE(live()->digest(), digestOf(trace.toStdString()));
    auto* digest = window_->findChild<QToolButton*>(QStringLiteral("digest"));
    QVERIFY(digest->isVisible());
    QTest::mouseClick(digest, Qt::LeftButton);
    QCOMPARE(QGuiApplication::clipboard()->text(), live()->digest());
  }

  void anEngineThatIsKilledIsSaidSoAndTheRunStays() {
    begin();
    runTo(milliseconds(20));
    ::kill(static_cast<pid_t>(live()->processId()), SIGKILL);
    auto* banner = window_->findChild<QLabel*>(QStringLiteral("banner"));
    QTRY_VERIFY_WITH_TIMEOUT(banner->isVisible(), kPatience);
    QVERIFY2(banner->text().contains(QStringLiteral("killed")), qPrintable(banner->text()));
    QCOMPARE(text("engineState"), QStringLiteral("engine has gone"));
    playback().seek(milliseconds(10));
    QCOMPARE(playback().now(), milliseconds(10));
    QVERIFY(!window_->link().whyNoChange().isEmpty());
    // What was recorded is enough to go on from.
    const QString first = QString::fromStdString(playback().path().string());
    window_->findChild<QAction*>(QStringLiteral("branch"))->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(live() != nullptr && live()->trace() != first, kPatience);
    QCOMPARE(live()->now(), milliseconds(10));
  }

  void aMissingEngineIsSaidSo() {
    qputenv("OVERCOMMIT_ENGINE", "/nonexistent/overcommit");
    window_->openOrSay(scenario_);
    const auto* banner = window_->findChild<QLabel*>(QStringLiteral("banner"));
    QVERIFY(banner->isVisible());
    QVERIFY2(banner->text().contains(QStringLiteral("/nonexistent/overcommit")), qPrintable(banner->text()));
    QVERIFY(window_->run() == nullptr);
  }

  void aMistakeOfAScenarioHasItsLineAndColumn() {
    const QString wrong = folder_.filePath(QStringLiteral("wrong.toml"));
    QFile file(wrong);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("title = \"x\"\nduration = \"1s\"\n[host]\nmemery = \"20 MiB\"\n");
    file.close();
    window_->openOrSay(wrong);
    const auto* banner = window_->findChild<QLabel*>(QStringLiteral("banner"));
    QTRY_VERIFY_WITH_TIMEOUT(banner->isVisible(), kPatience);
    QVERIFY2(banner->text().contains(QStringLiteral("line 4")), qPrintable(banner->text()));
    QVERIFY(banner->text().contains(QStringLiteral("memery")));
    QVERIFY(window_->run() == nullptr);
    QVERIFY(!window_->findChild<QWidget*>(QStringLiteral("beginStrip"))->isVisible());
  }

  void aTraceThatCannotBeWrittenStopsTimeAndIsSaidSo() {
    beginFake(QStringLiteral("'{\"method\":\"trace_failed\",\"params\":{\"message\":\"no space left on device\"}}'"));
    const auto* banner = window_->findChild<QLabel*>(QStringLiteral("banner"));
    QTRY_VERIFY_WITH_TIMEOUT(banner->text().contains(QStringLiteral("no space left on device")), kPatience);
    QVERIFY(banner->isVisible());
    QVERIFY(window_->run() != nullptr);
  }

  void timeStopsWhereAnInvariantBroke() {
    beginFake(
        QStringLiteral("'{\"method\":\"broken\",\"params\":{\"message\":\"frames are conserved\",\"file\":\"pager.cpp\",\"line\":7,"
                       "\"time\":3000000,\"sequence\":900}}'"));
    const auto* banner = window_->findChild<QLabel*>(QStringLiteral("banner"));
    QTRY_VERIFY_WITH_TIMEOUT(banner->text().contains(QStringLiteral("frames are conserved")), kPatience);
    QVERIFY(!playback().playing());
    QCOMPARE(playback().sequence(), std::uint64_t{900});
    QCOMPARE(text("engineState"), QStringLiteral("engine: invariant broken"));
    QVERIFY(!window_->link().whyNoChange().isEmpty());
  }

  void everyLiveControlHasANameAndAKey() {
    begin();
    for (const char* id : {"change", "branches", "inspector"}) QVERIFY(window_->showPanel(QString::fromLatin1(id)));
    for (const char* id : {"change", "branches", "inspector"}) {
      for (const QWidget* widget : window_->panel(QString::fromLatin1(id))->findChildren<QWidget*>()) {
        const bool control =
            qobject_cast<const QAbstractButton*>(widget) != nullptr || qobject_cast<const QComboBox*>(widget) != nullptr ||
            qobject_cast<const QLineEdit*>(widget) != nullptr || qobject_cast<const QAbstractSpinBox*>(widget) != nullptr ||
            qobject_cast<const QAbstractItemView*>(widget) != nullptr || qobject_cast<const QPlainTextEdit*>(widget) != nullptr;
        if (!control || widget->objectName().startsWith(QStringLiteral("qt_")) || widget->inherits("QHeaderView") ||
            widget->inherits("QTabBar") || widget->parent()->inherits("QComboBoxPrivateContainer") || widget->parent()->inherits("QTabBar"))
          continue;
        QVERIFY2(!widget->accessibleName().isEmpty(),
                 qPrintable(QStringLiteral("%1 %2").arg(QString::fromLatin1(widget->metaObject()->className()), widget->objectName())));
        QVERIFY2(widget->focusPolicy() != Qt::NoFocus || !widget->isEnabled(), qPrintable(widget->objectName()));
      }
    }
  }

  void everyShippedScenarioIsListedWithItsTitle() {
    const auto entries = scenariosIn(QStringLiteral(OVERCOMMIT_SOURCE_DIR "/labs/scenarios"));
    QVERIFY(entries.size() > 20);
    for (const ScenarioEntry& entry : entries) {
      QVERIFY2(!entry.title.isEmpty() && !entry.title.endsWith(QStringLiteral(".toml")), qPrintable(entry.path));
      QVERIFY(!entry.topic.isEmpty());
    }
    QCOMPARE(entries.front().title, QStringLiteral("Four web servers on a host for two"));
    // A topic's scenarios stand together.
    QStringList topics;
    for (const ScenarioEntry& entry : entries) {
      if (topics.isEmpty() || topics.last() != entry.topic) topics << entry.topic;
    }
    QStringList once = topics;
    once.removeDuplicates();
    QCOMPARE(topics, once);
  }

  void aVintageIsWrittenIntoTheHost() {
    const QString changed = withProfile(QStringLiteral("[host]\nmemory = \"1 MiB\"\n"), QStringLiteral("esx3"));
    QCOMPARE(changed, QStringLiteral("[host]\nprofile = \"esx3\"\nmemory = \"1 MiB\"\n"));
    QCOMPARE(withProfile(changed, QStringLiteral("esx6")), changed);
  }

  void bytesAreShownInHexadecimalAndText() {
    QByteArray bytes(48, '\0');
    bytes.replace(0, 4,
                  "\x7f"
                  "ELF");
    QCOMPARE(byteText(bytes, 16), QStringLiteral("0000   7f 45 4c 46 00 00 00 00  00 00 00 00 00 00 00 00  .ELF............\n"
                                                 "0010   00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  ................\n"
                                                 "*     the same once more"));
    QCOMPARE(byteText("ab", 8), QStringLiteral("0000  61 62                    ab"));
  }

  void aScenariosOwnLockIsKnown() {
    TraceHeader header = smallHeader();
    const History history(header.vms.size(), milliseconds(1));
    const auto lock = [&](const char* text) {
      header.scenario = text;
      return lockOf(Gate::Swap, header, history, 1);
    };
    QCOMPARE(lock("[host]\noptions = { GateSwap = 0 }\n"), GateLock::Locked);
    QCOMPARE(lock("[host.options]\nGateSwap = 0\n"), GateLock::Locked);
    QCOMPARE(lock("[host.options]\nGateSwap = 1\n"), GateLock::Unlocked);
    QCOMPARE(lock("[host]\n# GateSwap = 0\n"), GateLock::Unlocked);
    QCOMPARE(lock("[host]\nmemory = \"1 MiB\"\n[[at]]\nhost = true\nset = { GateSwap = 0 }\n"), GateLock::Unlocked);
  }

 private:
  Playback& playback() { return window_->run()->playback(); }
  LiveRun* live() { return window_->link().live(); }
  QPushButton* button(const char* name) { return window_->findChild<QPushButton*>(QString::fromLatin1(name)); }
  QString text(const char* name) { return window_->findChild<QLabel*>(QString::fromLatin1(name))->text(); }
  QTabWidget* tabs() { return window_->findChild<QTabWidget*>(QStringLiteral("inspectorTabs")); }

  // The run stands at its beginning.
  void begin() {
    window_->openOrSay(scenario_);
    QTRY_VERIFY_WITH_TIMEOUT(window_->run() != nullptr, kPatience);
    playback().stop();
    QTRY_COMPARE_WITH_TIMEOUT(live()->state(), LiveRun::State::Stands, kPatience);
  }
  void runTo(VirtualTime time) {
    live()->advanceTo(time);
    QTRY_VERIFY_WITH_TIMEOUT(live()->state() == LiveRun::State::Stands && live()->now() >= time, kPatience);
    playback().seek(playback().end());
  }
  void showChanges() {
    QVERIFY(window_->showPanel(QStringLiteral("change")));
    QTRY_VERIFY_WITH_TIMEOUT(button("changeApplyVm")->isEnabled(), kPatience);
  }
  // The inspector stands at the page Walk, for the first VM.
  void beginAWalk() {
    begin();
    runTo(milliseconds(40));
    playback().seek(playback().end());
    window_->showPanel(QStringLiteral("inspector"));
    tabs()->setCurrentIndex(2);
    window_->run()->selection().selectVm(VmId(0));
  }
  void openRecorded() {
    const QString trace = folder_.filePath(QStringLiteral("recorded.octrace"));
    trace_.write(trace.toStdString(), true);
    VERIFY_OK(window_->openTrace(trace.toStdString()));
  }
  // The bytes of a page at the instant on the screen are asked for.
  void lookIntoAPage() {
    window_->showPanel(QStringLiteral("inspector"));
    tabs()->setCurrentIndex(1);
    window_->run()->selection().selectPage(VmId(0), Gfn(1));
    QTRY_VERIFY_WITH_TIMEOUT(button("contentsLook")->isVisible(), kPatience);
    QTest::mouseClick(button("contentsLook"), Qt::LeftButton);
  }
  VirtualTime engineTime() {
    std::optional<VirtualTime> time;
    live()->ask(QStringLiteral("status"), {}, [&](const EngineAnswer& answer) {
      time = VirtualTime(static_cast<std::uint64_t>((*answer)[QStringLiteral("time")].toDouble()));
    });
    [&] { QTRY_VERIFY_WITH_TIMEOUT(time.has_value(), kPatience); }();
    return time.value_or(VirtualTime(0));
  }
  // An engine whose trace is recorded already, and which says something when it is to go on.
  void beginFake(const QString& says) {
    trace_.write(folder_.filePath(QStringLiteral("ready.octrace")).toStdString(), false, 900);
    const QString engine =
        fakeEngine(folder_.filePath(QStringLiteral("fake")),
                   QStringLiteral("case $method in open) cp %1 \"$trace\"; printf '%s\\n' '{\"id\":'$id',\"result\":{\"time\":0}}' ;; "
                                  "advance) printf '%s\\n' '{\"id\":'$id',\"result\":{\"run\":1}}' %2 ;; quit) exit 0 ;; esac")
                       .arg(folder_.filePath(QStringLiteral("ready.octrace")), says));
    qputenv("OVERCOMMIT_ENGINE", engine.toUtf8());
    window_->openOrSay(scenario_);
    QTRY_VERIFY_WITH_TIMEOUT(window_->run() != nullptr, kPatience);
  }

  QTemporaryDir folder_;
  QString scenario_;
  RecordedTrace trace_;
  std::unique_ptr<Theme> theme_;
  std::unique_ptr<ViewOptions> options_;
  std::unique_ptr<MainWindow> window_;
};

OVERCOMMIT_TEST(LiveTest)
#include "live_test.moc"
