// SPDX-License-Identifier: GPL-2.0-or-later
// Policies, drivers and saboteurs as the command takes them: what it says, what it writes, how it ends.
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <fstream>

#include "base/saboteur.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/policy_setup.h"
#include "support/json_schema.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

QByteArray victimPolicy(const QByteArray& body) {
  return "from overcommit_policy import VictimPolicy, serve\nimport os, time\n\nclass Mine(VictimPolicy):\n"
         "    candidates_wanted = 1\n    def choose(self, question, candidates):\n        " +
         body + "\n\nserve(Mine())\n";
}

QJsonObject jsonObject(const QByteArray& json) { return QJsonDocument::fromJson(json).object(); }

}  // namespace

class PolicyTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    const Confinement here = probeConfinement();
    if (!here.complete()) QSKIP(here.text().c_str());
    scenario_ = folder_.write("two.toml", overcommittedScenario());
    plain_ = jsonObject(overcommitCommand({"run", scenario_, "--json", "-"}).out).value("digest").toString();
    QCOMPARE(plain_.size(), 32);
  }

  void aPolicyIsAnInputOfTheRunAndInItsReports() {
    const QString trace = folder_.path("policy.octrace");
    const QString file = folder_.write("first.py", victimPolicy("print('asked'); return 0"));
    const Outcome outcome =
        overcommitCommand({"run", scenario_, "--duration", "1s", "--policy", "victim=" + file, "--trace", trace, "--json", "-"});
    QVERIFY2(outcome.err.isEmpty(), outcome.err.constData());
    QCOMPARE(outcome.code, 0);
    const QJsonObject policy = jsonObject(outcome.out).value("policies").toArray().at(0).toObject();
    QCOMPARE(policy.value("decides").toString(), QString("victim"));
    QVERIFY(policy.value("questions").toInt() > 10);
    QVERIFY(policy.value("failure").isNull());
    const Outcome info = overcommitCommand({"trace", "info", trace});
    QVERIFY2(info.out.contains("policy victim=first.py") || info.out.contains("victim=first.py"), info.out.constData());
    const Outcome printed = overcommitCommand({"trace", "events", trace, "--kind", "policy-printed", "--limit", "1"});
    QVERIFY2(printed.out.contains("asked"), printed.out.constData());
  }

  void aPolicyThatAnswersAsTheBuiltInOneKeepsTheDigest() {
    const Outcome outcome =
        overcommitCommand({"run", scenario_, "--policy", "victim=" + folder_.write("same.py", victimPolicy("return 0")), "--json", "-"});
    QCOMPARE(jsonObject(outcome.out).value("digest").toString(), plain_);
  }

  void anAnswerThatCannotBeUsedIsToldOfWithWhatItMayBe() {
    const QString trace = folder_.path("wrong.octrace");
    const QString file = folder_.write("wrong.py", victimPolicy("return 99"));
    QCOMPARE(overcommitCommand({"run", scenario_, "--quiet", "--duration", "1s", "--policy", "victim=" + file, "--trace", trace}).code, 0);
    const Outcome told = overcommitCommand({"trace", "events", trace, "--kind", "policy-answer"});
    QVERIFY2(told.out.contains("\"answered 99; it may be the index of one of the 1 candidates, 0 to 0\"  <- #"),
             told.out.left(400).constData());
    QVERIFY2(told.out.count('\n') <= 100, "a policy that is always wrong fills no trace");
  }

  void howAPolicyFailsDecidesTheExitCode_data() {
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("words");
    QTest::addRow("crash") << QByteArray("os.abort()") << 5 << QByteArray("SIGABRT");
    QTest::addRow("exception") << QByteArray("return candidates[7].gfn") << 5 << QByteArray("IndexError");
    QTest::addRow("hang") << QByteArray("time.sleep(1000)") << 5 << QByteArray("hung");
    QTest::addRow("protocol") << QByteArray("os.write(3, b'x' * 24); return 0") << 5 << QByteArray("no answer");
    QTest::addRow("syntax") << QByteArray("return return") << 3 << QByteArray("SyntaxError");
  }
  void howAPolicyFailsDecidesTheExitCode() {
    QFETCH(const QByteArray, body);
    QFETCH(const int, code);
    QFETCH(const QByteArray, words);
    const QString file = folder_.write("failing.py", victimPolicy(body));
    const QString trace = folder_.path("failing.octrace");
    const bool hangs = words == "hung";
    const Outcome outcome = overcommitCommand({"run", scenario_, "--policy", "victim=" + file, "--trace", trace},
                                              {{"OVERCOMMIT_POLICY_PATIENCE", hangs ? "500" : "20000"}});
    QCOMPARE(outcome.code, code);
    QVERIFY2((outcome.out + outcome.err).contains(words), (outcome.out + outcome.err).constData());
    if (code == 3) return;
    const Outcome events = overcommitCommand({"trace", "events", trace, "--kind", "policy-failed"});
    QVERIFY2(events.out.contains("victim policy failing.py"), events.out.constData());
  }

  void aPatienceThatIsNoneIsRefused() {
    const QString file = folder_.write("patient.py", victimPolicy("return 0"));
    const Outcome outcome = overcommitCommand({"run", scenario_, "--policy", "victim=" + file}, {{"OVERCOMMIT_POLICY_PATIENCE", "abc"}});
    QCOMPARE(outcome.code, 2);
    QVERIFY2(outcome.err.contains("OVERCOMMIT_POLICY_PATIENCE is \"abc\": it is a number of milliseconds"), outcome.err.constData());
  }

  void theFailureOfAPolicyIsInTheJsonResult() {
    const QString file = folder_.write("crashing.py", victimPolicy("os.abort()"));
    const Outcome outcome = overcommitCommand({"run", scenario_, "--policy", "victim=" + file, "--json", "-"});
    const QJsonObject run = jsonObject(outcome.out);
    QCOMPARE(run.value("exit_code").toInt(), 5);
    QCOMPARE(run.value("policies").toArray().at(0).toObject().value("failure").toString(), QString("crashed"));
    QCOMPARE(run.value("ending").toString(), QString("stopped"));
  }

  void mistakesInTheOptionSayWhatIsRight_data() {
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QByteArray>("words");
    const QString file = folder_.write("good.py", victimPolicy("return 0"));
    QTest::addRow("no kind") << QStringList{"--policy", file} << QByteArray("KIND=FILE");
    QTest::addRow("unknown kind") << QStringList{"--policy", "evict=" + file} << QByteArray("kinds: match, victim, zip");
    QTest::addRow("no file") << QStringList{"--policy", "victim=" + folder_.path("nowhere.cpp")} << QByteArray("is not there");
    QTest::addRow("a walk") << QStringList{"--policy", "walk=" + file} << QByteArray("--walks what it is to be asked");
    QTest::addRow("walks without a walker") << QStringList{"--walks", "a@1s:5"} << QByteArray("Give --policy walk=FILE");
    QTest::addRow("walks of no form") << QStringList{"--policy", "walk=" + file, "--walks", "a:1s:5"} << QByteArray("VM@TIME:COUNT");
    QTest::addRow("too many walks") << QStringList{"--policy", "walk=" + file, "--walks", "a@1s:500000"} << QByteArray("1 to 100000");
    QTest::addRow("twice") << QStringList{"--policy", "victim=" + file, "--policy", "victim=" + file} << QByteArray("two victim policies");
    QTest::addRow("driver") << QStringList{"--driver", file} << QByteArray("no C file");
    QTest::addRow("saboteur") << QStringList{"--sabotage", "missing-brake"} << QByteArray("missing-break");
  }
  void mistakesInTheOptionSayWhatIsRight() {
    QFETCH(const QStringList, options);
    QFETCH(const QByteArray, words);
    const Outcome outcome = overcommitCommand(QStringList{"run", scenario_} + options);
    QCOMPARE(outcome.code, 2);
    QVERIFY2(outcome.err.contains(words), outcome.err.constData());
  }

  // Walks are asked for on the way, change nothing, and are counted.
  void aWalkerIsHeldAgainstTheEnginesOwnWalks() {
    const QString lab = kSource + "/labs/lab-2-page-walk";
    const QString plain = jsonObject(overcommitCommand({"run", lab + "/walk.toml", "--json", "-"}).out).value("digest").toString();
    const auto walked = [&](const QString& walker) {
      const Outcome outcome = overcommitCommand(
          {"run", lab + "/walk.toml", "--policy", "walk=" + walker, "--walks", "guest@300ms:200", "--policy-layout", "3", "--json", "-"});
      return Json::parse(outcome.out.toStdString(), nullptr, false);
    };
    const Json right = walked(lab + "/reference/walk.cpp");
    QVERIFY(right.is_object());
    QCOMPARE(QString::fromStdString(right["digest"].get<std::string>()), plain);
    std::ifstream schema(OVERCOMMIT_SOURCE_DIR "/docs/reference/run-result.schema.json");
    const auto mistakes = schemaMistakes(right, Json::parse(schema));
    QVERIFY2(mistakes.empty(), mistakes.empty() ? "" : mistakes.front().c_str());
    int asked = 0;
    for (const Json& kind : right["walks"]) {
      asked += kind["asked"].get<int>();
      QCOMPARE(kind["right"].get<int>(), kind["asked"].get<int>());
      QCOMPARE(kind["counted"].get<int>(), kind["asked"].get<int>());
      QCOMPARE(kind["marked"].get<int>(), kind["asked"].get<int>());
    }
    QCOMPARE(asked, 200);
    // Accessed and dirty bits are those of the guest's own tables.
    const Json marking = walked(lab + "/saboteurs/always-dirty/walk.cpp");
    for (const Json& kind : marking["walks"]) {
      const bool isMapped = kind["kind"] == "mapped";
      QCOMPARE(kind["right"].get<int>(), kind["asked"].get<int>());
      QVERIFY2((kind["marked"] == kind["asked"]) != isMapped, marking["walks"].dump().c_str());
      QCOMPARE(kind["mismarked"].get<std::string>().find("bits in the guest's tables") != std::string::npos, isMapped);
    }
    // One that takes a short cut is right, and is told so.
    const Json shortCut = walked(lab + "/saboteurs/guest-only/walk.cpp");
    bool miscounted = false;
    for (const Json& kind : shortCut["walks"]) {
      if (kind["kind"] != "mapped") continue;
      QCOMPARE(kind["right"].get<int>(), kind["asked"].get<int>());
      QCOMPARE(kind["counted"].get<int>(), 0);
      miscounted = kind["miscounted"].get<std::string>().find("takes the hardware 24 references") != std::string::npos;
    }
    QVERIFY2(miscounted, shortCut["walks"].dump().c_str());
  }

  // A large page's entry tells its first frame; the byte lies in one behind it.
  void aWalkEndsInTheFrameOfTheByte() {
    const auto endOf = [](const char* scenario) {
      const Outcome outcome = overcommitCommand(
          {"walk", kSource + "/labs/lab-2-page-walk/" + scenario, "--at", "300ms", "--vm", "guest", "--gva", "0x10001180123"});
      return QString::fromUtf8(outcome.out).section("ends after ", 1);
    };
    const QString small = endOf("walk.toml"), large = endOf("large.toml");
    QVERIFY2(small.startsWith("24 memory references: gva 0x10001180123 -> gpa 0x2d4123 -> mfn 0x4d4, machine address 0x4d4123"),
             qPrintable(small));
    QVERIFY2(large.startsWith("23 memory references: gva 0x10001180123 -> gpa 0x2d4123 -> mfn 0x4d4, machine address 0x4d4123"),
             qPrintable(large));
  }

  void withoutConfinementPoliciesAreRefusedUnlessAllowed() {
    const Confinement nothing;
    const auto refused = confinementFor(nothing, false);
    QVERIFY(!refused);
    QVERIFY2(refused.error().text.find("--unconfined") != std::string::npos, refused.error().text.c_str());
    QVERIFY(confinementFor(nothing, true).has_value());
    QCOMPARE(exitCodeFor(refused.error()), ExitCode::BackendUnavailable);
  }

  void theDoctorSaysHowPoliciesAreConfined() {
    const Outcome outcome = overcommitCommand({"doctor"});
    QVERIFY2(outcome.out.contains("policies of your own are confined by "), outcome.out.constData());
  }

  void aRunWithASaboteurSaysSoEverywhere() {
    const QString trace = folder_.path("sabotaged.octrace"), json = folder_.path("sabotaged.json");
    const Outcome outcome = overcommitCommand({"run", scenario_, "--sabotage", "no-hysteresis", "--trace", trace, "--json", json});
    QCOMPARE(outcome.code, 0);
    QVERIFY(outcome.out.startsWith("*** SABOTAGED: no-hysteresis"));
    QCOMPARE(jsonObject(ScenarioFolder::read(json)).value("sabotage").toString(), QString("no-hysteresis"));
    QVERIFY(overcommitCommand({"trace", "info", trace}).out.contains("SABOTAGED     no-hysteresis"));
    QVERIFY(overcommitCommand({"trace", "events", trace, "--kind", "mark"}).out.contains("SABOTAGED: no-hysteresis"));
  }

  void helpAndReferenceNameEverySaboteur() {
    const QByteArray help = overcommitCommand({"run", "--help"}).out.simplified();
    const QByteArray page = ScenarioFolder::read(kSource + "/docs/reference/saboteurs.md");
    for (const SaboteurInfo& info : saboteurTable()) {
      QVERIFY2(help.contains(QByteArray(info.name.data(), static_cast<qsizetype>(info.name.size()))), info.name.data());
      const std::string row = fmt::format("| `{}` | {} | {} |\n", info.name, info.breaks, info.foundBy);
      QVERIFY2(page.contains(row.c_str()), row.c_str());
    }
  }

 private:
  ScenarioFolder folder_;
  QString scenario_, plain_;
};

OVERCOMMIT_TEST(PolicyTest)
#include "policy_test.moc"
