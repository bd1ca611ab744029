// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/command.h"
#include "support/test.h"

using namespace overcommit::test;

class SweepTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    sweep_ = folder_.write("sweep.toml", overcommittedScenario(R"([vary]
"host.memory" = { from = "10 MiB", to = "16 MiB", step = "2 MiB", quick = ["10 MiB", "16 MiB"] }
seed = [1, 2]
[[column]]
metric = "host.operations"
name = "work"
[[column]]
metric = "host.swap_outs"
since = "1s"
[[column]]
metric = "vm.a.swapped"
per = "vm.a.memory"
at = "mean"
name = "away"
[[shape]]
column = "work"
along = "host.memory"
is = "rising"
by = 100
[[shape]]
column = "away"
along = "host.memory"
is = "falling"
)"));
  }

  void theTableIsTheSameWhateverTheNumberOfJobs() {
    const Outcome one = overcommitCommand({"sweep", sweep_, "--jobs", "1", "--csv", "-"});
    const Outcome many = overcommitCommand({"sweep", sweep_, "--jobs", "8", "--csv", "-"});
    QVERIFY2(one.code == 0, one.err.constData());
    QCOMPARE(one.out, many.out);
    QCOMPARE(one.out.count('\n'), 9);
    QVERIFY(one.out.startsWith("point,host.memory,seed,work,host.swap_outs,away,digest,exit\n1,10485760,1,"));
  }

  void aPointRunByItselfIsThatPoint() {
    const Outcome scenario = overcommitCommand({"sweep", sweep_, "--point", "4"});
    QCOMPARE(scenario.code, 0);
    const QString alone = folder_.write("alone.toml", scenario.out);
    const Outcome run = overcommitCommand({"run", alone, "--json", "-"});
    QVERIFY2(run.code == 0, run.err.constData());
    const QByteArray row = overcommitCommand({"sweep", sweep_, "--csv", "-"}).out.split('\n').at(4);
    const QByteArray digest = row.split(',').at(6);
    QCOMPARE(digest.size(), 32);
    QVERIFY(run.out.contains(digest));
    QCOMPARE(run.err, QByteArray());
  }

  void theReportShowsPointsAndShapes() {
    const Outcome outcome = overcommitCommand({"sweep", sweep_});
    QCOMPARE(outcome.code, 0);
    QVERIFY2(outcome.out.contains("holds  work: rising by at least 100 % along host.memory"), outcome.out.constData());
    QCOMPARE(outcome.err, QByteArray());
  }

  void aQuickLookHasFewerPoints() { QCOMPARE(overcommitCommand({"sweep", sweep_, "--quick", "--csv", "-"}).out.count('\n'), 5); }

  void runTakesTheScenarioAsItIsAndSaysSo() {
    const Outcome outcome = overcommitCommand({"run", sweep_});
    QCOMPARE(outcome.code, 0);
    QVERIFY2(outcome.err.contains("has a [vary]"), outcome.err.constData());
    QCOMPARE(overcommitCommand({"run", sweep_, "--quiet"}).err, QByteArray());
  }

  void aShapeThatFailsIsExitCodeOne() {
    const QString file = folder_.write("fails.toml", ScenarioFolder::read(sweep_).replace("\"falling\"", "\"rising\""));
    const Outcome outcome = overcommitCommand({"sweep", file});
    QCOMPARE(outcome.code, 1);
    QVERIFY2(outcome.out.contains("FAILS  away: rising along host.memory; got "), outcome.out.constData());
    QVERIFY2(outcome.out.contains("at point "), outcome.out.constData());
  }

  void anExpectationThatFailsAtAPointIsExitCodeOne() {
    const QString file =
        folder_.write("expects.toml", overcommittedScenario("[[expect]]\nmetric = \"host.memory\"\nmax = \"12 MiB\"\n[vary]\n"
                                                            "\"host.memory\" = [\"12 MiB\", \"16 MiB\"]\n"));
    const Outcome outcome = overcommitCommand({"sweep", file});
    QCOMPARE(outcome.code, 1);
    QVERIFY2(outcome.out.contains("point 2, exit code 1: host.memory: at most 12 MiB at the end; got 16 MiB"), outcome.out.constData());
  }

  // What ends one point ends no other.
  void aPointThatReachesALimitGivesItsExitCode() {
    const QString file =
        folder_.write("limit.toml", overcommittedScenario("[vary]\n\"limits.nested_faults\" = [10, 100000000]\n[[column]]\nmetric = "
                                                          "\"host.operations\"\n"));
    const Outcome outcome = overcommitCommand({"sweep", file, "--csv", folder_.path("limit.csv")});
    QCOMPARE(outcome.code, 4);
    QVERIFY2(outcome.out.contains("point 1, exit code 4: "), outcome.out.constData());
    const QByteArray csv = ScenarioFolder::read(folder_.path("limit.csv"));
    QVERIFY2(csv.contains(",4\n2,100000000,") && csv.endsWith(",0\n"), csv.constData());
  }

  void mistakesAreNamed_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("message");
    const QString plain = folder_.write("plain.toml", overcommittedScenario());
    const QString bad = folder_.write("bad.toml", overcommittedScenario("[vary]\n\"host.memroy\" = [\"12 MiB\"]\n"));
    QTest::newRow("nothing varies") << QStringList{"sweep", plain} << "it has no [vary]";
    QTest::newRow("a mistake of the file") << QStringList{"sweep", bad}
                                           << "bad.toml:15:1: unknown key \"memroy\" in [host]; did you mean \"memory\"?";
    QTest::newRow("no jobs") << QStringList{"sweep", sweep_, "--jobs", "0"} << "--jobs: 0 runs at a time";
    QTest::newRow("no such point") << QStringList{"sweep", sweep_, "--point", "9"} << "there is no point 9: the sweep has 8";
    QTest::newRow("varied seed") << QStringList{"sweep", sweep_, "--seed", "3"} << "the sweep varies the seed itself";
    QTest::newRow("unwritable") << QStringList{"sweep", sweep_, "--csv", "/nowhere/x.csv"} << "--csv: cannot create /nowhere/x.csv";
    QTest::newRow("over the input") << QStringList{"sweep", sweep_, "--csv", sweep_} << "FILE and --csv are the same file";
  }
  void mistakesAreNamed() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, message);
    const Outcome outcome = overcommitCommand(arguments);
    QVERIFY2(outcome.err.contains(message.toUtf8()), outcome.err.constData());
    QCOMPARE(outcome.out, QByteArray());
    QCOMPARE(outcome.code, 2);
  }

 private:
  ScenarioFolder folder_;
  QString sweep_;
};

OVERCOMMIT_TEST(SweepTest)
#include "sweep_test.moc"
