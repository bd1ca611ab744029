// SPDX-License-Identifier: GPL-2.0-or-later
#include <signal.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

class RunTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { good_ = folder_.write("good.toml", overcommittedScenario()); }

  void aRunPrintsItsSummaryAndNoProgressInAPipe() {
    const Outcome outcome = overcommitCommand({"run", good_});
    QCOMPARE(outcome.code, 0);
    QVERIFY(outcome.out.contains("Two where one fits"));
    QVERIFY2(outcome.err.isEmpty(), outcome.err.constData());
    QVERIFY(!outcome.out.contains('\r'));
  }

  void aQuietRunPrintsNothing() {
    const Outcome outcome = overcommitCommand({"run", good_, "--quiet"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.out + outcome.err, QByteArray());
  }

  void jsonOnStandardOutputIsAlone() {
    const Outcome outcome = overcommitCommand({"run", good_, "--json", "-"});
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(outcome.out, &error);
    QCOMPARE(error.error, QJsonParseError::NoError);
    QVERIFY(document.isObject());
    QCOMPARE(document.object().value("digest").toString().size(), 32);
  }

  void seedAndDurationCanBeGiven() {
    const auto digest = [&](const QStringList& more) {
      const Outcome outcome = overcommitCommand(QStringList{"run", good_, "--json", "-"} + more);
      return QJsonDocument::fromJson(outcome.out).object().value("digest").toString();
    };
    const QString plain = digest({});
    QCOMPARE(plain.size(), 32);
    QCOMPARE(digest({"--seed", "5"}), plain);
    QVERIFY(digest({"--seed", "6"}) != plain);
    QVERIFY(digest({"--duration", "1s"}) != plain);
  }

  void lookingDoesNotChangeTheRun() {
    const auto digest = [](const QByteArray& json) { return QJsonDocument::fromJson(json).object().value("digest").toString(); };
    const QString plain = digest(overcommitCommand({"run", good_, "--json", "-"}).out);
    const QString json = folder_.path("looked.json");
    const Outcome looked = overcommitCommand(
        {"run", good_, "--audit", "--trace", folder_.path("looked.octrace"), "--csv", folder_.path("looked.csv"), "--json", json});
    QCOMPARE(looked.code, 0);
    QCOMPARE(digest(ScenarioFolder::read(json)), plain);
    QVERIFY(overcommitCommand({"trace", "info", folder_.path("looked.octrace")}).out.contains(plain.toUtf8()));
  }

  void theCsvTableHasARowForEachSecond() {
    const QString csv = folder_.path("table.csv");
    QCOMPARE(overcommitCommand({"run", good_, "--quiet", "--csv", csv}).code, 0);
    const QList<QByteArray> rows = ScenarioFolder::read(csv).trimmed().split('\n');
    QCOMPARE(rows.size(), 3);
    QVERIFY(rows[0].startsWith("time_ns,host."));
    QVERIFY(rows[0].contains("vm.b.swapped"));
    QVERIFY(rows[1].startsWith("1000000000,"));
    QCOMPARE(rows[2].count(','), rows[0].count(','));
  }

  void outputFilesAreReplaced() {
    const QString json = folder_.write("old.json", QByteArray(100'000, 'x'));
    QCOMPARE(overcommitCommand({"run", good_, "--quiet", "--json", json}).code, 0);
    QVERIFY(QJsonDocument::fromJson(ScenarioFolder::read(json)).isObject());
  }

  void theExitCodeSaysHowItEnded_data() {
    QTest::addColumn<QByteArray>("more");
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::newRow("all well") << QByteArray("[[expect]]\nmetric = \"vm.a.memory\"\nmin = \"8 MiB\"\n") << QStringList{} << 0;
    QTest::newRow("an expectation failed") << QByteArray("[[expect]]\nmetric = \"vm.a.memory\"\nmin = \"9 MiB\"\n") << QStringList{} << 1;
    QTest::newRow("a limit") << QByteArray("[limits]\noperations = 20\n") << QStringList{} << 4;
  }
  void theExitCodeSaysHowItEnded() {
    QFETCH(QByteArray, more);
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    const QString file = folder_.write("ending.toml", overcommittedScenario(more));
    const Outcome outcome = overcommitCommand(QStringList{"run", file} + arguments);
    QVERIFY2(outcome.code == code, (outcome.out + outcome.err).constData());
  }

  void whatASaboteurBreaksIsNotCalledADefect() {
    const Outcome outcome = overcommitCommand(
        {"run", kSource + "/labs/scenarios/demo.toml", "--duration", "10s", "--quiet", "--audit", "--sabotage", "missing-break"});
    QVERIFY2(outcome.code == 6, (outcome.out + outcome.err).constData());
    QVERIFY2(outcome.err.contains("broken on purpose (saboteur missing-break)"), outcome.err.constData());
    QVERIFY2(!outcome.err.contains("please report"), outcome.err.constData());
  }

  void aGuestThatCrashesIsExitCodeFive() {
    const QString hostile = kSource + "/guests/prebuilt/hostile";
    const QStringList kernels = QDir(hostile).entryList({"*.elf"});
    QVERIFY(!kernels.isEmpty());
    const QString file = folder_.write(
        "crash.toml",
        "title = \"A mad guest\"\nduration = \"1s\"\n[host]\nmemory = \"32 MiB\"\n[[vm]]\nname = \"mad\"\nmemory = \"8 MiB\"\nkernel = \"" +
            (hostile + "/call_unknown.elf").toUtf8() + "\"\n");
    const Outcome outcome = overcommitCommand({"run", file});
    QVERIFY2(outcome.code == 5, (outcome.out + outcome.err).constData());
  }

  // From the keyboard: the run ends early, its files are whole.
  void anInterruptedRunFinishesItsFiles() {
    const QString trace = folder_.path("interrupted.octrace"), json = folder_.path("interrupted.json");
    QProcess process;
    startLongRun(process, {"--trace", trace, "--json", json});
    QVERIFY(waitForGrowth(trace));
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), SIGINT), 0);
    QVERIFY(process.waitForFinished(60'000));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), static_cast<int>(ExitCode::Interrupted));
    QVERIFY(QJsonDocument::fromJson(ScenarioFolder::read(json)).isObject());
    const Outcome info = overcommitCommand({"trace", "info", trace});
    QCOMPARE(info.code, 0);
    QVERIFY2(info.out.contains("complete"), info.out.constData());
  }

  void aKilledRunLeavesNoSwapFileAndATraceThatOpens() {
    const QString trace = folder_.path("killed.octrace");
    const QTemporaryDir swap;
    QProcess process;
    startLongRun(process, {"--trace", trace}, {{"OVERCOMMIT_SWAP_DIR", swap.path()}});
    QVERIFY(waitForGrowth(trace));
    process.kill();
    QVERIFY(process.waitForFinished(60'000));
    QCOMPARE(QDir(swap.path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden), QStringList());
    const Outcome info = overcommitCommand({"trace", "info", trace});
    QVERIFY2(info.code == 0, info.err.constData());
    const Outcome events = overcommitCommand({"trace", "events", trace, "--limit", "10"});
    QCOMPARE(events.code, 0);
    QCOMPARE(events.out.count('\n'), 10);
    QVERIFY2(!events.err.isEmpty(), "a trace that is cut off is said to be");
  }

 private:
  // Long enough that no machine gets to its end first.
  void startLongRun(QProcess& process, const QStringList& more, const QMap<QString, QString>& variables = {}) {
    process.setProcessEnvironment(environmentWith(variables));
    process.start(kCommand, QStringList{"run", good_, "--quiet", "--duration", "100 h"} + more);
    QVERIFY(process.waitForStarted());
  }

  // Until the first block of events is in the file.
  static bool waitForGrowth(const QString& path) {
    return QTest::qWaitFor([&] { return QFileInfo(path).size() > 20'000; }, 60'000);
  }

  ScenarioFolder folder_;
  QString good_;
};

OVERCOMMIT_TEST(RunTest)
#include "run_test.moc"
