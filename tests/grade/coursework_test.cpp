// SPDX-License-Identifier: GPL-2.0-or-later
// Coursework where it is done: from an installation, on a platform, in the app.
#include <QDirIterator>
#include <QStandardPaths>

#include "grade/lab.h"
#include "grade/own_system.h"
#include "grade/policy_lab.h"
#include "student/confinement.h"
#include "support/json_schema.h"
#include "support/test.h"

using namespace overcommit::test;

namespace {

// Runs any program to its end; what it said on both channels.
struct Said {
  int code = -1;
  QByteArray text;
};
Said runProgram(const QString& program, const QStringList& arguments, const QMap<QString, QString>& variables = {}) {
  QProcess process;
  process.setProcessEnvironment(environmentWith(variables));
  process.setProcessChannelMode(QProcess::MergedChannels);
  process.setStandardInputFile(QProcess::nullDevice());
  process.start(program, arguments);
  Said said;
  if (process.waitForFinished(120'000) && process.exitStatus() == QProcess::NormalExit) said.code = process.exitCode();
  said.text = process.readAll();
  return said;
}

// What an environment may name instead of what is installed.
const QMap<QString, QString> kNothingNamed{{"OVERCOMMIT_LABS", ""}, {"OVERCOMMIT_SDK", ""}, {"OVERCOMMIT_GUESTS", ""}};

QByteArray labWith(const QByteArray& runs, const QByteArray& check) {
  return "title = \"t\"\nnumber = 1\nminutes = 1\noutcomes = [\"o\"]\n[[policy]]\nkind = \"walk\"\nfile = \"walk.cpp\"\n" + runs +
         "[[check]]\nid = \"1\"\ntitle = \"t\"\n" + check;
}

}  // namespace

class CourseworkTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    const overcommit::Confinement here = overcommit::probeConfinement();
    if (!here.complete()) QSKIP(here.text().c_str());
  }

  // A student needs no clone: labs, guests and headers of the installation are what is used.
  void anInstallationIsAllThatAStudentNeeds() {
    const QString prefix = lab_.path("prefix"), command = prefix + "/bin/overcommit";
    const Said installed = runProgram("cmake", {"--install", OVERCOMMIT_BINARY_DIR, "--prefix", prefix});
    QVERIFY2(installed.code == 0, installed.text.constData());
    const QString work = lab_.path("my-lab-7");
    const Said started = runProgram(command, {"lab", "start", "7", work}, kNothingNamed);
    QVERIFY2(started.code == 0, started.text.constData());
    for (const char* file : {"handout.md", "answers.toml", "free_state.cpp", "states.toml"}) QVERIFY(QFile::exists(work + "/" + file));
    // The starter builds, and gets nothing for what it does not do.
    const Said starter = runProgram(command, {"lab", "check", "7", "5.1", "--submission", work}, kNothingNamed);
    QVERIFY2(starter.code == 1 && starter.text.contains("0 of 2 points"), starter.text.constData());
    QFile::remove(work + "/free_state.cpp");
    QVERIFY(QFile::copy(prefix + "/share/overcommit/teacher/labs/lab-7-free-states/reference/free_state.cpp", work + "/free_state.cpp"));
    const Said done = runProgram(command, {"lab", "check", "7", "5.2", "--submission", work}, kNothingNamed);
    QVERIFY2(done.code == 0, done.text.constData());
    // The driver is built with what is installed, too.
    const QString lab4 = prefix + "/share/overcommit/teacher/labs/lab-4-balloon";
    const Said driver = runProgram(command, {"lab", "check", "4", "3.1", "--submission", lab4 + "/reference"}, kNothingNamed);
    QVERIFY2(driver.code == 0, driver.text.constData());
    // And nothing else was: without the headers, or with others, a policy does not build.
    QFile header(prefix + "/share/overcommit/include/overcommit/free_state.h");
    QVERIFY(header.open(QIODevice::Append) && header.write("\n#error these are the installed ones\n") > 0);
    header.close();
    const Said broken = runProgram(command, {"lab", "check", "7", "5.1", "--submission", work}, kNothingNamed);
    QVERIFY2(broken.code == 3 && broken.text.contains("these are the installed ones"), broken.text.constData());
  }

