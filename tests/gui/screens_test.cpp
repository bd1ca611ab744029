// SPDX-License-Identifier: GPL-2.0-or-later
// Screens are right in their structure: at every size, shade and text zoom nothing is cut off and the colours of memory are there.
#include <QAbstractButton>
#include <QComboBox>
#include <QLabel>
#include <QMenuBar>
#include <QStatusBar>
#include <QToolBar>
#include <set>

#include "gui/support/recorded_trace.h"
#include "gui/support/shown_window.h"
#include "gui/views/gate_strip.h"
#include "gui/views/guest_floor.h"
#include "gui/views/machine_floor.h"
#include "gui/views/swap_floor.h"

using namespace overcommit;
using namespace overcommit::gui;
using namespace overcommit::test;

namespace {

// What a label or button needs to show its text whole.
bool showsItsText(const QWidget& widget) {
  if (const auto* label = qobject_cast<const QLabel*>(&widget)) {
    if (label->text().isEmpty() || label->wordWrap()) return true;
    return label->width() + 1 >= label->fontMetrics().boundingRect(QRect(0, 0, 10'000, 10'000), 0, label->text()).width() &&
           label->height() + 1 >= label->fontMetrics().height();
  }
  // What Qt puts into docks and views has no text.
  if (widget.objectName().startsWith(QStringLiteral("qt_"))) return true;
  if (qobject_cast<const QAbstractButton*>(&widget) != nullptr || qobject_cast<const QComboBox*>(&widget) != nullptr)
    return widget.height() + 1 >= widget.fontMetrics().height();
  return true;
}

}  // namespace

class ScreensTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everySizeShadeAndZoomIsWhole_data() {
    QTest::addColumn<QSize>("size");
    QTest::addColumn<bool>("dark");
    QTest::addColumn<int>("zoom");
    QTest::addColumn<QString>("panel");
    for (const QSize size : {QSize(1280, 720), QSize(1600, 900), QSize(1920, 1080)}) {
      for (const bool dark : {false, true}) {
        for (const int zoom : {100, 150}) {
          for (const char* panel : {"inspector", "events", "balloon"}) {
            QTest::addRow("%dx%d %s %d%% %s", size.width(), size.height(), dark ? "dark" : "light", zoom, panel)
                << size << dark << zoom << QString::fromLatin1(panel);
          }
        }
      }
    }
  }
  void everySizeShadeAndZoomIsWhole() {
    QFETCH(QSize, size);
    QFETCH(bool, dark);
    QFETCH(int, zoom);
    QFETCH(QString, panel);
    ShownWindow shown(size);
    shown.theme.choose(dark ? ThemeChoice::Dark : ThemeChoice::Light);
    shown.theme.setZoom(zoom);
    VERIFY_OK(shown.open(trace_.path()));
    shown.window.showPanel(panel);
    shown.playback().seek(shown.playback().end());
    shown.run().waitForAnswers();
    QCoreApplication::processEvents();
    QVERIFY2(shown.window.width() == size.width() && shown.window.height() == size.height(),
             qPrintable(QStringLiteral("%1x%2").arg(shown.window.width()).arg(shown.window.height())));
    const QImage image = shown.window.grab().toImage();
    std::set<QRgb> colours;
    for (int y = 0; y < image.height(); ++y) {
      const auto* line = reinterpret_cast<const QRgb*>(image.constScanLine(y));
      for (int x = 0; x < image.width(); ++x) colours.insert(line[x] | 0xff00'0000u);
    }
    // Each colour of a state is somewhere, in maps or at least in the legend.
    for (std::size_t i = 0; i < kMemoryHues; ++i)
      QVERIFY2(colours.contains(shown.theme.rgb(static_cast<Hue>(i))), qPrintable(QStringLiteral("memory colour %1").arg(i)));
    for (const QWidget* widget : shown.window.findChildren<QWidget*>()) {
      if (!widget->isVisible() || widget->visibleRegion().isEmpty()) continue;
      QVERIFY2(showsItsText(*widget),
               qPrintable(QStringLiteral("%1 %2").arg(QString::fromLatin1(widget->metaObject()->className()), widget->objectName())));
    }
    // One legend, whole, and no menu gives way to it.
    const auto *legend = shown.find<QWidget>("legend"), *below = shown.find<QWidget>("legendBelow");
    QVERIFY(legend->isVisible() != below->isVisible());
    const QWidget* visible = legend->isVisible() ? legend : below;
    QVERIFY(visible->width() >= visible->sizeHint().width());
    for (QAction* menu : shown.window.menuBar()->actions())
      QVERIFY2(!shown.window.menuBar()->actionGeometry(menu).isEmpty(), qPrintable(menu->text()));
    // Floors lie below one another, whole, inside the room.
    const QWidget& room = shown.window.machineRoom();
    int bottom = 0;
    for (const char* name : {"guestFloor", "gateStrip", "machineFloor", "swapFloor"}) {
      const auto* floor = shown.find<QWidget>(name);
      QVERIFY2(floor->isVisible() && floor->y() >= bottom && floor->geometry().bottom() < room.height(), name);
      bottom = floor->geometry().bottom();
    }
    // Maps remain maps: of the smallest VM a page can be seen.
    const QRect cell = shown.window.machineRoom().guests().rectOf(VmId(0), Gfn(1));
    QVERIFY2(cell.width() >= 2 && cell.height() >= 2, qPrintable(QStringLiteral("%1x%2").arg(cell.width()).arg(cell.height())));
  }

  // With large text docks that stood above one another are tabs, and stand so again afterwards.
  void largeTextInASmallWindowMakesTabsOfDocks() {
    ShownWindow shown(QSize(1280, 720));
    VERIFY_OK(shown.open(trace_.path()));
    shown.show("events");
    const auto *gauge = shown.find<QWidget>("dock.freeState"), *inspector = shown.find<QWidget>("dock.inspector");
    const auto *timeline = shown.find<QWidget>("dock.timeline"), *events = shown.find<QWidget>("dock.events");
    const auto stand = [&] { return inspector->y() > gauge->geometry().bottom() && events->y() > timeline->geometry().bottom(); };
    QVERIFY(stand());
    shown.theme.setProjector(true);
    QCoreApplication::processEvents();
    QVERIFY(inspector->visibleRegion().isEmpty() != gauge->visibleRegion().isEmpty());
    QVERIFY(timeline->visibleRegion().isEmpty() != events->visibleRegion().isEmpty());
    const StoredSession session = shown.window.session();
    shown.theme.setProjector(false);
    QCoreApplication::processEvents();
    QVERIFY(stand());
    // As it was left in projector mode, which the next start does not take up.
    shown.window.restore(session);
    QCoreApplication::processEvents();
    QVERIFY(stand());
    QVERIFY(!inspector->visibleRegion().isEmpty() && !gauge->visibleRegion().isEmpty());
  }

  void noPanelIsClippedWhereItIsShown() {
    ShownWindow shown(QSize(1280, 720));
    VERIFY_OK(shown.open(trace_.path()));
    for (const PanelEntry& entry : panelTable()) {
      shown.show(entry.id.toLatin1().constData());
      const Panel* panel = shown.window.panel(entry.id);
      QVERIFY2(panel->isVisible(), qPrintable(entry.id));
      QVERIFY2(shown.window.rect().contains(QRect(panel->mapTo(&shown.window, QPoint()), panel->size())), qPrintable(entry.id));
      QVERIFY2(shown.window.size() == QSize(1280, 720),
               qPrintable(QStringLiteral("%1: %2x%3").arg(entry.id).arg(shown.window.width()).arg(shown.window.height())));
      QVERIFY2(shown.window.machineRoom().height() >= 300,
               qPrintable(QStringLiteral("%1: %2").arg(entry.id).arg(shown.window.machineRoom().height())));
    }
  }

  void aStillInstantIsStillInEveryPanel() {
    ShownWindow shown;
    VERIFY_OK(shown.open(trace_.path()));
    shown.playback().seek(milliseconds(5));
    for (const char* panel : {"balloon", "zip", "swapFile", "costs", "charts", "vms"}) {
      shown.show(panel);
      shown.run().waitForAnswers();
      ShownWindow::settle();
      const QImage before = shown.window.grab().toImage();
      shown.window.update();
      QCoreApplication::processEvents();
      QVERIFY2(shown.window.grab().toImage() == before, panel);
    }
  }

 private:
  RecordedTrace trace_;
};

OVERCOMMIT_TEST(ScreensTest)
#include "screens_test.moc"
