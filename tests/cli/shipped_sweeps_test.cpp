// SPDX-License-Identifier: GPL-2.0-or-later
// Every sweep in labs/scenarios has the shapes that its file tells of. With OVERCOMMIT_FULL=1 at all points, else at those that the file calls
// quick.
#include <QDirIterator>

#include "cli/command.h"
#include "support/test.h"

using namespace overcommit::test;

class ShippedSweepsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void shapesHold_data() {
    QTest::addColumn<QString>("path");
    int sweeps = 0;
    for (QDirIterator all(kSource + "/labs/scenarios", {"*.toml"}, QDir::Files); all.hasNext();) {
      const QString path = all.next();
      if (!ScenarioFolder::read(path).contains("\n[vary]\n")) continue;
      QTest::newRow(qPrintable(QFileInfo(path).baseName())) << path;
      ++sweeps;
    }
    QVERIFY(sweeps > 0);
  }
  void shapesHold() {
    QFETCH(QString, path);
    QStringList arguments{"sweep", path, "--jobs", "2"};
    if (qEnvironmentVariable("OVERCOMMIT_FULL") != QStringLiteral("1")) arguments << "--quick";
    const Outcome outcome = overcommitCommand(arguments);
    QVERIFY2(outcome.code == 0, (outcome.out + outcome.err).constData());
    QVERIFY2(outcome.out.contains("\n  holds  "), "a sweep without a shape proves nothing");
  }
};

OVERCOMMIT_TEST(ShippedSweepsTest)
#include "shipped_sweeps_test.moc"