  // A student's machine has the component overcommit alone; a teacher's has overcommit-teacher, too.
  void studentsHaveNoSolutionsAndTeachersHaveAll() {
    const QString prefix = lab_.path("student"), command = prefix + "/bin/overcommit";
    const auto install = [&](const QString& component) {
      const Said installed = runProgram("cmake", {"--install", OVERCOMMIT_BINARY_DIR, "--prefix", prefix, "--component", component});
      QVERIFY2(installed.code == 0, installed.text.constData());
    };
    install("overcommit");
    int labs = 0;
    for (QDirIterator entry(prefix, QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden, QDirIterator::Subdirectories);
         entry.hasNext();) {
      const QString path = entry.next();
      const QString name = entry.fileName();
      QVERIFY2(name != "reference" && name != "saboteurs" && name != "teacher" && !path.contains("hostile"), qPrintable(path));
      QVERIFY2(name != "balloon.c" || path.contains("/starter/"), qPrintable(path));
      if (name != "lab.toml") continue;
      ++labs;
      const QByteArray text = ScenarioFolder::read(path);
      QVERIFY2(!text.contains("saboteur") && !text.contains("\"hidden\"") && !text.contains("after_published"), qPrintable(path));
    }
    QCOMPARE(labs, 9);
    const Said lint = runProgram(command, {"lab", "lint", "3"}, kNothingNamed);
    QVERIFY2(lint.code == 2 && lint.text.contains("is a copy for students") && lint.text.contains("overcommit-teacher"),
             lint.text.constData());
    const QString reference = kSource + "/labs/lab-3-page-sharing/reference";
    const QStringList one{"grade", "3", "--submission", reference};
    const Said graded = runProgram(command, one, kNothingNamed);
    QVERIFY2(graded.code == 0 && graded.text.contains("one more check is with your teacher"), graded.text.constData());
    QVERIFY2(graded.text.contains("18 of 18 points"), graded.text.constData());
    const Said packed = runProgram(command, {"lab", "package", "3", lab_.path("autograder-3"), "--for", "gradescope"}, kNothingNamed);
    QVERIFY2(packed.code == 0 && packed.text.contains("1 check is missing in it"), packed.text.constData());

    install("overcommit-teacher");
    const Said whole = runProgram(command, one, kNothingNamed);
    QVERIFY2(whole.code == 0 && !whole.text.contains("with your teacher") && whole.text.contains("19 of 19 points"),
             whole.text.constData());
  }

  // The upload has all that policies are built with.
  void aPackageCanBuildPolicies() {
    const QString root = lab_.path("autograder");
    const Outcome packed = lab_.run({"lab", "package", "1", root + "/source", "--for", "gradescope"});
    QVERIFY2(packed.code == 0, packed.err.constData());
    const QByteArray setup = ScenarioFolder::read(root + "/source/setup.sh");
    QVERIFY2(setup.contains(" libseccomp2 ") && setup.contains(" g++ python3 "), setup.constData());
    QVERIFY(QFile::exists(root + "/source/share/overcommit/include/overcommit/victim.h"));
    (void)lab_.submission("autograder/submission", "victim.cpp", PolicyLab::cpp("return 0;"));
    lab_.write("autograder/submission_metadata.json", R"({"users": [{"id": 1}]})");
    auto variables = kNothingNamed;
    variables.insert("AUTOGRADER_ROOT", root);
    const Said graded = runProgram(root + "/source/run_autograder", {}, variables);
    QVERIFY2(graded.code == 0, graded.text.constData());
    const Json results = Json::parse(ScenarioFolder::read(root + "/results/results.json").toStdString(), nullptr, false);
    QVERIFY(results.is_object());
    QVERIFY2(results["score"].get<double>() == 7.0, results.dump().c_str());
    QVERIFY(runProgram("/bin/sh", {"-n", root + "/source/setup.sh"}).code == 0);
    const Outcome driver = overcommitCommand({"lab", "package", "4", lab_.path("grader"), "--for", "classroom50"});
    QVERIFY2(driver.code == 0, driver.err.constData());
    QVERIFY(QFile::exists(lab_.path("grader/share/overcommit/guests/kernel/balloon.h")));
    QVERIFY(!QFile::exists(lab_.path("grader/share/overcommit/guests/kernel/balloon.c")));
    const QByteArray container = ScenarioFolder::read(lab_.path("grader/Containerfile"));
    QVERIFY2(container.contains("gcc binutils") || container.contains("binutils-x86-64-linux-gnu"), container.constData());
    for (QDirIterator entry(lab_.path("grader"), QDir::AllEntries | QDir::NoDotAndDotDot, QDirIterator::Subdirectories); entry.hasNext();) {
      const QString path = entry.next();
      QVERIFY2(!path.contains("saboteur") && !path.contains("reference") && !path.contains("hostile"), qPrintable(path));
    }
    // What is left of the lab is graded as the whole lab is: its hash is the same.
    const QByteArray toml = ScenarioFolder::read(lab_.path("grader/share/overcommit/labs/lab-4-balloon/lab.toml"));
    QVERIFY(toml.contains("[[check]]") && !toml.contains("saboteur"));
    const QStringList grade{"grade", "4", "--submission", kSource + "/labs/lab-4-balloon/starter", "--format", "json"};
    const Said there = runProgram(lab_.path("grader/bin/overcommit"), grade, kNothingNamed);
    QCOMPARE(there.text, overcommitCommand(grade).out);
  }

