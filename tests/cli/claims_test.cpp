// SPDX-License-Identifier: GPL-2.0-or-later
// docs/claims.md names a scenario or a test behind each claim: all must be there. (That links lead to files is checked for every page.)
#include <QDirIterator>
#include <QRegularExpression>

#include "cli/command.h"
#include "support/test.h"

using namespace overcommit::test;

class ClaimsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { page_ = QString::fromUtf8(ScenarioFolder::read(kSource + "/docs/claims.md")); }

  void allClaimsAreThereOnceAndInOrder() {
    static const QRegularExpression kRow(R"(^\| (\d+) \|)", QRegularExpression::MultilineOption);
    int expected = 0;
    for (auto match = kRow.globalMatch(page_); match.hasNext();) QCOMPARE(match.next().captured(1).toInt(), ++expected);
    QCOMPARE(expected, 56);
  }

  void everyClaimNamesAScenarioOrATestOrSaysWhyNot() {
    for (const QString& line : page_.split('\n')) {
      if (!line.startsWith("| ") || line.startsWith("| |")) continue;
      const QStringList cells = line.split(" | ");
      QVERIFY2(cells.size() == 5, qPrintable(line));
      const bool hasEvidence = cells[4].contains("labs/scenarios/") || cells[4].contains("::");
      const bool saysWhyNot = cells[3] == "not modelled" || cells[3] == "documentation only";
      QVERIFY2(hasEvidence || saysWhyNot, qPrintable(line));
    }
  }

  void everyNamedTestExists() {
    static const QRegularExpression kTest(R"(`(\w+_test)::(\w+)`)");
    QMap<QString, QByteArray> files;
    for (QDirIterator all(kSource + "/tests", {"*_test.cpp"}, QDir::Files, QDirIterator::Subdirectories); all.hasNext();) {
      const QString path = all.next();
      files.insert(QFileInfo(path).baseName(), ScenarioFolder::read(path));
    }
    int named = 0;
    for (auto match = kTest.globalMatch(page_); match.hasNext(); ++named) {
      const auto test = match.next();
      QVERIFY2(files.contains(test.captured(1)), qPrintable(test.captured(1)));
      QVERIFY2(files[test.captured(1)].contains("  void " + test.captured(2).toUtf8() + "()"), qPrintable(test.captured(0)));
    }
    QVERIFY(named > 30);
  }

  void everyNamedScenarioExists() {
    static const QRegularExpression kScenario(R"(\[([\w-]+)\]\(\.\./labs/scenarios/([\w-]+)\.toml\))");
    int named = 0;
    for (auto match = kScenario.globalMatch(page_); match.hasNext(); ++named) {
      const auto scenario = match.next();
      QCOMPARE(scenario.captured(1), scenario.captured(2));
      QVERIFY2(QFileInfo::exists(kSource + "/labs/scenarios/" + scenario.captured(2) + ".toml"), qPrintable(scenario.captured(0)));
    }
    QVERIFY(named > 20);
  }

 private:
  QString page_;
};

OVERCOMMIT_TEST(ClaimsTest)
#include "claims_test.moc"
