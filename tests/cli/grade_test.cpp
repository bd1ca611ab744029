// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/stat.h>

#include <QElapsedTimer>
#include <fstream>

#include "cli/mini_lab.h"
#include "support/json_schema.h"
#include "support/test.h"

using namespace overcommit::test;

namespace {

constexpr int kAllPoints = 10'500;  // thousandths, without the note

Json checkNamed(const Json& result, const std::string& id) {
  for (const Json& check : result.at("checks")) {
    if (check.at("id") == id) return check;
  }
  return {};
}

QByteArray bits(int number) {
  QByteArray answers;
  if ((number & 1) != 0) answers += "asked = \"1 MiB\"\n";
  if ((number & 2) != 0) answers += "word = \"b\"\n";
  if ((number & 4) != 0) answers += "count = 256\n";
  return answers;
}

// Points of the submission that classOf() makes, in thousandths. Folder names are students, so the run "main" stays the lab's own.
int pointsOf(int number) {
  static constexpr int kOf[] = {2000, 1500, 1000};
  int points = 0;
  for (int bit = 0; bit < 3; ++bit) points += (number >> bit & 1) != 0 ? kOf[bit] : 0;
  return points + (number & 8 ? 2000 : 0) + (number & 16 ? 2000 : 0);
}

}  // namespace

class GradeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void referenceGetsEverythingAndNothingGetsNothing() {
    const Json reference = lab_.graded(lab_.reference());
    QVERIFY2(reference.is_object(), lab_.grade(lab_.reference()).err.constData());
    QCOMPARE(reference["milli_points"].get<int>(), kAllPoints);
    QVERIFY(reference["passed"].get<bool>() && reference["complete"].get<bool>());
    QCOMPARE(checkNamed(reference, "9")["status"].get<std::string>(), std::string("manual"));
    QCOMPARE(lab_.grade(lab_.reference()).code, 0);
    const Json empty = lab_.graded(lab_.empty());
    QCOMPARE(empty["milli_points"].get<int>(), 0);
    QCOMPARE(lab_.grade(lab_.empty()).code, 1);
    std::ifstream schema(OVERCOMMIT_SOURCE_DIR "/docs/reference/lab-result.schema.json");
    const auto mistakes = schemaMistakes(reference, Json::parse(schema));
    QVERIFY2(mistakes.empty(), mistakes.empty() ? "" : mistakes.front().c_str());
  }

  void sameSubmissionGivesTheSameBytes() {
    const QByteArray once = lab_.grade(lab_.reference(), {"--format", "json"}).out;
    QVERIFY(!once.isEmpty());
    QCOMPARE(lab_.grade(lab_.reference(), {"--format", "json"}).out, once);
    QCOMPARE(lab_.run({"grade", lab_.path("labs/lab-1-mini"), "--submission", lab_.reference(), "--format", "json"}).out, once);
  }

  void exitPolicyRanIsWellOnceThereIsAResult() {
    QCOMPARE(lab_.grade(lab_.empty(), {"--exit-policy", "ran"}).code, 0);
    QCOMPARE(lab_.grade(lab_.empty(), {"--exit-policy", "pass"}).code, 1);
    QCOMPARE(lab_.grade(lab_.path("nowhere"), {"--exit-policy", "ran"}).code, 2);
    QCOMPARE(lab_.grade(lab_.empty(), {"--exit-policy", "both"}).code, 2);
    QCOMPARE(lab_.run({"grade", "9", "--submission", lab_.empty(), "--exit-policy", "ran"}).code, 2);
  }

  void pointsBetweenFullAndNoneAreInProportion() {
    lab_.write("half/settings.toml", "\"vm.a.limit\" = \"3 MiB\"\n");
    const Json check = checkNamed(lab_.graded(lab_.path("half")), "4");
    QCOMPARE(check["milli_points"].get<int>(), 2000);
    QCOMPARE(check["status"].get<std::string>(), std::string("partial"));
  }

  void wrongAnswersShowTheSteps() {
    lab_.write("wrong/answers.toml", "asked = \"4 MiB\"\n");
    const Json check = checkNamed(lab_.graded(lab_.path("wrong")), "1");
    QCOMPARE(check["expected"].get<std::string>(), std::string("1 MiB"));
    QCOMPARE(check["got"].get<std::string>(), std::string("4 MiB"));
    QVERIFY2(check["steps"] == Json::array({"Its working set is 1 MiB."}), check["steps"].dump().c_str());
    QVERIFY2(check["what"].get<std::string>().find("It has ") != std::string::npos, check["what"].dump().c_str());
    QVERIFY(lab_.grade(lab_.path("wrong")).out.contains("--open 1"));
  }

  void settingsThatAreNotTheStudentsAreRefused_data() {
    QTest::addColumn<QByteArray>("settings");
    QTest::addColumn<QByteArray>("why");
    QTest::newRow("another setting") << QByteArray("\"host.memory\" = \"64 MiB\"\n") << QByteArray("not yours to set");
    QTest::newRow("seed") << QByteArray("seed = 7\n") << QByteArray("not yours to set");
    QTest::newRow("beyond") << QByteArray("\"vm.a.limit\" = \"5 MiB\"\n") << QByteArray("can be 512 KiB to 4 MiB");
    QTest::newRow("number") << QByteArray("\"vm.a.limit\" = 5\n") << QByteArray("can be 512 KiB to 4 MiB");
    QTest::newRow("no TOML") << QByteArray("\"vm.a.limit\" = \n") << QByteArray("settings.toml:1:");
    QTest::newRow("no pages") << QByteArray("\"vm.a.limit\" = \"1000001 B\"\n") << QByteArray("whole pages");
  }
  void settingsThatAreNotTheStudentsAreRefused() {
    QFETCH(QByteArray, settings);
    QFETCH(QByteArray, why);
    lab_.write("own-settings/settings.toml", settings);
    const Outcome outcome = lab_.grade(lab_.path("own-settings"), {"--format", "json"});
    QCOMPARE(outcome.code, 1);
    const Json check = checkNamed(Json::parse(outcome.out.toStdString()), "4");
    QCOMPARE(check["milli_points"].get<int>(), 0);
    QVERIFY2(check["got"].get<std::string>().find(why.toStdString()) != std::string::npos, check["got"].dump().c_str());
  }

  // Rules: nothing of a submission is believed; what cannot be read is explained and graded.
  void nonsenseIsGradedAndExplained() {
    lab_.write("nonsense/answers.toml", "asked = = \n");
    lab_.write("nonsense/settings.toml", QByteArray(2 << 20, 'x'));
    lab_.write("nonsense/test.toml", QByteArray("\0\xff\xfe", 3));
    lab_.write("nonsense/lab.toml", "title = \"mine\"\n");
    lab_.write("nonsense/run.toml", "mine\n");
    QFile::link("/etc/passwd", lab_.path("nonsense/note.md"));
    const Outcome outcome = lab_.grade(lab_.path("nonsense"), {"--format", "json"});
    QCOMPARE(outcome.code, 1);
    const Json result = Json::parse(outcome.out.toStdString());
    QVERIFY(result["complete"].get<bool>());
    QCOMPARE(result["milli_points"].get<int>(), 0);
    QVERIFY(checkNamed(result, "2")["got"].get<std::string>().find("answers.toml:1:") != std::string::npos);
    QVERIFY(checkNamed(result, "9")["got"].get<std::string>().find("leads out") != std::string::npos);
    QVERIFY(checkNamed(result, "4")["got"].get<std::string>().find("1048576 bytes") != std::string::npos);
    QVERIFY(!outcome.out.contains("root:"));
  }

  void pipeInASubmissionHoldsNobodyUp() {
    QDir().mkpath(lab_.path("pipe"));
    QCOMPARE(mkfifo(lab_.path("pipe/answers.toml").toUtf8().constData(), 0600), 0);
    QCOMPARE(lab_.grade(lab_.path("pipe")).code, 1);
  }

  void testsThatProveNothingGetNothing_data() {
    QTest::addColumn<QByteArray>("test");
    QTest::addColumn<int>("points");
    QTest::addColumn<QByteArray>("why");
    QByteArray both = MiniLab::testText();
    QTest::newRow("finds both") << both << 2000 << QByteArray("2 of 2");
    QByteArray one = both;
    one.replace("max = \"1 MiB\"\n", "");
    QTest::newRow("finds one") << one << 1000 << QByteArray("lets through: large");
    QByteArray never = both;
    never.replace("min = \"1 MiB\"\nmax = \"1 MiB\"", "max = \"0 MiB\"");
    QTest::newRow("fails always") << never << 0 << QByteArray("on a sound engine it fails");
    QByteArray nothing = both;
    nothing.truncate(nothing.indexOf("[[expect]]"));
    QTest::newRow("expects nothing") << nothing << 0 << QByteArray("write an [[expect]]");
    QByteArray file = both;
    file.replace("generator = \"sequential\"", "script = \"/etc/passwd\"").replace("[vm.args]\nworking_set = \"1 MiB\"\n", "");
    QTest::newRow("names a file") << file << 0 << QByteArray("names a file");
    QByteArray large = both;
    large.replace("memory = \"16 MiB\"", "memory = \"64 GiB\"");
    QTest::newRow("wants a large host") << large << 0 << QByteArray("a test runs");
  }
  void testsThatProveNothingGetNothing() {
    QFETCH(QByteArray, test);
    QFETCH(int, points);
    QFETCH(QByteArray, why);
    lab_.write("tests/test.toml", test);
    const Json check = checkNamed(lab_.graded(lab_.path("tests")), "7");
    QCOMPARE(check["milli_points"].get<int>(), points);
    QVERIFY2(check["got"].get<std::string>().find(why.toStdString()) != std::string::npos, check["got"].dump().c_str());
  }

  void studentsHaveSeedsOfTheirOwnAndHiddenOnesNeedTheSecret() {
    const QMap<QString, QString> secret{{"OVERCOMMIT_LAB_SECRET", "sixteen characters"}},
        other{{"OVERCOMMIT_LAB_SECRET", "another secret of a teacher"}};
    const auto seeds = [&](const QString& student, const QMap<QString, QString>& environment) {
      const Outcome outcome =
          lab_.run({"grade", "1", "--submission", lab_.reference(), "--student", student, "--format", "json"}, environment);
      QMap<QString, QPair<quint64, QString>> all;
      const Json result = Json::parse(outcome.out.toStdString(), nullptr, false);
      for (const Json& run : result["runs"])
        all[QString::fromStdString(run["name"].get<std::string>())] = {run["seed"].get<quint64>(),
                                                                       QString::fromStdString(run["variant"].get<std::string>())};
      return all;
    };
    const auto ada = seeds("ada", secret), bob = seeds("bob", secret), adaElsewhere = seeds("ada", other);
    QCOMPARE(ada.size(), 3);
    QCOMPARE(ada["main"].first, quint64{3});
    QCOMPARE(bob["main"], ada["main"]);
    QVERIFY(ada["own"].first != bob["own"].first && ada["hidden"].first != bob["hidden"].first);
    QCOMPARE(adaElsewhere["own"], ada["own"]);
    QVERIFY(adaElsewhere["hidden"].first != ada["hidden"].first);
    QVERIFY(ada["own"].second.startsWith("vm.a.args.working_set = "));
    QCOMPARE(seeds("ada", secret), ada);
    const Json without = lab_.graded(lab_.reference(), {"--student", "ada"});
    QVERIFY(without["warnings"].dump().find("OVERCOMMIT_LAB_SECRET") != std::string::npos);
    QCOMPARE(lab_.run({"grade", "1", "--submission", lab_.reference()}, {{"OVERCOMMIT_LAB_SECRET", "short"}}).code, 2);
  }

  void verifyingFindsWhatWasChanged() {
    const QString file = lab_.path("result.json");
    QCOMPARE(lab_.grade(lab_.reference(), {"--format", "json", "--out", file, "--quiet"}).code, 0);
    const Outcome same = lab_.grade(lab_.reference(), {"--verify", file});
    QCOMPARE(same.code, 0);
    QVERIFY(same.out.startsWith("verified"));
    QByteArray text = ScenarioFolder::read(file);
    text.replace("\"milli_points\": 10500", "\"milli_points\": 10600");
    lab_.write("result.json", text);
    const Outcome changed = lab_.grade(lab_.reference(), {"--verify", file});
    QCOMPARE(changed.code, 1);
    QVERIFY2(changed.out.contains("/milli_points: was 10600, is 10500"), changed.out.constData());
  }

  void theRunOfACheckIsWrittenForTheApp() {
    const QString trace = lab_.path("moment.octrace");
    const Outcome outcome = lab_.run({"grade", "1", "--submission", lab_.reference(), "--open", "1", "--trace", trace});
    QVERIFY2(outcome.code == 0, outcome.err.constData());
    QCOMPARE(lab_.run({"trace", "info", trace}).code, 0);
    QCOMPARE(lab_.run({"grade", "1", "--submission", lab_.reference(), "--trace", trace}).code, 2);
    const Outcome full = lab_.run({"grade", "1", "--submission", lab_.reference(), "--open", "1", "--trace", lab_.path("no/such.octrace")});
    QCOMPARE(full.code, 2);
    QVERIFY(full.err.contains("cannot write"));
  }

  void openSaysHowWhereThereIsNoScreen() {
    const Outcome outcome = lab_.run({"grade", "1", "--submission", lab_.reference(), "--open", "1"},
                                     {{"DISPLAY", ""}, {"WAYLAND_DISPLAY", ""}, {"QT_QPA_PLATFORM", ""}});
    QCOMPARE(outcome.code, 0);
    QVERIFY2(outcome.out.contains("overcommit-gui --at 100ms "), outcome.out.constData());
    const QString trace = QString::fromUtf8(outcome.out).section("The run \"main\" is in ", 1).section(';', 0, 0);
    QVERIFY2(QFile::exists(trace), qPrintable(trace));
    QDir(QFileInfo(trace).path()).removeRecursively();
    QCOMPARE(lab_.grade(lab_.reference(), {"--open", "77"}).code, 2);
  }

  void oneCheckCanBeLookedAtAlone() {
    const Outcome outcome = lab_.run({"lab", "check", "1", "2", "--submission", lab_.reference()});
    QCOMPARE(outcome.code, 0);
    QVERIFY(outcome.out.contains("1.5 of 1.5 points, 1 of 1 checks passed"));
    QCOMPARE(lab_.run({"lab", "check", "1", "2", "--submission", lab_.empty()}).code, 1);
  }

  // A result file is whole whenever grading is killed.
  void resultCanBeReadHoweverGradingEnds() {
    const QString file = lab_.path("killed.json");
    std::ifstream schemaFile(OVERCOMMIT_SOURCE_DIR "/docs/reference/lab-result.schema.json");
    const Json schema = Json::parse(schemaFile);
    int incomplete = 0;
    for (std::size_t after = 0; after < 5; ++after) {
      QFile::remove(file);
      QProcess process;
      process.setProcessEnvironment(environmentWith(lab_.environment()));
      process.start(kCommand, {"grade", "1", "--submission", lab_.reference(), "--format", "json", "--out", file, "--quiet"});
      // As soon as so many checks are done, or it has ended.
      while (process.state() != QProcess::NotRunning) {
        const Json seen = Json::parse(ScenarioFolder::read(file).toStdString(), nullptr, false);
        if (seen.is_object() && seen["checks"].size() >= after) break;
        process.waitForFinished(1);
      }
      process.kill();
      process.waitForFinished();
      const Json result = Json::parse(ScenarioFolder::read(file).toStdString(), nullptr, false);
      QVERIFY2(result.is_object(), "the file is there and whole");
      QVERIFY(schemaMistakes(result, schema).empty());
      QVERIFY(result["checks"].size() >= after);
      QCOMPARE(result["complete"].get<bool>(),
               result["checks"].size() == result["all_checks"].get<std::size_t>() && !result["exit_code"].is_null());
      incomplete += result["complete"].get<bool>() ? 0 : 1;
    }
    QVERIFY2(incomplete > 0, "at least the first was killed before its end");
  }

  void classOfFiftyGetsWhatItDeserves() {
    constexpr int kStudents = 50;
    for (int i = 0; i < kStudents; ++i) {
      const QString folder = QString("class/student-%1").arg(i, 2, 10, QChar('0'));
      lab_.write(folder + "/answers.toml", bits(i));
      if ((i & 8) != 0) lab_.write(folder + "/settings.toml", "\"vm.a.limit\" = \"3 MiB\"\n");
      if ((i & 16) != 0) lab_.write(folder + "/test.toml", MiniLab::testText());
    }
    const Outcome outcome = lab_.run({"grade", "1", "--many", lab_.path("class"), "--jobs", "4", "--out", lab_.path("results"),
                                      "--gradebook", lab_.path("book.csv"), "--quiet"});
    QVERIFY2(outcome.code == 0, outcome.err.constData());
    const QStringList rows = QString::fromUtf8(ScenarioFolder::read(lab_.path("book.csv"))).split('\n', Qt::SkipEmptyParts);
    QCOMPARE(rows.size(), kStudents + 1);
    QCOMPARE(rows[0], QString("student,points,max,passed,complete,exit,1,2,3,4,5,6,7,8,9"));
    for (int i = 0; i < kStudents; ++i) {
      const QStringList cells = rows[i + 1].split(',');
      QCOMPARE(cells[0], QString("student-%1").arg(i, 2, 10, QChar('0')));
      QCOMPARE(qRound(cells[1].toDouble() * 1000), pointsOf(i));
      QCOMPARE(cells[2], QString("10.5"));
      QCOMPARE(cells[4], QString("true"));
      const Json result = Json::parse(ScenarioFolder::read(lab_.path("results/" + cells[0] + ".json")).toStdString(), nullptr, false);
      QCOMPARE(result["milli_points"].get<int>(), pointsOf(i));
    }
    // The number of jobs changes nothing.
    QStringList few{rows[0]};
    for (const int i : {3, 31}) {
      const QString name = rows[i + 1].section(',', 0, 0);
      for (const char* file : {"answers.toml", "settings.toml", "test.toml"})
        lab_.write("few/" + name + "/" + file, ScenarioFolder::read(lab_.path("class/" + name + "/" + file)));
      few << rows[i + 1];
    }
    const Outcome alone = lab_.run({"grade", "1", "--many", lab_.path("few"), "--jobs", "1", "--quiet"});
    QCOMPARE(QString::fromUtf8(alone.out), few.join('\n') + "\n");
  }

  void whatIsNoFolderIsPassedOverAloud() {
    lab_.write("some/ada/answers.toml", "word = \"b\"\n");
    lab_.write("some/notes.txt", "mine");
    const Outcome outcome = lab_.run({"grade", "1", "--many", lab_.path("some")});
    QCOMPARE(outcome.code, 0);
    QVERIFY2(outcome.err.contains("each submission is a folder: notes.txt"), outcome.err.constData());
    QVERIFY(outcome.out.contains("\nada,"));
  }

  void commandLineThatMakesNoSenseIsRefused() {
    QCOMPARE(lab_.run({"grade", "1"}).code, 2);
    QCOMPARE(lab_.run({"grade", "1", "--submission", lab_.empty(), "--many", lab_.empty()}).code, 2);
    QCOMPARE(lab_.run({"grade", "1", "--submission", lab_.empty(), "--jobs", "2"}).code, 2);
    QCOMPARE(lab_.run({"grade", "1", "--many", lab_.empty()}).code, 2);
    QCOMPARE(lab_.grade(lab_.empty(), {"--format", "pdf"}).code, 2);
    QVERIFY(lab_.run({"grade", "lab-1-mnii", "--submission", lab_.empty()}).err.contains("did you mean \"lab-1-mini\"?"));
  }

 private:
  MiniLab lab_;
};

OVERCOMMIT_TEST(GradeTest)
#include "grade_test.moc"