  // A grader needs the packages of just the libraries that its command is linked with, on the system that it was built for.
  void aPackageNamesWhatItsCommandIsLinkedWith() {
    if (QStandardPaths::findExecutable("dpkg-query").isEmpty()) QSKIP("this system has no Debian packages");
    const QString grader = lab_.path("grader-of-1");
    const Outcome packed = lab_.run({"lab", "package", "1", grader, "--for", "classroom50"});
    QVERIFY2(packed.code == 0, packed.err.constData());
    const QString container = QString::fromUtf8(ScenarioFolder::read(grader + "/Containerfile"));
    const QStringList named = container.section("--no-install-recommends ", 1).section(" && ", 0, 0).split(' ');
    QStringList linked{"g++", "python3"};
    for (const QByteArray& line : runProgram("readelf", {"-dW", grader + "/bin/overcommit"}).text.split('\n')) {
      if (!line.contains("(NEEDED)")) continue;
      const QString library = QString::fromUtf8(line).section('[', 1).section(']', 0, 0);
      linked.append(QString::fromUtf8(runProgram("dpkg-query", {"--search", "*-linux-gnu/" + library}).text).section(':', 0, 0));
    }
    linked.sort();
    linked.removeDuplicates();
    QVERIFY2(linked.size() > 6, qPrintable(linked.join(' ')));
    QStringList sorted = named;
    sorted.sort();
    QCOMPARE(sorted, linked);
    QVERIFY(!runProgram("readelf", {"-SW", grader + "/bin/overcommit"}).text.contains(".symtab"));
    QFile release("/etc/os-release");
    QVERIFY(release.open(QIODevice::ReadOnly));
    const std::string text = release.readAll().toStdString();
    QVERIFY2(container.contains(("ARG BASE=" + overcommit::describedBy(text).base + "\n").c_str()), qPrintable(container));
  }

  void aSystemHasTheImageOfItsName_data() {
    QTest::addColumn<QByteArray>("release");
    QTest::addColumn<QByteArray>("base");
    QTest::addRow("Debian 12") << QByteArray("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n")
                               << QByteArray("debian:12-slim");
    QTest::addRow("testing") << QByteArray("VERSION_CODENAME=forky\nID=debian\n") << QByteArray("debian:forky-slim");
    QTest::addRow("unstable") << QByteArray("ID=debian\n") << QByteArray("debian:sid-slim");
    QTest::addRow("Ubuntu") << QByteArray("ID=ubuntu\nID_LIKE=debian\nVERSION_ID='24.04'") << QByteArray("ubuntu:24.04");
    QTest::addRow("one that nobody knows") << QByteArray("ID=nixos\nVERSION_ID=24") << QByteArray();
    QTest::addRow("nothing") << QByteArray() << QByteArray();
    QTest::addRow("nonsense") << QByteArray("=\n\"\nID\nID=\"debian\nVERSION_ID") << QByteArray();
  }
  void aSystemHasTheImageOfItsName() {
    QFETCH(QByteArray, release);
    QFETCH(QByteArray, base);
    QCOMPARE(QByteArray::fromStdString(overcommit::describedBy(release.toStdString()).base), base);
  }

