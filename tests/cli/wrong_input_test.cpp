// SPDX-License-Identifier: GPL-2.0-or-later
// Wrong on purpose: every mistake ends with exit code 2, one message on standard error that says what to do, and nothing on standard
// output.
#include "cli/command.h"
#include "support/test.h"

using namespace overcommit::test;

class WrongInputTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    good_ = folder_.write("good.toml", overcommittedScenario());
    trace_ = folder_.path("trace.octrace");
    QCOMPARE(overcommitCommand({"run", good_, "--quiet", "--trace", trace_}).code, 0);
    folder_.write("bad.toml", "title = \"x\"\nduration = \"1s\"\n[host]\nmemroy = \"8 MiB\"\n");
    folder_.write("alike.toml", overcommittedScenario().replace("[host]", "[host]\nprofile = \"esx7\""));
    folder_.write("not-a-trace.octrace", "something else altogether\n");
  }

  void mistakesAreNamed_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("message");
    const QString bad = folder_.path("bad.toml"), missing = folder_.path("missing.toml"), fake = folder_.path("not-a-trace.octrace");
    QTest::newRow("nothing at all") << QStringList{} << "what is to be done?";
    QTest::newRow("unknown command") << QStringList{"rnu"} << "there is no command \"rnu\"; did you mean \"run\"?";
    QTest::newRow("unknown option of none") << QStringList{"--verbose"} << "there is no option \"--verbose\"";
    QTest::newRow("half a command") << QStringList{"trace"}
                                    << "\"trace\" is not a command: there are trace info, trace events, trace state";
    QTest::newRow("unknown half") << QStringList{"trace", "evnts"} << "\"trace evnts\" is not a command";
    QTest::newRow("unknown option") << QStringList{"run", good_, "--sed", "3"} << "there is no option --sed; did you mean \"--seed\"?";
    QTest::newRow("no file named") << QStringList{"run"} << "FILE is missing: a scenario";
    QTest::newRow("two files") << QStringList{"run", good_, bad} << "is one argument too many";
    QTest::newRow("option without value") << QStringList{"run", good_, "--seed"} << "--seed";
    QTest::newRow("required option") << QStringList{"map", good_} << "--at T is missing";
    QTest::newRow("missing file") << QStringList{"run", missing} << "missing.toml";
    QTest::newRow("a directory") << QStringList{"run", QDir::tempPath()} << QDir::tempPath();
    QTest::newRow("bad scenario") << QStringList{"run", bad} << "bad.toml:4:1:";
    QTest::newRow("bad number") << QStringList{"run", good_, "--seed", "many"} << "--seed: \"many\" is not a whole number";
    QTest::newRow("huge number") << QStringList{"run", good_, "--seed", "99999999999999999999"}
                                 << "--seed: 99999999999999999999 is too large";
    QTest::newRow("time without unit") << QStringList{"run", good_, "--duration", "10"} << "--duration: the time \"10\" has no unit";
    QTest::newRow("unknown backend") << QStringList{"run", good_, "--backend", "unicron"} << "did you mean \"unicorn\"?";
    QTest::newRow("unwritable JSON") << QStringList{"run", good_, "--json", "/nowhere/x.json"}
                                     << "--json: cannot create /nowhere/x.json: no such file";
    QTest::newRow("unwritable CSV") << QStringList{"run", good_, "--csv", folder_.path("")} << "--csv: cannot create";
    QTest::newRow("unwritable trace") << QStringList{"run", good_, "--trace", "/nowhere/x.octrace"} << "/nowhere/x.octrace: no such file";
    QTest::newRow("output over input") << QStringList{"run", good_, "--json", good_} << "FILE and --json are the same file";
    QTest::newRow("two outputs in one") << QStringList{"run", good_, "--json", folder_.path("x"), "--csv", folder_.path("./x")}
                                        << "--json and --csv are the same file";
    QTest::newRow("unknown VM") << QStringList{"map", good_, "--at", "1s", "--vm", "c"} << "there is no VM \"c\"";
    QTest::newRow("no pages a character") << QStringList{"map", good_, "--at", "1s", "--pages", "0"}
                                          << "--pages: a character stands for one page";
    for (const char* command : {"map", "top"}) {
      QTest::addRow("%s of nothing known", command)
          << QStringList{command, fake, "--at", "1s"} << "not-a-trace.octrace is neither a trace nor a scenario";
      QTest::addRow("%s of a wrong scenario", command) << QStringList{command, bad, "--at", "1s"} << "bad.toml:4:1:";
      QTest::addRow("%s of no file", command) << QStringList{command, folder_.path("no.octrace"), "--at", "1s"}
                                              << "cannot open the scenario";
      for (const QString& file : {good_, trace_}) {
        const QString end =
            file == trace_ ? "99 s is beyond the end of the trace, which is at 2 s" : "99 s is beyond the end of the run, which is at 2 s";
        QTest::addRow("%s of %s beyond the end", command, file == trace_ ? "a trace" : "a run")
            << QStringList{command, file, "--at", "99s"} << "--at: " + end;
      }
    }
    QTest::newRow("state beyond the end") << QStringList{"trace", "state", trace_, "--at", "99s"}
                                          << "--at: 99 s is beyond the end of the trace, which is at 2 s";
    QTest::newRow("no CPU to walk") << QStringList{"walk", good_, "--at", "1s", "--vm", "a", "--gva", "0x1000"}
                                    << "a is played by a generator";
    QTest::newRow("bad address") << QStringList{"walk", good_, "--at", "1s", "--vm", "a", "--gva", "0xzz"}
                                 << "--gva: \"0xzz\" is not a whole number";
    QTest::newRow("huge address") << QStringList{"walk", good_, "--at", "1s", "--vm", "a", "--gva", "0xfffffffffffffffff"}
                                  << "--gva: 0xfffffffffffffffff is too large";
    QTest::newRow("trace to standard output") << QStringList{"run", good_, "--trace", "-"} << "--trace: only --json - is standard output";
    QTest::newRow("empty folder") << QStringList{"lab", "start", "1", ""} << "DIR is empty: it is a folder";
    QTest::newRow("option without a value") << QStringList{"lab", "export", "1", folder_.path("x")} << "--student is missing";
    QTest::newRow("one of many alike") << QStringList{"run", folder_.path("alike.toml")}
                                       << "\"esx7\" is not one of esx2, esx3, esx4, esx5, esx6\n";
    QTest::newRow("no trace") << QStringList{"trace", "info", missing} << "missing.toml";
    QTest::newRow("not a trace") << QStringList{"trace", "events", fake} << "not-a-trace.octrace";
    QTest::newRow("unknown program") << QStringList{"programs", "webservre"} << "did you mean \"webserver\"?";
    QTest::newRow("help of nothing") << QStringList{"help", "fly"} << "there is no command \"fly\"";
  }
  void mistakesAreNamed() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, message);
    const Outcome outcome = overcommitCommand(arguments);
    QVERIFY2(outcome.err.startsWith("overcommit: "), outcome.err.constData());
    QVERIFY2(outcome.err.contains(message.toUtf8()), outcome.err.constData());
    QCOMPARE(outcome.out, QByteArray());
    QCOMPARE(outcome.code, 2);
  }

  void aFailedStartLeavesTheScenarioAlone() {
    overcommitCommand({"run", good_, "--json", good_});
    QCOMPARE(ScenarioFolder::read(good_), overcommittedScenario());
  }

  void outputThatCannotBeWrittenIsNoSuccess() {
    QProcess process;
    process.setStandardOutputFile("/dev/full");
    process.start(kCommand, {"metrics"});
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitCode(), 2);
    QVERIFY(process.readAllStandardError().contains("cannot write to standard output: no space left on device"));
  }

  void aTraceThatCannotBeWrittenIsReported() {
    const Outcome outcome = overcommitCommand({"run", good_, "--quiet", "--trace", "/dev/full"});
    QCOMPARE(outcome.code, 2);
    QVERIFY2(outcome.err.contains("no space left on device"), outcome.err.constData());
  }

  void aTraceIsNoScenario() {
    const QString trace = folder_.path("good.octrace");
    QCOMPARE(overcommitCommand({"run", good_, "--quiet", "--trace", trace}).code, 0);
    const Outcome outcome = overcommitCommand({"run", trace});
    QCOMPARE(outcome.code, 2);
    QVERIFY2(outcome.err.contains("is a trace, not a scenario"), outcome.err.constData());
  }

  void aSwapDirectoryThatCannotBeUsedIsNamed() {
    const Outcome outcome = overcommitCommand({"run", good_}, {{"OVERCOMMIT_SWAP_DIR", "/nowhere"}});
    QCOMPARE(outcome.code, 2);
    QVERIFY2(outcome.err.contains("/nowhere") && outcome.err.contains("OVERCOMMIT_SWAP_DIR"), outcome.err.constData());
  }

  void aMissingReferenceGuestIsLookedForWhereItWasSaid() {
    const QString guest = folder_.write(
        "guest.toml",
        "title = \"t\"\nduration = \"1s\"\n[host]\nmemory = \"16 MiB\"\n[[vm]]\nname = \"g\"\nmemory = \"8 MiB\"\nprogram = \"idle\"\n");
    const Outcome outcome = overcommitCommand({"run", guest}, {{"OVERCOMMIT_GUESTS", "/nowhere"}});
    QCOMPARE(outcome.code, 2);
    QVERIFY2(outcome.err.contains("looked in /nowhere"), outcome.err.constData());
  }

 private:
  ScenarioFolder folder_;
  QString good_, trace_;
};

OVERCOMMIT_TEST(WrongInputTest)
#include "wrong_input_test.moc"
