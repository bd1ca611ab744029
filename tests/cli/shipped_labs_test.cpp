// SPDX-License-Identifier: GPL-2.0-or-later
// Every lab that is shipped: its reference passes, the empty submission and every saboteur fail as they should.
#include <QRegularExpression>

#include "cli/command.h"
#include "support/test.h"

using namespace overcommit::test;

class ShippedLabsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyLabCanBePublished_data() {
    QTest::addColumn<QString>("folder");
    const QDir labs(kSource + "/labs");
    const QStringList names = labs.entryList({"lab-*"}, QDir::Dirs, QDir::Name);
    QVERIFY(names.size() >= 9);
    for (const QString& name : names) QTest::newRow(qPrintable(name)) << labs.filePath(name);
  }
  void everyLabCanBePublished() {
    QFETCH(QString, folder);
    const Outcome outcome = overcommitCommand({"lab", "lint", folder});
    QVERIFY2(outcome.code == 0, (outcome.out + outcome.err).constData());
    QVERIFY2(!outcome.out.contains("warning"), outcome.out.constData());
  }

  // The idea, a drawing, the experiment, what to look at, what ESX does, and what to hand in.
  void everyHandoutTeaches() {
    const QDir labs(kSource + "/labs");
    for (const QString& name : labs.entryList({"lab-*"}, QDir::Dirs, QDir::Name)) {
      const QString handout = QString::fromUtf8(ScenarioFolder::read(labs.filePath(name + "/handout.md")));
      for (const char* heading : {"## The idea", "## The experiment", "## What to look at", "## What ESX really does", "## To hand in"})
        QVERIFY2(handout.contains(heading), qPrintable(name + " lacks " + heading));
      QVERIFY2(handout.contains("\n    "), qPrintable(name + " has no drawing"));
    }
  }

  void everyLabHasAtLeastTwoSaboteursOrIsTheTour() {
    const QDir labs(kSource + "/labs");
    for (const QString& name : labs.entryList({"lab-*"}, QDir::Dirs, QDir::Name)) {
      const auto saboteurs = QDir(labs.filePath(name + "/saboteurs")).entryList(QDir::Dirs | QDir::NoDotAndDotDot).size();
      QVERIFY2(saboteurs >= (name.startsWith("lab-0-") ? 1 : 2), qPrintable(name));
    }
  }
};

OVERCOMMIT_TEST(ShippedLabsTest)
#include "shipped_labs_test.moc"