  // What this machine lacks is told, and costs nobody points.
  void faultsOfTheMachineAreNoStudents_data() {
    QTest::addColumn<QString>("variable");
    QTest::addColumn<QByteArray>("words");
    QTest::addRow("nowhere to swap to") << "OVERCOMMIT_SWAP_DIR" << QByteArray("OVERCOMMIT_SWAP_DIR");
    QTest::addRow("no headers") << "OVERCOMMIT_SDK" << QByteArray("cannot find the headers of policies");
    QTest::addRow("no Python") << "OVERCOMMIT_PYTHON" << QByteArray("this machine has no python3");
    QTest::addRow("no room for temporary files") << "TMPDIR" << QByteArray("/nowhere/at/all");
  }
  void faultsOfTheMachineAreNoStudents() {
    QFETCH(QString, variable);
    QFETCH(QByteArray, words);
    const QString submission = lab_.submission("sound", "victim.py", PolicyLab::python("return 0"));
    const Outcome outcome = lab_.run({"grade", "1", "--submission", submission}, {{variable, "/nowhere/at/all"}});
    QCOMPARE(outcome.code, 2);
    QVERIFY2(outcome.err.contains(words), outcome.err.constData());
  }

  // Of runs with settings of their own, and of questions that are asked in one of them only.
  void aStudentGetsAFileForEachRunThatDiffers() {
    const QString folder = lab_.path("balloon");
    QCOMPARE(overcommitCommand({"lab", "start", "4", folder, "--student", "ada"}).code, 0);
    const QByteArray plain = ScenarioFolder::read(folder + "/balloon.toml"), asks = ScenarioFolder::read(folder + "/ask.toml"),
                     noSwap = ScenarioFolder::read(folder + "/no-swap.toml");
    QVERIFY(plain.contains("balloon = false") && plain.contains("# A guest that filled") && !plain.contains("[[ask]]"));
    QVERIFY(asks.contains("balloon = true") && asks.contains("guest_swap = \"16 MiB\"") && asks.contains("[[ask]]"));
    QVERIFY(noSwap.contains("balloon = true") && noSwap.contains("guest_swap = \"0 MiB\"") && !noSwap.contains("[[ask]]"));
    // Nothing in them names this machine's folders.
    const QString touch = lab_.path("touch");
    QCOMPARE(overcommitCommand({"lab", "start", "1", touch, "--student", "ada"}).code, 0);
    QVERIFY(ScenarioFolder::read(touch + "/touch.toml").contains("script = \"idle.script\""));
    QCOMPARE(overcommitCommand({"run", touch + "/touch.toml", "--quiet"}).code, 0);
  }

  void aGuestThatStoodStillExplainsItself() {
    const QString folder = lab_.path("wild");
    QVERIFY(QDir().mkpath(folder));
    for (const char* file : {"answers.toml", "settings.toml"})
      QVERIFY(QFile::copy(kSource + "/labs/lab-4-balloon/reference/" + file, folder + "/" + file));
    lab_.write("wild/balloon.c",
               "#include \"balloon.h\"\nvoid balloon_start(void) {}\nvoid balloon_poll(void) { *(volatile int*)~7ul = 1; }\n");
    const Outcome outcome = overcommitCommand({"grade", "4", "--submission", folder});
    QCOMPARE(outcome.code, 5);
    QVERIFY2(outcome.out.contains("; a guest was stopped: guest: "), outcome.out.constData());
    QVERIFY(outcome.out.contains("vm.guest.ballooned, at 3 s, in the run"));
    const Outcome open =
        overcommitCommand({"grade", "4", "--submission", kSource + "/labs/lab-4-balloon/saboteurs/tells-nobody", "--open", "3.1"},
                          {{"DISPLAY", ""}, {"WAYLAND_DISPLAY", ""}, {"QT_QPA_PLATFORM", ""}});
    QVERIFY2(open.out.contains("--at 3s "), open.out.constData());
    const QString trace = QString::fromUtf8(open.out).section("The run \"yours\" is in ", 1).section(';', 0, 0);
    QDir(QFileInfo(trace).path()).removeRecursively();
  }

