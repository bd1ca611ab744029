// SPDX-License-Identifier: GPL-2.0-or-later
// The window as a person uses it: by keys and mouse.
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QProcess>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTableView>
#include <QTimer>
#include <QToolButton>
#include <cmath>

#include "gui/app/main_window.h"
#include "gui/app/options.h"
#include "gui/models/event_log_model.h"
#include "gui/session/page_events.h"
#include "gui/session/text.h"
#include "gui/support/recorded_trace.h"
#include "gui/views/chart_view.h"
#include "gui/views/gate_strip.h"
#include "gui/views/guest_floor.h"
#include "gui/views/machine_floor.h"
#include "gui/views/picture.h"
#include "gui/views/start_page.h"
#include "gui/views/timeline_view.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::gui;
using namespace overcommit::test;

class WindowTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() {
    theme_ = std::make_unique<Theme>();
    options_ = std::make_unique<ViewOptions>();
    window_ = std::make_unique<MainWindow>(*theme_, *options_);
    window_->resize(1280, 900);
    window_->show();
    VERIFY_OK(window_->openTrace(trace_.path()));
    window_->run()->waitForHistory();
  }
  void cleanup() { window_.reset(); }

  void spaceStartsAndStops() {
    QTest::keyClick(window_.get(), Qt::Key_Space);
    QVERIFY(playback().playing());
    QTest::keyClick(window_.get(), Qt::Key_Space);
    QVERIFY(!playback().playing());
  }

  void keysStepAndJump() {
    QTest::keyClick(window_.get(), Qt::Key_End);
    QCOMPARE(playback().sequence(), std::uint64_t{trace_.events().size()});
    QTest::keyClick(window_.get(), Qt::Key_Comma);
    QCOMPARE(playback().sequence(), std::uint64_t{trace_.events().size() - 1});
    QTest::keyClick(window_.get(), Qt::Key_Period);
    QCOMPARE(playback().sequence(), std::uint64_t{trace_.events().size()});
    QTest::keyClick(window_.get(), Qt::Key_Home);
    QCOMPARE(playback().now(), VirtualTime(0));
  }

  void aRunGoesOnUntilSomethingHappensToWhatIsSelected() {
    const auto& events = trace_.events();
    playback().seekEvent(0);
    QTest::keyClick(window_.get(), Qt::Key_G);  // nothing is selected
    QCOMPARE(playback().sequence(), std::uint64_t{0});
    const Event& some = *std::ranges::find(events, EventKind::SwapOut, &Event::kind);
    window_->run()->selection().selectPage(some.vm, some.gfn);
    std::vector<std::uint64_t> ofPage;
    for (const Event& event : events) {
      if (happensTo(event, Subject{some.vm, some.gfn, std::nullopt})) ofPage.push_back(event.sequence);
    }
    QVERIFY(ofPage.size() > 1);
    for (const std::uint64_t sequence : ofPage) {
      QTest::keyClick(window_.get(), Qt::Key_G);
      QTRY_COMPARE(playback().sequence(), sequence);
    }
    QTest::keyClick(window_.get(), Qt::Key_G, Qt::ShiftModifier);
    QTRY_COMPARE(playback().sequence(), ofPage[ofPage.size() - 2]);
    playback().seekEvent(0);
    window_->findChild<QAction*>(QStringLiteral("until.swap-out"))->trigger();
    QTRY_COMPARE(playback().sequence(), some.sequence);
    const auto change = std::ranges::find(events, EventKind::FreeStateChange, &Event::kind);
    QVERIFY(change != events.end());
    playback().seekEvent(0);
    window_->findChild<QAction*>(QStringLiteral("untilState%1").arg(change->values[0]))->trigger();
    QTRY_COMPARE(playback().sequence(), change->sequence);
  }

  void theClockShowsTheInstant() {
    playback().seek(milliseconds(3));
    QCOMPARE(window_->findChild<QLabel*>(QStringLiteral("clock"))->text(), QStringLiteral("0.003 s"));
  }

  void aClickOnACellSelectsItsPage() {
    playback().seek(playback().end());
    auto& guests = window_->machineRoom().guests();
    const QRect cell = guests.rectOf(VmId(1), Gfn(17));
    QVERIFY(!cell.isEmpty());
    QTest::mouseClick(&guests, Qt::LeftButton, {}, cell.center());
    QCOMPARE(window_->run()->selection().subject().vm, std::optional(VmId(1)));
    QCOMPARE(window_->run()->selection().subject().gfn, std::optional(Gfn(17)));
    QTest::keyClick(&guests, Qt::Key_Right);
    QCOMPARE(window_->run()->selection().subject().gfn, std::optional(Gfn(18)));
    QTest::keyClick(&guests, Qt::Key_Escape);
    QVERIFY(!window_->run()->selection().subject().gfn);
  }

  void aDoubleClickGivesAVmTheFloorAndEscapeTakesIt() {
    auto& guests = window_->machineRoom().guests();
    QTest::mouseDClick(&guests, Qt::LeftButton, {}, guests.rectOf(VmId(2), Gfn(5)).center());
    QCOMPARE(guests.enlarged(), std::optional(VmId(2)));
    QVERIFY(guests.rectOf(VmId(0), Gfn(5)).isEmpty());
    QTest::keyClick(&guests, Qt::Key_Escape);
    QVERIFY(!guests.enlarged());
  }

  void aClickOnAFrameLeadsToItsPage() {
    playback().seek(playback().end());
    const WorldModel& world = window_->run()->world();
    std::uint64_t mfn = 0;
    while (world.frame(Mfn(mfn)).use != FrameUse::Private) ++mfn;
    auto& machine = window_->machineRoom().machine();
    QTest::mouseClick(&machine, Qt::LeftButton, {}, machine.rectOf(Mfn(mfn)).center());
    QCOMPARE(window_->run()->selection().subject().gfn, std::optional(world.frame(Mfn(mfn)).gfn));
  }

  void theInspectorTellsWhy() {
    playback().seek(playback().end());
    const Event* touch = nullptr;
    for (const Event& event : trace_.events()) {
      if (event.kind == EventKind::FirstTouch) touch = &event;
    }
    if (touch == nullptr) qFatal("the trace has no first touch");
    window_->showPanel(QStringLiteral("inspector"));
    window_->run()->selection().selectPage(touch->vm, touch->gfn);
    const auto* text = window_->findChild<QWidget*>(QStringLiteral("inspectorText"));
    QTRY_VERIFY(text->property("plainText").toString().contains(QStringLiteral("first-touch")));
  }

  void seatsHideWhatCannotBeKnownThere() {
    QTest::keyClick(window_.get(), Qt::Key_2);
    QCOMPARE(options_->seat(), Seat::GuestOs);
    QVERIFY(!window_->machineRoom().machine().isVisible());
    QTest::keyClick(window_.get(), Qt::Key_4);
    QVERIFY(window_->machineRoom().machine().isVisible());
  }

  void theTimelineScrubsAndSelectsARange() {
    auto* timeline = window_->findChild<TimelineView*>();
    const TimeAxis& axis = timeline->axis();
    const int x = axis.left() + axis.width() / 2;
    QTest::mousePress(timeline, Qt::LeftButton, {}, QPoint(x, 4));
    QCOMPARE(playback().now(), axis.timeAt(x));
    QTest::mouseMove(timeline, QPoint(x + 40, 4));
    QCOMPARE(playback().now(), axis.timeAt(x + 40));
    QTest::mouseRelease(timeline, Qt::LeftButton, {}, QPoint(x + 40, 4));
    const int y = timeline->plot().center().y();
    QTest::mousePress(timeline, Qt::LeftButton, {}, QPoint(x, y));
    QTest::mouseMove(timeline, QPoint(x + 60, y));
    QTest::mouseRelease(timeline, Qt::LeftButton, {}, QPoint(x + 60, y));
    QCOMPARE(window_->run()->selection().range(), std::optional(TimeRange{axis.timeAt(x), axis.timeAt(x + 60)}));
    QTest::keyClick(timeline, Qt::Key_Escape);
    QVERIFY(!window_->run()->selection().range());
    QTest::keyClick(timeline, Qt::Key_Left);
    QVERIFY(playback().now() < axis.timeAt(x + 40));
  }

  void theEventLogFollowsTheInstantAndItsRowsLeadThere() {
    window_->showPanel(QStringLiteral("events"));
    playback().seekEvent(1500);
    auto* table = window_->findChild<QTableView*>(QStringLiteral("eventTable"));
    QTRY_VERIFY(table->model()->rowCount() > 0);
    QTRY_COMPARE(table->currentIndex().siblingAtColumn(0).data(EventLogModel::kSequenceRole).toULongLong(), 1500ull);
    QCoreApplication::processEvents();
    table->scrollTo(table->currentIndex(), QAbstractItemView::PositionAtCenter);
    const QModelIndex other = table->model()->index(table->currentIndex().row() - 1, 0);
    QVERIFY2(table->viewport()->rect().contains(table->visualRect(other).center()), "the row before the current one can be seen");
    const QPoint at = table->visualRect(other).center();
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, at);
    QCOMPARE(table->currentIndex().row(), other.row());
    QTest::mouseDClick(table->viewport(), Qt::LeftButton, {}, at);
    QCOMPARE(playback().sequence(), std::uint64_t{1499});
  }

  void theEventLogFindsWhatIsSearchedFor() {
    window_->showPanel(QStringLiteral("events"));
    playback().seek(playback().end());
    auto* table = window_->findChild<QTableView*>(QStringLiteral("eventTable"));
    auto* search = window_->findChild<QLineEdit*>(QStringLiteral("eventSearch"));
    search->setFocus();
    QTest::keyClicks(search, QStringLiteral("swap-out"));
    std::size_t expected = 0;
    for (const Event& event : trace_.events()) expected += event.kind == EventKind::SwapOut ? 1 : 0;
    QVERIFY(expected > 0);
    QTRY_COMPARE(table->model()->rowCount(), static_cast<int>(expected));
  }

  void everyControlHasANameAndEveryPictureATable() {
    for (const PanelEntry& entry : panelTable()) {
      QVERIFY(window_->showPanel(entry.id));
      QCoreApplication::processEvents();
    }
    for (const QWidget* widget : window_->findChildren<QWidget*>()) {
      const bool control = qobject_cast<const QComboBox*>(widget) != nullptr || qobject_cast<const QLineEdit*>(widget) != nullptr ||
                           qobject_cast<const QAbstractItemView*>(widget) != nullptr || qobject_cast<const Picture*>(widget) != nullptr;
      if (!control || widget->objectName().startsWith(QStringLiteral("qt_")) || widget->parent()->inherits("QComboBoxPrivateContainer"))
        continue;
      if (widget->parent()->inherits("QComboBox") || widget->inherits("QTableCornerButton") || widget->inherits("QHeaderView")) continue;
      QVERIFY2(!widget->accessibleName().isEmpty(),
               qPrintable(QStringLiteral("%1 %2").arg(QString::fromLatin1(widget->metaObject()->className()), widget->objectName())));
    }
    for (const Actions::Entry& entry : window_->actions().all()) QVERIFY(!entry.action->text().isEmpty());
    for (Picture* picture : window_->findChildren<Picture*>()) {
      QVERIFY2(picture->table().rowCount() > 0, qPrintable(picture->objectName()));
      QVERIFY(picture->focusPolicy() != Qt::NoFocus);
    }
  }

  // Its name is how help finds its section.
  void everyPanelHasItsSectionInTheManual() {
    QFile page(QStringLiteral(OVERCOMMIT_SOURCE_DIR "/docs/reference/app.md"));
    QVERIFY(page.open(QIODevice::ReadOnly));
    const QString text = QString::fromUtf8(page.readAll());
    QVERIFY(text.contains(QStringLiteral("\n## %1\n").arg(window_->machineRoom().accessibleName())));
    for (const PanelEntry& entry : panelTable()) {
      const QString name = window_->panel(entry.id)->accessibleName();
      QCOMPARE(entry.title, name);
      QVERIFY2(text.contains(QStringLiteral("\n## %1\n").arg(name)), qPrintable(name));
    }
  }

  void aClickOnAGateShowsItsEvents() {
    playback().seek(playback().end());
    auto* gates = window_->findChild<GateStrip*>();
    QTest::mouseClick(gates, Qt::LeftButton, {}, gates->rectOf(Gate::Swap).center());
    auto* table = window_->findChild<QTableView*>(QStringLiteral("eventTable"));
    QVERIFY(table->isVisible());
    const auto onlySwaps = [&] {
      if (table->model()->rowCount() == 0) return false;
      for (int row = 0; row < table->model()->rowCount(); ++row) {
        if (!table->model()->index(row, EventLogModel::Kind).data().toString().startsWith(QStringLiteral("swap-"))) return false;
      }
      return true;
    };
    QTRY_VERIFY(onlySwaps());
  }

  void everyFigureOfTheMachineRoomHasItsMetricAndLeadsToItsEvents() {
    playback().seek(playback().end());
    MachineRoom& room = window_->machineRoom();
    auto* gates = window_->findChild<GateStrip*>();
    for (const Seat seat : kSeats) {
      options_->setSeat(seat);
      QCoreApplication::processEvents();
      for (const Picture* picture : std::initializer_list<const Picture*>{&room.guests(), &room.machine(), gates}) {
        if (!picture->isVisible()) continue;
        QVERIFY(!picture->figures().empty());
        for (const Figure& figure : picture->figures()) {
          QVERIFY2(!figure.metric.isEmpty() && figure.kinds.any(), qPrintable(figure.metric));
          QVERIFY2(figure.rect.isEmpty() || picture->rect().contains(figure.rect.center()), qPrintable(figure.metric));
        }
      }
    }
    options_->setSeat(Seat::AllKnowing);
    QCoreApplication::processEvents();
    auto* table = window_->findChild<QTableView*>(QStringLiteral("eventTable"));
    for (const Figure& figure : room.guests().figures()) {
      if (figure.metric != QStringLiteral("vm.%1.swapped").arg(qstring(window_->run()->world().name(VmId(1)))) || figure.rect.isEmpty())
        continue;
      QTest::mouseClick(&room.guests(), Qt::LeftButton, {}, figure.rect.center());
      QVERIFY(table->isVisible());
      QTRY_COMPARE(otherEventThan({QStringLiteral("swap-out"), QStringLiteral("swap-in")}), QString());
      QCOMPARE(window_->run()->selection().subject().vm, std::optional(VmId(1)));
    }
    for (const Figure& figure : room.machine().figures()) {
      if (figure.rect.isEmpty()) continue;
      QTest::mouseClick(&room.machine(), Qt::LeftButton, {}, figure.rect.center());
      QTRY_COMPARE(otherEventThan(namesOf(figure.kinds)), QString());
    }
  }

  void aCounterOfEsxtopLeadsToItsEvents() {
    window_->showPanel(QStringLiteral("esxtop"));
    playback().seek(playback().end());
    window_->run()->waitForAnswers();
    auto* counters = window_->findChild<QTableView*>(QStringLiteral("esxtopTable"));
    int swcur = 1;
    while (counters->model()->headerData(swcur, Qt::Horizontal).toString() != QStringLiteral("SWCUR")) ++swcur;
    counters->setFocus();
    counters->setCurrentIndex(counters->model()->index(1, swcur));
    QTest::keyClick(counters, Qt::Key_Return);
    auto* table = window_->findChild<QTableView*>(QStringLiteral("eventTable"));
    QVERIFY(table->isVisible());
    QTRY_COMPARE(otherEventThan({QStringLiteral("swap-out"), QStringLiteral("swap-in"), QStringLiteral("reclaim-target")}), QString());
  }

  void fromAGuestsSeatTheStatusTellsNothingOfTheHost() {
    auto* laws = window_->findChild<QLabel*>(QStringLiteral("laws"));
    QVERIFY(laws->text().contains(QStringLiteral("frames =")));
    options_->setSeat(Seat::GuestOs);
    QVERIFY2(!laws->text().contains(QRegularExpression(QStringLiteral("[0-9]"))), qPrintable(laws->text()));
    options_->setSeat(Seat::AllKnowing);
  }

  void theEsxtopTableHasTheRealNamesAndTheWorldsFigures() {
    window_->showPanel(QStringLiteral("esxtop"));
    playback().seek(playback().end());
    window_->run()->waitForAnswers();
    auto* table = window_->findChild<QTableView*>(QStringLiteral("esxtopTable"));
    int swcur = -1;
    for (int column = 0; column < table->model()->columnCount(); ++column) {
      if (table->model()->headerData(column, Qt::Horizontal).toString() == QStringLiteral("SWCUR")) swcur = column;
    }
    QVERIFY(swcur > 0);
    const WorldVm& vm = window_->run()->world().vm(VmId(1));
    const QString expected =
        vm.poweredOn ? QString::number(static_cast<double>(vm.at(PagePlace::Swapped)) / 256.0, 'f', 2) : QStringLiteral("-");
    QTRY_COMPARE(table->model()->index(1, swcur).data().toString(), expected);
  }

  void chartsDrawWhatIsTicked() {
    window_->showPanel(QStringLiteral("charts"));
    auto* list = window_->findChild<QListWidget*>(QStringLiteral("chartSeries"));
    auto* view = window_->findChild<ChartView*>(QStringLiteral("chartView"));
    const int before = view->table().columnCount();
    QListWidgetItem* item = list->findItems(QStringLiteral("shared"), Qt::MatchExactly).value(0);
    QVERIFY(item != nullptr);
    list->setCurrentItem(item);
    list->setFocus();
    QTest::keyClick(list, Qt::Key_Space);
    QCOMPARE(view->table().columnCount(), before + 1);
    const History& history = window_->run()->history();
    const int row = view->table().rowCount() - 1;
    QCOMPARE(view->table().index(row, view->table().columnCount() - 1).data().toDouble(),
             std::round(history.host(static_cast<std::size_t>(row)).at(FrameUse::Shared) / 256.0 * 1000) / 1000);
  }

  void theConsoleShowsWhatWasPrinted() {
    window_->showPanel(QStringLiteral("console"));
    playback().seek(playback().end());
    const Event* line = nullptr;
    for (const Event& event : trace_.events()) {
      if (event.kind == EventKind::Console && !event.text.empty()) line = &event;
    }
    if (line == nullptr) qFatal("nothing was printed in the trace");
    auto* text = window_->findChild<QPlainTextEdit*>(QStringLiteral("consoleText"));
    QTRY_VERIFY(text->toPlainText().contains(QString::fromStdString(line->text)));
  }

  void theStartPageIsFirstAndComesBack() {
    auto* start = window_->findChild<StartPage*>();
    QVERIFY(!start->isVisible());
    window_->actions().find(QStringLiteral("start"))->trigger();
    QVERIFY(start->isVisible());
    QVERIFY(window_->run() == nullptr);
    QVERIFY(!window_->panel(QStringLiteral("timeline"))->isVisible());
    auto* recent = window_->findChild<QListWidget*>(QStringLiteral("recentList"));
    QCOMPARE(recent->count(), 1);
    QTest::mouseClick(recent->viewport(), Qt::LeftButton, {}, recent->visualItemRect(recent->item(0)).center());
    QVERIFY(window_->run() != nullptr);
    QVERIFY(window_->panel(QStringLiteral("timeline"))->isVisible());
  }

  void aSessionIsRemembered() {
    theme_->setZoom(120);
    options_->setSeat(Seat::Hypervisor);
    playback().setSpeed(5000);
    playback().seek(milliseconds(7));
    saveSession(window_->session());
    const StoredSession stored = loadSession();
    QCOMPARE(stored.view.zoom, 120);
    QCOMPARE(stored.view.seat, Seat::Hypervisor);
    QCOMPARE(stored.view.speed, std::uint64_t{5000});
    QCOMPARE(stored.at, milliseconds(7));
    QCOMPARE(stored.trace, QString::fromStdString(trace_.path().string()));
    Theme theme;
    ViewOptions options;
    MainWindow other(theme, options);
    other.restore(stored);
    VERIFY_OK(other.openTrace(stored.trace.toStdString()));
    QCOMPARE(options.seat(), Seat::Hypervisor);
    QCOMPARE(other.run()->playback().speed(), std::uint64_t{5000});
  }

  void thePaletteDoesWhatIsTyped() {
    QTimer soon;
    soon.setSingleShot(true);
    connect(&soon, &QTimer::timeout, this, [] {
      QWidget* palette = QApplication::activeModalWidget();
      QTest::keyClicks(palette->findChild<QLineEdit*>(QStringLiteral("commandLetters")), QStringLiteral("tothend"));
      QTest::keyClick(palette->findChild<QLineEdit*>(QStringLiteral("commandLetters")), Qt::Key_Return);
    });
    soon.start(0);
    QTest::keyClick(window_.get(), Qt::Key_Slash);
    QCOMPARE(playback().now(), playback().end());
  }

  void noTwoActionsShareAKey() {
    std::map<QString, QString> seen;
    for (const Actions::Entry& entry : window_->actions().all()) {
      for (const QKeySequence& key : entry.action->shortcuts()) {
        const auto [at, fresh] = seen.emplace(key.toString(), entry.action->objectName());
        QVERIFY2(fresh, qPrintable(QStringLiteral("%1: %2 and %3").arg(key.toString(), at->second, entry.action->objectName())));
      }
    }
  }

  void noPixelChangesWhileNothingHappens() {
    playback().seek(milliseconds(5));
    QCoreApplication::processEvents();
    const QImage before = window_->grab().toImage();
    window_->update();
    QCoreApplication::processEvents();
    QCOMPARE(window_->grab().toImage(), before);
  }

  void oneInstantLooksTheSameWhicheverWayOneCame() {
    playback().seek(milliseconds(5));
    QCoreApplication::processEvents();
    const QImage before = window_->machineRoom().grab().toImage();
    playback().seek(playback().end());
    playback().seek(milliseconds(5));
    QCoreApplication::processEvents();
    QCOMPARE(window_->machineRoom().grab().toImage(), before);
  }

  void aTraceWithoutItsEndIsSaidPlainlyInTheWindow() {
    const QString cut = trace_.file(QStringLiteral("cut.octrace"));
    trace_.write(cut.toStdString(), false, 900);
    VERIFY_OK(window_->openTrace(cut.toStdString()));
    const auto* banner = window_->findChild<QLabel*>(QStringLiteral("banner"));
    QVERIFY(banner->isVisible());
    QVERIFY(banner->text().contains(QStringLiteral("no end")));
    QTest::keyClick(window_.get(), Qt::Key_End);
    QCOMPARE(playback().sequence(), std::uint64_t{900});
  }

  void whatCannotBeOpenedLeavesWhatIsOpen() {
    const auto opened = window_->openTrace(trace_.file(QStringLiteral("none.octrace")).toStdString());
    QVERIFY(!opened);
    QVERIFY(window_->run() != nullptr);
  }

  void textZoomKeepsEverythingWorking() {
    theme_->setZoom(200);
    QTest::keyClick(window_.get(), Qt::Key_End);
    window_->grab();
    theme_->setZoom(100);
    QCOMPARE(theme_->zoom(), 100);
  }

  void withoutADisplayTheAppSaysSoInASentence() {
    QProcess app;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const char* variable : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}) environment.remove(QLatin1String(variable));
    app.setProcessEnvironment(environment);
    app.start(QStringLiteral(OVERCOMMIT_BINARY_DIR "/overcommit-gui"), QStringList{});
    QVERIFY(app.waitForFinished(60'000));
    QCOMPARE(app.exitStatus(), QProcess::NormalExit);
    QCOMPARE(app.exitCode(), 2);
    const QByteArray said = app.readAllStandardError();
    QVERIFY2(said.startsWith("overcommit-gui: there is no display here") && said.count('\n') == 1, said.constData());
  }

  void optionsAreChecked() {
    const auto parse = [](const QStringList& more) { return parseOptions(QStringList{QStringLiteral("overcommit-gui")} + more); };
    VERIFY_OK(parse({QStringLiteral("--theme"), QStringLiteral("dark"), QStringLiteral("--size"), QStringLiteral("1280x720"),
                     QStringLiteral("x.octrace")}));
    QVERIFY(!parse({QStringLiteral("--size"), QStringLiteral("1280")}));
    QVERIFY(!parse({QStringLiteral("--size"), QStringLiteral("12x7")}));
    QVERIFY(!parse({QStringLiteral("--at"), QStringLiteral("soon"), QStringLiteral("x.octrace")}));
    QVERIFY(!parse({QStringLiteral("--seat"), QStringLiteral("sofa")}));
    QVERIFY(!parse({QStringLiteral("--theme"), QStringLiteral("pink")}));
    QVERIFY(!parse({QStringLiteral("--layer"), QStringLiteral("cake")}));
    QVERIFY(!parse({QStringLiteral("--screenshot"), QStringLiteral("x.png")}));
    QVERIFY(!parse({QStringLiteral("a.octrace"), QStringLiteral("b.octrace")}));
    QVERIFY(!parse({QStringLiteral("--nonsense")}));
  }

 private:
  Playback& playback() { return window_->run()->playback(); }
  static QStringList namesOf(const std::bitset<kEventKinds>& kinds) {
    QStringList names;
    for (std::size_t i = 0; i < kEventKinds; ++i) {
      if (kinds.test(i)) names << qstring(eventTable()[i].name);
    }
    return names;
  }
  // A kind of event that the log shows besides these; "none" if it shows nothing.
  [[nodiscard]] QString otherEventThan(const QStringList& kinds) const {
    const QAbstractItemModel* log = window_->findChild<QTableView*>(QStringLiteral("eventTable"))->model();
    if (log->rowCount() == 0) return QStringLiteral("none");
    for (int row = 0; row < log->rowCount(); ++row) {
      QString kind = log->index(row, EventLogModel::Kind).data().toString();
      if (!kinds.contains(kind)) return kind;
    }
    return {};
  }

  RecordedTrace trace_;
  std::unique_ptr<Theme> theme_;
  std::unique_ptr<ViewOptions> options_;
  std::unique_ptr<MainWindow> window_;
};

OVERCOMMIT_TEST(WindowTest)
#include "window_test.moc"
