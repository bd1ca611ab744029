// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever a policy of a submission does, its checks get nothing and say why, and all other checks get what they deserve.
#include <QElapsedTimer>

#include "grade/policy_lab.h"
#include "student/confinement.h"
#include "support/json_schema.h"
#include "support/test.h"

using namespace overcommit::test;

namespace {

Json checkOf(const Json& result, const std::string& id) {
  for (const Json& check : result.at("checks")) {
    if (check.at("id") == id) return check;
  }
  return {};
}

const char* const kAsBuiltIn = "return 0";

}  // namespace

class HostileSubmissionsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    const overcommit::Confinement here = overcommit::probeConfinement();
    if (!here.complete()) QSKIP(here.text().c_str());
  }

  void aPolicyThatWorksGetsItsPoints_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("text");
    QTest::addRow("C++") << "victim.cpp" << PolicyLab::cpp("return 0;");
    QTest::addRow("Python") << "victim.py" << PolicyLab::python(kAsBuiltIn);
    QTest::addRow("printing is no mistake") << "victim.py" << PolicyLab::python("print('chosen', flush=True); return 0");
  }
  void aPolicyThatWorksGetsItsPoints() {
    QFETCH(QString, file);
    QFETCH(QByteArray, text);
    const Json result = graded(lab_.submission("good-" + QString(QTest::currentDataTag()), file, text), 0);
    QVERIFY2(result.is_object(), said_.constData());
    QCOMPARE(result["milli_points"].get<int>(), 7000);
    for (const Json& run : result["runs"]) QVERIFY(run["deterministic"].get<bool>());
  }

  void whatFailsIsExplainedAndHarmsNothingElse_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("words");
    const auto python = [](const char* name, const QByteArray& body, int code, const char* words, const QByteArray& before = {}) {
      QTest::addRow("%s", name) << "victim.py" << PolicyLab::python(body, before) << code << QByteArray(words);
    };
    const auto cpp = [](const char* name, const QByteArray& body, int code, const char* words, const QByteArray& before = {}) {
      QTest::addRow("%s", name) << "victim.cpp" << PolicyLab::cpp(body, before) << code << QByteArray(words);
    };
    QTest::addRow("missing") << "" << QByteArray() << 1 << QByteArray("has no victim.cpp and no victim.py");
    QTest::addRow("of another kind") << "victim.cpp"
                                     << QByteArray(
                                            "#include <overcommit/zip.h>\nusing namespace overcommit::policy;\nclass Mine : public "
                                            "ZipPolicy {\n  ZipAnswer admit(const ZipQuestion&) override { return {}; }\n  "
                                            "std::uint32_t evict(const EvictQuestion&, std::span<const ZippedCandidate>) override "
                                            "{ return 0; }\n};\nOVERCOMMIT_ZIP(Mine)\n")
                                     << 3 << QByteArray("another kind");
    cpp("does not compile", "return candidates;", 3, "'candidates' was not declared in this scope");
    cpp("includes a file of the staff", "return 0;", 3, "fatal error: " OVERCOMMIT_SOURCE_DIR "/labs/lab-3-page-sharing/lab.toml: ",
        "#include \"" OVERCOMMIT_SOURCE_DIR "/labs/lab-3-page-sharing/lab.toml\"");
    cpp("null pointer", "volatile int* none = nullptr; return static_cast<std::uint32_t>(*none);", 5, "SIGSEGV");
    cpp("fork bomb", "while (true) fork(); return 0;", 5, "system call that policies may not make", "#include <unistd.h>");
    python("syntax", "return return", 3, "SyntaxError");
    python("exception", "return candidates[7].gfn", 5, "IndexError");
    python("exit", "os._exit(0)", 5, "in the middle of the run");
    python("network", "socket.socket(); return 0", 5, "no network", "import socket");
    python("prints for ever", "\n        while True: print('x' * 4096)", 5, "8 MiB");
    python("writes nonsense", "os.write(3, b'x' * 24); return 0", 5, "no answer");
    python("an index that is none, late", "Mine.asked = getattr(Mine, 'asked', 0) + 1; return 99 if Mine.asked > 100 else 0", 1,
           "wrong answer about a victim; answered 99");
    python("chance", "return random.randrange(len(candidates))", 1, "not the same twice", "import random");
    python("addresses", "return id(question) // 16 % 61 % len(candidates)", 1, "not the same twice");
    if (!qEnvironmentVariableIsSet("OVERCOMMIT_FULL")) return;
    QTest::addRow("empty") << "victim.cpp" << QByteArray() << 3 << QByteArray("does not link");
    QTest::addRow("too large") << "victim.cpp" << QByteArray(2 << 20, '/') << 1 << QByteArray("1048576 bytes");
    QTest::addRow("no text") << "victim.py" << QByteArray("\0\xff\xfe", 3) << 3 << QByteArray("before its first question");
    cpp("does not link", "return missing();", 3, "undefined reference to `missing()'", "std::uint32_t missing();");
    cpp("takes in a file of the machine", "return 0;", 3, "does not compile", "asm(\".incbin \\\"/etc/shadow\\\"\");");
    python("abort", "os.abort()", 5, "SIGABRT");
    python("all memory", "return len(bytearray(1 << 40))", 5, "MemoryError");
    python("an index that is none", "return 99", 1, "what is built in decided instead");
    python("time of day", "return time.time_ns() % len(candidates)", 1, "not the same twice");
    python("hashes of texts", "return hash(str(question.now)) % len(candidates)", 1, "not the same twice");
  }
  void whatFailsIsExplainedAndHarmsNothingElse() {
    QFETCH(QString, file);
    QFETCH(QByteArray, text);
    QFETCH(int, code);
    QFETCH(QByteArray, words);
    // Who decides by chance needs a choice.
    if (words == "not the same twice" || words.startsWith("wrong answer")) text.replace("candidates_wanted = 1", "candidates_wanted = 8");
    const QString folder = lab_.submission("hostile", file, text);
    const Json result = graded(folder, code);
    QDir(folder).removeRecursively();
    QVERIFY2(result.is_object(), said_.constData());
    QVERIFY2(result["complete"].get<bool>(), "graded to its end");
    QCOMPARE(result["milli_points"].get<int>(), 1000);  // for the word
    const std::string explained = checkOf(result, "2")["got"].get<std::string>();
    QVERIFY2(explained.find(words.toStdString()) != std::string::npos, explained.c_str());
    QCOMPARE(checkOf(result, "2")["status"].get<std::string>(), std::string("failed"));
    // Neither where it was graded nor where it was built makes a difference. (These sources may lie anywhere.)
    const QString elsewhere = QString::fromStdString(explained).remove(QStringLiteral(OVERCOMMIT_SOURCE_DIR));
    QVERIFY2(!elsewhere.contains(QStringLiteral("/tmp")) && !elsewhere.contains(QStringLiteral("overcommit-")), explained.c_str());
    QVERIFY(explained.size() < 6000);
  }

  // A guard, and not once for each run.
  void whoHangsIsNotRunAgain() {
    const QString folder = lab_.submission("hangs", "victim.py", PolicyLab::python("time.sleep(1000)"));
    const Outcome outcome = lab_.run({"grade", "1", "--submission", folder, "--format", "json"}, {{"OVERCOMMIT_POLICY_PATIENCE", "500"}});
    QCOMPARE(outcome.code, 5);
    const Json result = Json::parse(outcome.out.toStdString());
    QCOMPARE(result["milli_points"].get<int>(), 1000);
    QVERIFY(checkOf(result, "2")["got"].get<std::string>().find("hung: no answer") != std::string::npos);
    QVERIFY(checkOf(result, "3")["got"].get<std::string>().find("hung already, in the run \"yours\"") != std::string::npos);
  }

  void linksAndFoldersAreNoPolicies() {
    const QString link = lab_.submission("link", "", {});
    QFile::link("/etc/passwd", link + "/victim.cpp");
    QVERIFY2(got(link).find("leads out of the submission") != std::string::npos, said_.constData());
    const QString folder = lab_.submission("folder", "victim.cpp/victim.cpp", PolicyLab::cpp("return 0;"));
    QVERIFY2(got(folder).find("is no file") != std::string::npos, said_.constData());
    const QString two = lab_.submission("two", "victim.cpp", PolicyLab::cpp("return 0;"));
    lab_.write("two/victim.py", PolicyLab::python(kAsBuiltIn));
    QVERIFY2(got(two).find("both victim.cpp and victim.py") != std::string::npos, said_.constData());
  }

  // The compiler's lines stay lines.
  void whatTheCompilerSaysCanBeRead() {
    const QString folder = lab_.submission("typo", "victim.cpp", PolicyLab::cpp("return O;"));
    const Outcome outcome = lab_.run({"lab", "check", "1", "2", "--submission", folder});
    QCOMPARE(outcome.code, 3);
    QVERIFY2(outcome.out.contains("victim.cpp:6:99: error: 'O' was not declared in this scope\n"), outcome.out.constData());
    QVERIFY2(outcome.out.contains("\n                        6 |   std::uint32_t choose("), outcome.out.constData());
  }

  void sameFailureGivesTheSameBytes() {
    const QByteArray text = PolicyLab::cpp("return missing();", "std::uint32_t missing();");
    const QByteArray once = lab_.run({"grade", "1", "--submission", lab_.submission("one", "victim.cpp", text), "--format", "json"}).out;
    QVERIFY(once.contains("does not link"));
    QCOMPARE(lab_.run({"grade", "1", "--submission", lab_.submission("another", "victim.cpp", text), "--format", "json"}).out, once);
  }

  void inAClassEverybodyGetsTheirOwn() {
    (void)lab_.submission("class/ada", "victim.py", PolicyLab::python(kAsBuiltIn));
    (void)lab_.submission("class/bob", "victim.py", PolicyLab::python("os.abort()"));
    (void)lab_.submission("class/cyd", "", {});
    const Outcome outcome = lab_.run({"grade", "1", "--many", lab_.path("class"), "--jobs", "2", "--quiet"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(QString::fromUtf8(outcome.out), QString("student,points,max,passed,complete,exit,1,2,3\n"
                                                     "ada,7,7,true,true,0,1,4,2\n"
                                                     "bob,1,7,false,true,5,1,0,0\n"
                                                     "cyd,1,7,false,true,1,1,0,0\n"));
  }

  // A debugger is waited for in the run of the check, and nothing is left behind when nobody comes.
  void aDebuggerIsWaitedFor() {
    const QString folder = lab_.submission("debugged", "victim.py", PolicyLab::python(kAsBuiltIn));
    QProcess process;
    process.setProcessEnvironment(environmentWith({{"OVERCOMMIT_LABS", lab_.path("labs")}}));
    process.setReadChannel(QProcess::StandardError);
    process.start(kCommand, {"lab", "check", "1", "2", "--submission", folder, "--debug-policy"});
    QByteArray said;
    while (!said.contains("gdb -p ") && process.waitForReadyRead(30'000)) said += process.readAll();
    QVERIFY2(said.contains("gdb -p "), said.constData());
    process.terminate();
    QVERIFY(process.waitForFinished(30'000));
  }

 private:
  // What check 2 says of a submission that is graded and fails.
  [[nodiscard]] std::string got(const QString& submission) {
    const Json result = graded(submission, 1);
    return result.is_object() ? checkOf(result, "2")["got"].get<std::string>() : std::string();
  }
  [[nodiscard]] Json graded(const QString& submission, int code) {
    const Outcome outcome = lab_.run({"grade", "1", "--submission", submission, "--format", "json"});
    Json result = Json::parse(outcome.out.toStdString(), nullptr, false);
    said_ = QByteArray("exit code ") + QByteArray::number(outcome.code) + ": " + outcome.err + outcome.out;
    return outcome.code == code && result.is_object() ? result : Json();
  }
  PolicyLab lab_;
  QByteArray said_;
};

OVERCOMMIT_TEST(HostileSubmissionsTest)
#include "hostile_submissions_test.moc"