  // --open: what the app is called with, it takes, and shows that moment.
  void theAppOpensAtTheMomentOfACheck() {
    const QString app = OVERCOMMIT_BINARY_DIR "/overcommit-gui";
    if (!QFile::exists(app)) QSKIP("the desktop app is not built");
    const QString folder = lab_.submission("late", "victim.py",
                                           PolicyLab::python("Mine.n = getattr(Mine, 'n', 0) + 1\n"
                                                             "        if Mine.n == 200: os.abort()\n        return 0"));
    const Outcome told = lab_.run({"grade", "1", "--submission", folder, "--open", "2"},
                                  {{"DISPLAY", ""}, {"WAYLAND_DISPLAY", ""}, {"QT_QPA_PLATFORM", ""}});
    QVERIFY2(told.code == 0, told.err.constData());
    const QString line = QString::fromUtf8(told.out).section("\n  overcommit-gui ", 1).section('\n', 0, 0);
    const QStringList arguments = line.split(' ');
    QCOMPARE(arguments.value(0), QString("--at"));
    QVERIFY2(arguments.value(1).endsWith("s") && !arguments.value(1).startsWith("0"), qPrintable(line));
    const Said shown = runProgram(app, arguments + QStringList{"--screenshot", lab_.path("moment.png"), "--size", "900x600"});
    QVERIFY2(shown.code == 0, shown.text.constData());
    QVERIFY(QFileInfo(lab_.path("moment.png")).size() > 5000);
    // At that moment, and not at the begin.
    const Said begin = runProgram(app, {"--at", "0s", arguments.value(2), "--screenshot", lab_.path("begin.png"), "--size", "900x600"});
    QVERIFY2(begin.code == 0, begin.text.constData());
    QVERIFY(ScenarioFolder::read(lab_.path("begin.png")) != ScenarioFolder::read(lab_.path("moment.png")));
    // The policy's end stands in the trace there.
    const Outcome events = overcommitCommand({"trace", "events", arguments.value(2), "--kind", "policy-failed"});
    QVERIFY2(events.out.contains("SIGABRT"), events.out.constData());
    QDir(QFileInfo(arguments.value(2)).path()).removeRecursively();

    // Where there is a screen, it is started with the same words.
    QProcess process;
    process.setProcessEnvironment(environmentWith({{"OVERCOMMIT_LABS", lab_.path("labs")}, {"QT_QPA_PLATFORM", "offscreen"}}));
    process.start(kCommand, {"grade", "1", "--submission", folder, "--open", "2"});
    QVERIFY(process.waitForStarted());
    QList<QByteArray> words;
    for (int i = 0; i < 600 && !words.value(0).endsWith("overcommit-gui"); ++i) {
      process.waitForFinished(50);
      words = ScenarioFolder::read(QString("/proc/%1/cmdline").arg(process.processId())).split('\0');
    }
    process.kill();
    process.waitForFinished();
    QVERIFY2(words.value(0).endsWith("overcommit-gui"), words.value(0).constData());
    QCOMPARE(words.value(1), QByteArray("--at"));
    QCOMPARE(QString::fromUtf8(words.value(2)), arguments.value(1));
    QVERIFY2(QFile::exists(words.value(3)), words.value(3).constData());
    QDir(QFileInfo(words.value(3)).path()).removeRecursively();
  }

