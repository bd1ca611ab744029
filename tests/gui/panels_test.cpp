// SPDX-License-Identifier: GPL-2.0-or-later
// The detail panels: what they show is the world, and every figure leads to what made it.
#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLabel>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QTableView>

#include "gui/models/cost_rows.h"
#include "gui/models/event_log_model.h"
#include "gui/models/subject_text.h"
#include "gui/models/vm_rows.h"
#include "gui/panels/swap_panel.h"
#include "gui/session/text.h"
#include "gui/support/recorded_trace.h"
#include "gui/support/shown_window.h"
#include "gui/views/balloon_view.h"
#include "gui/views/slot_view.h"
#include "gui/views/time_account_view.h"
#include "gui/views/timeline_view.h"
#include "gui/views/zip_view.h"

using namespace overcommit;
using namespace overcommit::gui;
using namespace overcommit::test;

namespace {

bool fillsACache(const Event& event) { return event.kind == EventKind::Zip && event.values[2] != 0; }

// The first trace of its kind in which a page comes into a store frame.
std::unique_ptr<RecordedTrace> traceWithACache() {
  std::unique_ptr<RecordedTrace> trace;
  for (std::uint64_t seed = 11; seed < 100; ++seed) {
    trace = std::make_unique<RecordedTrace>(2000, seed);
    if (std::ranges::any_of(trace->events(), fillsACache)) break;
  }
  return trace;
}

}  // namespace

class PanelsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() {
    shown_ = std::make_unique<ShownWindow>();
    const auto opened = shown_->open(trace_.path());
    VERIFY_OK(opened);
    shown_->playback().seek(shown_->playback().end());
  }
  void cleanup() { shown_.reset(); }

  void balloonsAreAsLargeAsTheWorldSays() {
    shown_->show("balloon");
    auto& table = shown_->find<BalloonView>("balloonView")->table();
    QCOMPARE(table.rowCount(), static_cast<int>(world().vms()));
    for (int row = 0; row < table.rowCount(); ++row) {
      const WorldVm& vm = world().vm(VmId(static_cast<std::uint16_t>(row)));
      QCOMPARE(table.index(row, 2).data().toString(), mebibytes(vm.at(PagePlace::Ballooned)));
      QCOMPARE(table.index(row, 6).data().toString(), grouped(vm.at(EventKind::Inflate)));
    }
  }

  void aClickIntoABalloonsCurveLeadsToTheInstant() {
    shown_->show("balloon");
    auto* view = shown_->find<BalloonView>("balloonView");
    const int x = view->axis().left() + view->axis().width() / 3;
    QTest::mouseClick(view, Qt::LeftButton, {}, QPoint(x, view->figures().front().rect.bottom() + 4));
    QCOMPARE(shown_->playback().now(), view->axis().timeAt(x));
  }

  void everySlotOfTheCompressionCacheIsThere() {
    seekAFullCache();
    shown_->show("zip");
    auto* view = shown_->find<ZipView>("zipView");
    std::size_t pages = 0;
    for (std::size_t v = 0; v < world().vms(); ++v) {
      const VmId vm(static_cast<std::uint16_t>(v));
      world().forEachPage(vm, [&](std::uint64_t gfn, PageCell page) {
        if (!page.inStore()) return;
        ++pages;
        const QRect at = view->rectOf(vm, Gfn(gfn));
        QVERIFY(at.width() >= 7 && at.height() >= 8);
      });
    }
    QVERIFY(pages > 0);
    QCOMPARE(view->table().rowCount(), static_cast<int>(pages) + 1);
  }

  void aClickOnASlotOfTheCacheSelectsItsPage() {
    seekAFullCache();
    shown_->show("zip");
    auto* view = shown_->find<ZipView>("zipView");
    VmId vm;
    Gfn gfn;
    for (std::size_t v = 0; v < world().vms(); ++v) {
      world().forEachPage(VmId(static_cast<std::uint16_t>(v)), [&](std::uint64_t page, PageCell cell) {
        if (!cell.inStore()) return;
        vm = VmId(static_cast<std::uint16_t>(v));
        gfn = Gfn(page);
      });
    }
    QVERIFY(vm != kNoVm);
    QTest::mouseClick(view, Qt::LeftButton, {}, view->rectOf(vm, gfn).center());
    QCOMPARE(shown_->run().selection().subject(), (Subject{vm, gfn, std::nullopt}));
    QTest::keyClick(view, Qt::Key_Right);
    QVERIFY(shown_->run().selection().subject().gfn.has_value());
  }

  void aSlotOfTheSwapFileTellsItsPage() {
    shown_->show("swapFile");
    auto* panel = qobject_cast<SwapPanel*>(shown_->window.panel(QStringLiteral("swapFile")));
    auto* view = shown_->find<SlotView>("slotView");
    auto* vms = shown_->find<QComboBox>("swapVm");
    std::optional<std::uint64_t> slot;
    VmId vm;
    for (std::size_t v = 0; v < world().vms() && !slot; ++v) {
      vm = VmId(static_cast<std::uint16_t>(v));
      world().forEachSlot(vm, [&](std::uint64_t at, bool taken) {
        if (taken) slot = at;
      });
    }
    QVERIFY(slot.has_value());
    vms->setCurrentIndex(vm.value());
    Q_EMIT vms->activated(vm.value());
    QSignalSpy told(panel, &SwapPanel::slotChosen);
    QTest::mouseClick(view, Qt::LeftButton, {}, view->rectOf(*slot).center());
    QVERIFY(told.count() >= 1);
    const auto gfn = world().swapSlot(vm, *slot);
    QCOMPARE(shown_->run().selection().subject(), (Subject{vm, gfn, std::nullopt}));
    QVERIFY(shown_->find<QLabel>("slotText")->text().contains(hexText(gfn->value())));
    QCOMPARE(view->table().rowCount(), static_cast<int>(world().vm(vm).at(PagePlace::Swapped)) + 1);
  }

  void everyFigureHasItsMetricAndLeadsToItsEvents() {
    for (const char* panel : {"balloon", "zip", "swapFile", "costs"}) {
      shown_->show(panel);
      const auto pictures = shown_->window.panel(QString::fromLatin1(panel))->findChildren<Picture*>();
      QVERIFY(!pictures.empty());
      for (Picture* picture : pictures) {
        for (const Figure& figure : picture->figures()) {
          QVERIFY2(!figure.metric.isEmpty(), panel);
          QVERIFY2(figure.kinds.any(), qPrintable(figure.metric));
          QVERIFY2(picture->rect().contains(figure.rect.center()), qPrintable(figure.metric));
        }
      }
    }
    shown_->show("zip");
    auto* view = shown_->find<ZipView>("zipView");
    QTest::mouseClick(view, Qt::LeftButton, {}, view->figures().back().rect.center());
    auto* log = shown_->find<QTableView>("eventTable");
    QVERIFY(log->isVisible());
    const auto onlySwapOuts = [&] {
      if (log->model()->rowCount() == 0) return false;
      for (int row = 0; row < log->model()->rowCount(); ++row) {
        if (log->model()->index(row, EventLogModel::Kind).data().toString() != QStringLiteral("swap-out")) return false;
      }
      return true;
    };
    QTRY_VERIFY(onlySwapOuts());
  }

  void everyColumnOfAVmHasItsMetricAndLeadsToItsEvents() {
    for (const Seat seat : kSeats) {
      const auto figures = vmFigures(seat);
      QCOMPARE(static_cast<qsizetype>(figures.size()), vmColumns(seat).size());
      for (const VmFigure& figure : figures) QVERIFY(!figure.metric.isEmpty() && figure.kinds.any());
    }
    shown_->show("vms");
    auto* table = shown_->find<QTableView>("vmTable");
    table->setFocus();
    table->setCurrentIndex(table->model()->index(1, 4));
    QTest::keyClick(table, Qt::Key_Return);
    auto* log = shown_->find<QTableView>("eventTable");
    const auto onlyTargets = [&] {
      if (log->model()->rowCount() == 0) return false;
      for (int row = 0; row < log->model()->rowCount(); ++row) {
        if (log->model()->index(row, EventLogModel::Kind).data().toString() != QStringLiteral("target")) return false;
      }
      return true;
    };
    QTRY_VERIFY(onlyTargets());
    QCOMPARE(shown_->run().selection().subject().vm, std::optional(VmId(1)));
  }

  void costsAreThoseOfTheScenario() {
    TraceHeader header = trace_.header();
    header.scenario =
        "[host]\nmemory = \"8 MiB\"\nzip = \"1s\"\n[cost]\nswap_read = \"7ms\"  # a slow disk\nunzip = 'soon'\nnothing = "
        "\"1s\"\n[[vm]]\nbreak = \"9s\"\n";
    for (const RunCost& cost : costsOf(header)) {
      QCOMPARE(cost.changed, cost.info->name == "swap_read");
      QCOMPARE(cost.value, cost.changed ? milliseconds(7) : cost.info->fallback);
    }
    header.scenario = "cost.zip = \"3us\"\n\xff\xfe not TOML [[[";
    for (const RunCost& cost : costsOf(header)) QCOMPARE(cost.changed, cost.info->name == "zip");
    const auto rows = costRows(header);
    QCOMPARE(rows.size(), costTable().size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      QCOMPARE(rows[row].size(), costColumns().size());
      QVERIFY2(eventsOfCost(row).any(), qPrintable(rows[row].front()));
    }
    QVERIFY(eventsOfCost(rows.size()).none());
  }

  void picturesAreSavedAsPixelsAsShapesAndAsNumbers() {
    shown_->show("balloon");
    for (Picture* picture : shown_->window.findChildren<Picture*>()) {
      if (!picture->isVisible()) continue;
      const QString name = picture->objectName();
      const QString svg = trace_.file(name + QStringLiteral(".svg")), png = trace_.file(name + QStringLiteral(".png")),
                    csv = trace_.file(name + QStringLiteral(".csv"));
      VERIFY_OK(savePicture(*picture, picture->table(), svg));
      VERIFY_OK(savePicture(*picture, picture->table(), png));
      VERIFY_OK(savePicture(*picture, picture->table(), csv));
      QSvgRenderer renderer(svg);
      QVERIFY2(renderer.isValid(), qPrintable(name));
      QCOMPARE(renderer.viewBox(), picture->rect());
      QCOMPARE(QImage(png).size(), picture->grab().toImage().size());
      QFile file(csv);
      QVERIFY(file.open(QIODevice::ReadOnly));
      QCOMPARE(file.readAll().count('\n'), picture->table().rowCount() + 1);
    }
    // What is drawn of lines stays lines.
    auto* timeline = shown_->window.findChild<TimelineView*>();
    const QString svg = trace_.file(QStringLiteral("timeline.svg"));
    VERIFY_OK(savePicture(*timeline, timeline->table(), svg));
    QFile file(svg);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray text = file.readAll();
    QVERIFY(!text.contains("<image"));
    QVERIFY(text.contains("free state"));
    QVERIFY(!savePicture(*timeline, timeline->table(), trace_.file(QStringLiteral("no/such/folder.svg"))));
  }

  void fromAGuestsSeatNoDockTellsOfTheHost() {
    for (const PanelEntry& entry : panelTable()) shown_->show(entry.id.toLatin1().constData());
    for (const Qt::Key key : {Qt::Key_1, Qt::Key_2}) {
      QTest::keyClick(&shown_->window, key);
      QCoreApplication::processEvents();
      for (const char* hidden : {"freeState", "esxtop", "balloon", "zip", "swapFile", "costs"}) {
        const Panel* panel = shown_->window.panel(QString::fromLatin1(hidden));
        QVERIFY2(!panel->known(), hidden);
      }
      for (const char* twin : {"guestFloor", "timelineView"}) {
        auto& table = shown_->find<Picture>(twin)->table();
        for (int column = 0; column < table.columnCount(); ++column) {
          const QString name = table.headerData(column, Qt::Horizontal).toString();
          for (const char* host : {"target", "swapped", "zipped", "shared", "private"})
            QVERIFY2(name != QLatin1String(host), qPrintable(name));
        }
      }
      const QAbstractItemModel* vms = shown_->find<QTableView>("vmTable")->model();
      for (int column = 0; column < vms->columnCount(); ++column)
        QVERIFY(vms->headerData(column, Qt::Horizontal).toString() != QStringLiteral("target"));
      QVERIFY(vms->rowCount() == static_cast<int>(world().vms()));
    }
    QTest::keyClick(&shown_->window, Qt::Key_4);
    QVERIFY(shown_->window.panel(QStringLiteral("freeState"))->known());
  }

  void aWorkspaceShowsItsPanelsAndIsRemembered() {
    for (const Workspace workspace : kWorkspaces) {
      shown_->window.setWorkspace(workspace);
      for (const PanelEntry& entry : panelTable()) {
        const auto* dock = shown_->window.findChild<QDockWidget*>(QStringLiteral("dock.%1").arg(entry.id));
        QCOMPARE(!dock->isHidden(), panelsOf(workspace).contains(entry.id));
      }
      QCOMPARE(shown_->window.session().view.workspace, workspace);
    }
  }

  void everyModelKeepsTheRulesOfModels() {
    std::vector<std::unique_ptr<QAbstractItemModelTester>> testers;
    for (const PanelEntry& entry : panelTable()) shown_->show(entry.id.toLatin1().constData());
    const auto watch = [&testers](QAbstractItemModel* model) {
      testers.push_back(std::make_unique<QAbstractItemModelTester>(model, QAbstractItemModelTester::FailureReportingMode::QtTest));
    };
    for (Picture* picture : shown_->window.findChildren<Picture*>()) watch(&picture->table());
    for (QTableView* view : shown_->window.findChildren<QTableView*>()) watch(view->model());
    QVERIFY(testers.size() > 12);
    for (const char* panel : {"events", "charts", "esxtop", "balloon", "zip", "swapFile", "costs", "vms"}) {
      shown_->show(panel);
      for (const std::uint64_t sequence : {200u, 201u, 1900u, 40u, 0u, 2000u}) {
        shown_->playback().seekEvent(sequence);
        shown_->run().waitForAnswers();
      }
    }
    for (const Qt::Key seat : {Qt::Key_1, Qt::Key_2, Qt::Key_3, Qt::Key_4}) {
      QTest::keyClick(&shown_->window, seat);
      shown_->run().waitForAnswers();
    }
  }

 private:
  // To an instant at which a page is in a store frame.
  void seekAFullCache() {
    for (const Event& event : trace_.events()) {
      if (fillsACache(event)) shown_->playback().seekEvent(event.sequence);
    }
  }
  const WorldModel& world() { return shown_->run().world(); }

  std::unique_ptr<RecordedTrace> recorded_ = traceWithACache();
  const RecordedTrace& trace_ = *recorded_;
  std::unique_ptr<ShownWindow> shown_;
};

OVERCOMMIT_TEST(PanelsTest)
#include "panels_test.moc"
