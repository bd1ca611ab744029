// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/theme/palette.h"

#include "gui/support/colour_vision.h"
#include "support/test.h"

using namespace overcommit::gui;
using namespace overcommit::test;

class PaletteTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // The formula itself, against pairs that its authors published.
  void distanceAgreesWithPublishedPairs() {
    struct Pair {
      Triple one, two;
      double distance;
    };
    const std::array kPairs{Pair{{50, 2.6772, -79.7751}, {50, 0, -82.7485}, 2.0425},
                            Pair{{50, -1.3802, -84.2814}, {50, 0, -82.7485}, 1.0},
                            Pair{{50, 2.5, 0}, {50, 0, -2.5}, 4.3065},
                            Pair{{50, 2.5, 0}, {73, 25, -18}, 27.1492},
                            Pair{{90.8027, -2.0831, 1.441}, {91.1528, -1.6435, 0.0447}, 1.4441},
                            Pair{{2.0776, 0.0795, -1.135}, {0.9033, -0.0636, -0.5514}, 0.9082}};
    for (const Pair& pair : kPairs)
      QVERIFY2(std::abs(ciede2000(pair.one, pair.two) - pair.distance) < 0.0001,
               qPrintable(QString::number(ciede2000(pair.one, pair.two))));
  }

  void memoryColoursDifferForEveryEye_data() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
  }
  void memoryColoursDifferForEveryEye() {
    QFETCH(bool, dark);
    const Palette& palette = paletteOf(dark ? Shade::Dark : Shade::Light);
    for (const Vision vision : {Vision::Normal, Vision::Protan, Vision::Deutan, Vision::Tritan}) {
      for (std::size_t i = 0; i < kMemoryHues; ++i) {
        for (std::size_t j = i + 1; j < kMemoryHues; ++j) {
          const double distance = distanceFor(vision, palette.at(static_cast<Hue>(i)), palette.at(static_cast<Hue>(j)));
          QVERIFY2(
              distance >= 20,
              qPrintable(QStringLiteral("vision %1, colours %2 and %3: %4").arg(static_cast<int>(vision)).arg(i).arg(j).arg(distance)));
        }
      }
    }
  }

  void textIsReadableOnItsGrounds() {
    for (const Shade shade : {Shade::Light, Shade::Dark}) {
      const Palette& palette = paletteOf(shade);
      for (const Hue ground : {Hue::Ground, Hue::Panel}) {
        for (const Hue text : {Hue::Text, Hue::Dim, Hue::Accent}) QVERIFY(contrastOf(palette.at(text), palette.at(ground)) >= 4.5);
      }
    }
  }

  void labelsAreReadableOnEveryMemoryColour() {
    for (const Shade shade : {Shade::Light, Shade::Dark}) {
      for (std::size_t i = 0; i < kMemoryHues; ++i) {
        const QRgb colour = paletteOf(shade).at(static_cast<Hue>(i));
        QVERIFY2(contrastOf(readableOn(colour), colour) >= 4.5,
                 qPrintable(QStringLiteral("colour %1: %2").arg(i).arg(contrastOf(readableOn(colour), colour))));
      }
    }
  }

  void contrastIsThatOfBlackAndWhite() { QVERIFY(std::abs(contrastOf(qRgb(0, 0, 0), qRgb(255, 255, 255)) - 21) < 0.001); }
};

OVERCOMMIT_TEST(PaletteTest)
#include "palette_test.moc"