  void labsThatMakeNoSenseAreRefused_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("mistake");
    const QByteArray walks =
        "[[run]]\nname = \"r\"\nscenario = \"r.toml\"\npolicies = [\"walk\"]\nwalks = { vm = \"a\", at = \"1s\", count = 5 }\n";
    const QByteArray student = "[[run]]\nname = \"s\"\nscenario = \"r.toml\"\nseed = \"student\"\n";
    QTest::addRow("good") << labWith(walks, "kind = \"walks\"\nrun = \"r\"\nwalks = [\"mapped\"]\n") << QByteArray();
    QTest::addRow("unknown kind of walk") << labWith(walks, "kind = \"walks\"\nrun = \"r\"\nwalks = [\"maped\"]\n")
                                          << QByteArray("no kind of walk \"maped\"");
    QTest::addRow("nobody asks") << labWith(student, "kind = \"walks\"\nrun = \"s\"\n") << QByteArray("asks for no walks");
    QTest::addRow("a walker without questions")
        << labWith("[[run]]\nname = \"r\"\nscenario = \"r.toml\"\npolicies = [\"walk\"]\n", "kind = \"walks\"\nrun = \"r\"\n")
        << QByteArray("go together");
    QTest::addRow("no such policy") << labWith("[[run]]\nname = \"r\"\nscenario = \"r.toml\"\npolicies = [\"victim\"]\n",
                                               "kind = \"event\"\nevent = \"mark\"\nrun = \"r\"\n")
                                    << QByteArray("no [[policy]] of the kind \"victim\"");
    QTest::addRow("no such fault") << labWith("[[run]]\nname = \"r\"\nscenario = \"r.toml\"\nsabotage = \"none\"\n",
                                              "kind = \"event\"\nevent = \"mark\"\nrun = \"r\"\n")
                                   << QByteArray("no engine fault \"none\"");
    QTest::addRow("like nothing") << labWith("[[run]]\nname = \"r\"\nlike = \"s\"\n", "kind = \"event\"\nevent = \"mark\"\nrun = \"r\"\n")
                                  << QByteArray("no run \"s\" before this one");
    QTest::addRow("like and more") << labWith(student + "[[run]]\nname = \"r\"\nlike = \"s\"\nseed = \"hidden\"\n",
                                              "kind = \"event\"\nevent = \"mark\"\nrun = \"r\"\n")
                                   << QByteArray("seed is that of the run that this one is like");
    QTest::addRow("other seeds") << labWith(student + "[[run]]\nname = \"r\"\nscenario = \"r.toml\"\nseed = \"student\"\n",
                                            "kind = \"digest\"\nrun = \"r\"\nsame_as = \"s\"\n")
                                 << QByteArray("have seeds of their own");
    QTest::addRow("the same seeds") << labWith(student + "[[run]]\nname = \"r\"\nlike = \"s\"\n",
                                               "kind = \"digest\"\nrun = \"r\"\nsame_as = \"s\"\n")
                                    << QByteArray();
    QTest::addRow("tolerance of nothing") << labWith(student,
                                                     "kind = \"metric\"\nrun = \"s\"\nmetric = \"host.free\"\nmin = \"1 MiB\"\n"
                                                     "tolerance = \"1 %\"\n")
                                          << QByteArray("tolerance goes with same_as");
  }
  void labsThatMakeNoSenseAreRefused() {
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, mistake);
    const auto lab = overcommit::parseLab(std::string_view(text.constData(), static_cast<std::size_t>(text.size())), "lab.toml");
    QCOMPARE(!lab, !mistake.isEmpty());
    if (!lab) QVERIFY2(lab.error().text.find(mistake.toStdString()) != std::string::npos, lab.error().text.c_str());
  }

  // A student's own seeds are those of the run that is the measure.
  void aRunThatIsLikeAnotherHasItsSeed() {
    const Outcome outcome = overcommitCommand(
        {"grade", "7", "--submission", kSource + "/labs/lab-7-free-states/reference", "--student", "ada", "--format", "json"});
    const Json result = Json::parse(outcome.out.toStdString(), nullptr, false);
    QVERIFY2(result.is_object(), outcome.err.constData());
    std::map<std::string, Json> runs;
    for (const Json& run : result["runs"]) runs[run["name"].get<std::string>()] = run;
    QVERIFY(runs["yours"]["seed"].get<quint64>() != 71);
    QVERIFY(runs["yours"]["seed"] == runs["states"]["seed"] && runs["yours"]["digest"] == runs["states"]["digest"]);
  }

 private:
  PolicyLab lab_;
};

OVERCOMMIT_TEST(CourseworkTest)
#include "coursework_test.moc"
