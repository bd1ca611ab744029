// SPDX-License-Identifier: GPL-2.0-or-later
#include <QRegularExpression>

#include "cli/mini_lab.h"
#include "support/json_schema.h"
#include "support/test.h"

using namespace overcommit::test;

namespace {

QStringList filesIn(const QString& folder) {
  QStringList files;
  for (QDirIterator all(folder, QDir::Files, QDirIterator::Subdirectories); all.hasNext();)
    files << QDir(folder).relativeFilePath(all.next());
  files.sort();
  return files;
}

// Of docs/how-to/jobs.
const QString kParallelJob = "grade-with-parallel.sh", kSlurmJob = "grade-with-slurm.sh";

const QMap<QString, QString> kStudents{{"ada", "b"}, {"bob", "a"}, {"eve", "b"}};  // and what they answer

}  // namespace

class LabTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void labsAreListedByNumber() {
    const Outcome outcome = lab_.run({"lab", "list"});
    QCOMPARE(outcome.code, 0);
    QVERIFY2(outcome.out.startsWith("  1  Mini"), outcome.out.constData());
    QVERIFY(outcome.out.contains("10.5 points  lab-1-mini"));
  }

  void labsAreDescribedForTheApp() {
    const Outcome outcome = lab_.run({"lab", "list", "--format", "json"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.out.count('\n'), 1);
    const Json lab = Json::parse(outcome.out.toStdString(), nullptr, false);
    QCOMPARE(lab["name"].get<std::string>(), std::string("lab-1-mini"));
    QCOMPARE(lab["folder"].get<std::string>(), lab_.path("labs/lab-1-mini").toStdString());
    QCOMPARE(lab["milli_points"].get<int>(), 10'500);
    // A hidden run is told to nobody.
    QCOMPARE(lab["runs"].size(), std::size_t{2});
    QCOMPARE(lab["runs"][1]["scenario"].get<std::string>(), std::string("run.toml"));
    QCOMPARE(lab_.run({"lab", "list", "--format", "xml"}).code, 2);
  }

  void startGivesTheQuestionsButNoAnswers() {
    const QString folder = lab_.path("work");
    QVERIFY2(lab_.run({"lab", "start", "1", folder}).code == 0, "");
    QCOMPARE(filesIn(folder), (QStringList{"answers.toml", "handout.md", "note.md", "run.toml", "settings.toml"}));
    QCOMPARE(ScenarioFolder::read(folder + "/.overcommit-lab"), QByteArray("lab-1-mini\n"));
    const QByteArray answers = ScenarioFolder::read(folder + "/answers.toml");
    QVERIFY2(answers.contains("# Asked at 5 ms of run.toml: It has") && answers.contains("# asked = \"... MiB\""), answers.constData());
    QVERIFY(answers.contains("# word = ") && answers.contains("#   b: yes") && answers.contains("# count = ..."));
    QVERIFY(ScenarioFolder::read(folder + "/settings.toml").contains("# \"vm.a.limit\" = ...   (\"512 KiB\" to \"4 MiB\")"));
    // What is handed in as it is gets nothing, and can be read.
    const Json result = lab_.graded(folder);
    QCOMPARE(result["milli_points"].get<int>(), 0);
    QVERIFY(result["warnings"].empty());
  }

  void startOverwritesNothing() {
    lab_.write("mine/answers.toml", "my work");
    const Outcome outcome = lab_.run({"lab", "start", "1", lab_.path("mine")});
    QCOMPARE(outcome.code, 2);
    QVERIFY(outcome.err.contains("is not empty"));
    QCOMPARE(ScenarioFolder::read(lab_.path("mine/answers.toml")), QByteArray("my work"));
  }

  void questionsOfAStudentAreMadeForThisStudent() {
    QCOMPARE(lab_.run({"lab", "start", "1", lab_.path("ada"), "--student", "ada"}).code, 0);
    QVERIFY(ScenarioFolder::read(lab_.path("ada/answers.toml")).contains("student = \"ada\""));
    QCOMPARE(lab_.graded(lab_.path("ada"))["student"].get<std::string>(), std::string("ada"));
    const Json other = lab_.graded(lab_.path("ada"), {"--student", "bob"});
    QVERIFY(other["warnings"].dump().find("made for the student") != std::string::npos);
  }

  void studentsGetNothingThatIsForTeachers() {
    const QString folder = lab_.path("labs-for-students/lab-1-mini");
    QVERIFY2(lab_.run({"lab", "export", "1", folder, "--student"}).code == 0, "");
    QCOMPARE(filesIn(folder), (QStringList{"handout.md", "lab.toml", "run.toml", "starter/note.md"}));
    const QByteArray text = ScenarioFolder::read(folder + "/lab.toml");
    QVERIFY(!text.contains("saboteur") && !text.contains("hidden") && !text.contains("Never swapped"));
    const Outcome lint = lab_.run({"lab", "lint", folder});
    QCOMPARE(lint.code, 2);
    QVERIFY2(lint.err.contains("is a copy for students") && lint.err.contains("overcommit-teacher"), lint.err.constData());
    const Outcome outcome = overcommitCommand({"grade", "1", "--submission", lab_.reference(), "--format", "json"},
                                              {{"OVERCOMMIT_LABS", lab_.path("labs-for-students")}});
    QCOMPARE(outcome.code, 0);
    const Json result = Json::parse(outcome.out.toStdString());
    QCOMPARE(result["checks"].size(), std::size_t{8});
    QCOMPARE(result["milli_points"].get<int>(), 10'500);
    QVERIFY(result["warnings"].dump().find("one more check is with your teacher") != std::string::npos);
    // A copy of the copy is the same.
    QCOMPARE(lab_.run({"lab", "export", folder, lab_.path("copies/lab-1-mini"), "--student"}).code, 0);
    QCOMPARE(ScenarioFolder::read(lab_.path("copies/lab-1-mini/lab.toml")), text);
    // Who grades a class is told, too.
    const Outcome many = overcommitCommand({"grade", "1", "--many", lab_.path("labs/lab-1-mini/saboteurs")},
                                           {{"OVERCOMMIT_LABS", lab_.path("labs-for-students")}});
    QVERIFY2(many.err.contains("1 check is missing in it"), many.err.constData());
  }

  void lintPassesAGoodLabAndPrintsTheMatrix() {
    const Outcome outcome = lab_.run({"lab", "lint", "1"});
    QVERIFY2(outcome.code == 0, outcome.out.constData());
    QVERIFY2(outcome.out.contains("1     A prediction                                 + - -"), outcome.out.constData());
    QVERIFY(outcome.out.contains("The lab can be published."));
    QVERIFY(outcome.out.contains("no saboteur fails check 4"));
  }

  void lintFindsLabsThatDoNotTellGoodFromBad_data() {
    QTest::addColumn<QByteArray>("from");
    QTest::addColumn<QByteArray>("to");
    QTest::addColumn<QByteArray>("mistake");
    QTest::newRow("reference fails") << QByteArray("right = \"b\"") << QByteArray("right = \"a\"")
                                     << QByteArray("the reference does not pass check 2");
    QTest::newRow("saboteur passes") << QByteArray("fails = [\"1\", \"2\", \"3\"]") << QByteArray("fails = [\"1\", \"2\", \"3\", \"7\"]")
                                     << QByteArray("the saboteur guesser passes check 7");
    QTest::newRow("saboteur fails more") << QByteArray("fails = [\"1\", \"2\", \"3\"]") << QByteArray("fails = [\"1\"]")
                                         << QByteArray("the saboteur guesser fails check 2");
    QTest::newRow("points for nothing") << QByteArray("kind = \"invariant\"\n") << QByteArray("kind = \"invariant\"\npoints = 1\n")
                                        << QByteArray("check 5 gives the empty submission 1 points");
  }
  void lintFindsLabsThatDoNotTellGoodFromBad() {
    QFETCH(QByteArray, from);
    QFETCH(QByteArray, to);
    QFETCH(QByteArray, mistake);
    const MiniLab broken;
    QByteArray text = MiniLab::labText();
    QVERIFY(text.contains(from));
    broken.write("labs/lab-1-mini/lab.toml", text.replace(from, to));
    const Outcome outcome = broken.run({"lab", "lint"});
    QVERIFY2(outcome.code == 1, outcome.out.constData());
    QVERIFY2(outcome.out.contains(mistake), outcome.out.constData());
    QVERIFY(outcome.out.contains("The lab cannot be published."));
  }

  // Gradescope's layout: the zip's files at the root of source/, the student's in submission/, results in results/results.json.
  void gradescopeUploadRunsAsGradescopeRunsIt() {
    const QString root = lab_.path("autograder");
    QVERIFY2(lab_.run({"lab", "package", "1", root + "/source", "--for", "gradescope"}).code == 0, "");
    QVERIFY(QFileInfo(root + "/source/setup.sh").isExecutable() && QFileInfo(root + "/source/run_autograder").isExecutable());
    QVERIFY(ScenarioFolder::read(root + "/source/setup.sh").contains("libunicorn2"));
    QDir().mkpath(root + "/submission");
    for (const char* name : {"answers.toml", "settings.toml", "test.toml", "note.md"})
      QFile::copy(lab_.reference() + "/" + name, root + "/submission/" + name);
    lab_.write("autograder/submission_metadata.json",
               R"({"id": 5, "users": [{"id": 4711, "email": "a@b", "name": "Ada"}], "previous_submissions": []})");
    lab_.write("autograder/source/secret", "a secret of a teacher\n");
    QProcess process;
    process.setProcessEnvironment(environmentWith({{"AUTOGRADER_ROOT", root}, {"OVERCOMMIT_LABS", ""}, {"OVERCOMMIT_GUESTS", ""}}));
    process.start(root + "/source/run_autograder", {});
    QVERIFY(process.waitForFinished(60'000));
    QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
    const Json results = Json::parse(ScenarioFolder::read(root + "/results/results.json").toStdString());
    QCOMPARE(results["score"].get<double>(), 10.5);
    QCOMPARE(results["tests"].size(), std::size_t{9});
    QCOMPARE(results["tests"][5]["visibility"].get<std::string>(), std::string("hidden"));
    QVERIFY(results["extra_data"]["warnings"].empty());
  }

  void classroomUploadWritesTheResultInTheCheckout() {
    const QString grader = lab_.path("grader");
    QCOMPARE(lab_.run({"lab", "package", "1", grader, "--for", "classroom50"}).code, 0);
    QProcess process;
    process.setWorkingDirectory(lab_.empty());
    process.setProcessEnvironment(
        environmentWith({{"CLASSROOM", "os"}, {"ASSIGNMENT", "mini"}, {"SUBMISSION_TAG", "v1"}, {"OVERCOMMIT_LABS", ""}}));
    process.start(grader + "/grade", {});
    QVERIFY(process.waitForFinished(60'000));
    QCOMPARE(process.exitCode(), 0);
    const Json result = Json::parse(ScenarioFolder::read(lab_.empty() + "/result.json").toStdString());
    QCOMPARE(result["classroom"].get<std::string>(), std::string("os"));
    QCOMPARE(result["score"].get<int>(), 0);
    QCOMPARE(result["max-score"].get<int>(), 1050);
    QCOMPARE(lab_.run({"lab", "package", "1", lab_.path("moodle"), "--for", "moodle"}).code, 2);
  }

  void theHowToShowsTheJobFiles() {
    const QString page = QString::fromUtf8(ScenarioFolder::read(kSource + "/docs/how-to/grade-a-class.md"));
    for (const QString& name : {kParallelJob, kSlurmJob}) {
      QString shown = "    " + QString::fromUtf8(ScenarioFolder::read(kSource + "/docs/how-to/jobs/" + name)).trimmed();
      QVERIFY2(page.contains(shown.replace("\n", "\n    ")), qPrintable(name));
    }
  }

  // The job itself, on this machine: what it makes of a class is what --many makes of it.
  void gnuParallelGradesAClassAsOneMachineDoes() {
    makeClass();
    lab_.write("course/hosts", "2/:\n");
    const Outcome parallel = job(kParallelJob, {});
    QVERIFY2(parallel.code == 0, parallel.err.constData());
    QCOMPARE(ScenarioFolder::read(lab_.path("course/grade.log")).count('\n'), 1 + kStudents.size());
    const Outcome many = lab_.run({"grade", "1", "--many", lab_.path("course/submissions"), "--out", lab_.path("many"), "--gradebook",
                                   lab_.path("book.csv"), "--quiet"});
    QCOMPARE(many.code, 0);
    const QString book = ScenarioFolder::read(lab_.path("book.csv"));
    for (const auto& [name, word] : kStudents.asKeyValueRange()) {
      const QByteArray result = ScenarioFolder::read(lab_.path("course/results/" + name + ".json"));
      QVERIFY2(!result.isEmpty(), qPrintable(name));
      QCOMPARE(result, ScenarioFolder::read(lab_.path("many/" + name + ".json")));
      const QString points = QString::number(Json::parse(result.toStdString())["milli_points"].get<int>() / 1000.0);
      QVERIFY2(book.contains("\n" + name + "," + points + ","), qPrintable(book));
    }
  }

  void theSlurmJobGradesTheStudentOfItsNumber() {
    makeClass();
    const Outcome done = job(kSlurmJob, {{"SLURM_ARRAY_TASK_ID", "2"}});
    QVERIFY2(done.code == 0, done.err.constData());
    const Json result = Json::parse(ScenarioFolder::read(lab_.path("course/results/bob.json")).toStdString(), nullptr, false);
    QVERIFY(result.is_object());
    QCOMPARE(result["student"].get<std::string>(), std::string("bob"));
    QCOMPARE(job(kSlurmJob, {{"SLURM_ARRAY_TASK_ID", "9"}}).code, 0);  // the array may be longer than the class
  }

 private:
  void makeClass() {
    for (const auto& [name, word] : kStudents.asKeyValueRange())
      lab_.write("course/submissions/" + name + "/answers.toml", ("word = \"" + word + "\"\n").toUtf8());
  }

  // Runs a job file of docs/how-to/jobs for the lab, in the course's folder.
  Outcome job(const QString& name, const QMap<QString, QString>& more) {
    QProcess process;
    auto variables = lab_.environment();
    variables.insert(more);
    variables.insert("HOME", lab_.path(""));  // GNU parallel keeps notes there
    variables.insert("PATH", QFileInfo(kCommand).path() + ":" + qEnvironmentVariable("PATH"));
    process.setProcessEnvironment(environmentWith(variables));
    process.setWorkingDirectory(lab_.path("course"));
    process.start("/bin/sh", {kSource + "/docs/how-to/jobs/" + name, "1"});
    if (!process.waitForFinished(60'000)) return {-1, {}, "it does not end"};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
  }

  MiniLab lab_;
};

OVERCOMMIT_TEST(LabTest)
#include "lab_test.moc"
