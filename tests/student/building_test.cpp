// SPDX-License-Identifier: GPL-2.0-or-later
// What does not build or start is explained, and a compiler shows nothing of this machine to whoever hands in what it compiles.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "student/guest_driver.h"
#include "student/support.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

const std::string kGood = R"(#include <overcommit/victim.h>
using namespace overcommit::policy;
class First : public VictimPolicy {
  std::uint32_t choose(const VictimQuestion&, std::span<const VictimCandidate>) override { return 0; }
};
OVERCOMMIT_VICTIM(First)
)";

const std::string kGoodPython = R"(from overcommit_policy import VictimPolicy, serve

class First(VictimPolicy):
    def choose(self, question, candidates):
        return 0

serve(First())
)";

GuestSources guestSources() { return {OVERCOMMIT_SOURCE_DIR "/guests", OVERCOMMIT_SOURCE_DIR "/guests/prebuilt/kernel-without-balloon.o"}; }

bool has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

}  // namespace

class BuildingTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    if (!confinementHere().complete()) QSKIP(confinementHere().text().c_str());
    files_.write("secret.txt", "the answers of lab 3\n");
    files_.write("secret.h", "#define ANSWER 42\n");
  }

  void whatDoesNotBuildIsExplained_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("trouble");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const char* file, const std::string& text, PolicyTrouble trouble, const char* words) {
      QTest::addRow("%s", name) << QString(file) << QString::fromStdString(text) << static_cast<int>(trouble) << QString(words);
    };
    row("syntax", "a.cpp", kGood + "int x = ;\n", PolicyTrouble::DoesNotCompile, "a.cpp:7:9: error: ");
    row("abstract", "a.cpp",
        "#include <overcommit/victim.h>\nclass A : public overcommit::policy::VictimPolicy {};\nOVERCOMMIT_VICTIM(A)\n",
        PolicyTrouble::DoesNotCompile, "choose");
    row("no macro", "a.cpp", kGood.substr(0, kGood.find("OVERCOMMIT_V")), PolicyTrouble::DoesNotLink, "main");
    row("undefined", "a.cpp", "int elsewhere();\nint use = elsewhere();\n" + kGood, PolicyTrouble::DoesNotLink, "elsewhere");
    row("endless include", "a.cpp", "#include \"a.cpp\"\n", PolicyTrouble::DoesNotCompile, "nested");
    row("endless template", "a.cpp", "template <int N> struct A { static const int v = A<N + 1>::v; };\nint x = A<0>::v;\n",
        PolicyTrouble::DoesNotCompile, "template");
    row("includes what all may read", "a.cpp", "#include \"/etc/passwd\"\n" + kGood, PolicyTrouble::DoesNotCompile, "/etc/passwd");
    row("includes a device", "a.cpp", "#include \"/dev/zero\"\n" + kGood, PolicyTrouble::DoesNotCompile, "/dev/zero");
    row("Python", "a.py", "def broken(:\n", PolicyTrouble::DoesNotStart, "SyntaxError");
    row("Python without serve", "a.py", "x = 1\n", PolicyTrouble::DoesNotStart, "exit code 0");
    row("Python that imports", "a.py", "import numpy_of_somebody\n", PolicyTrouble::DoesNotStart, "numpy_of_somebody");
    row("Python of another kind", "a.py",
        "from overcommit_policy import *\nfrom overcommit_policy import ZipPolicy, serve\nserve(ZipPolicy())\n",
        PolicyTrouble::OtherVersion, "another kind");
    row("Python that goes to the network", "a.py", "import socket\nsocket.socket()\n", PolicyTrouble::Forbidden, "no network");
    row("no ending", "a", "x", PolicyTrouble::NotFound, "neither C++ (.cpp) nor Python (.py)");
  }
  void whatDoesNotBuildIsExplained() {
    QFETCH(const QString, file);
    QFETCH(const QString, text);
    QFETCH(const int, trouble);
    QFETCH(const QString, words);
    const PolicyFailure failure = failureOf(build(PolicySubject::Victim, files_.write(file.toStdString(), text.toStdString())));
    QVERIFY2(has(failure.text, words.toStdString()), failure.text.c_str());
    QCOMPARE(nameOf(failure.trouble), nameOf(static_cast<PolicyTrouble>(trouble)));
    QVERIFY(neverStarted(failure.trouble) || failure.trouble == PolicyTrouble::Forbidden);
    QVERIFY2(!has(failure.text, "root:"), "nothing of the file is told");
  }

  // Files beside a submission, where a teacher may keep solutions, cannot be had by any directive.
  void staffFilesAreNotVisible_data() {
    QTest::addColumn<QString>("line");
    const QString secret = QString::fromStdString((files_.path() / "secret").string());
    QTest::addRow("include") << QString("#include \"%1.h\"\nstatic_assert(ANSWER == 42);\n").arg(secret);
    QTest::addRow("relative include") << QString("#include \"secret.h\"\nstatic_assert(ANSWER == 42);\n");
    QTest::addRow("parent include") << QString("#include \"../secret.h\"\nstatic_assert(ANSWER == 42);\n");
    QTest::addRow("incbin") << QString("__asm__(\".incbin \\\"%1.txt\\\"\");\n").arg(secret);
    QTest::addRow("assembler include") << QString("__asm__(\".include \\\"%1.txt\\\"\");\n").arg(secret);
    QTest::addRow("incbin of the shadow file") << QString("__asm__(\".incbin \\\"/etc/shadow\\\"\");\n");
    QTest::addRow("incbin of the reference")
        << QString("__asm__(\".incbin \\\"%1/core/policy/allocation.cpp\\\"\");\n").arg(OVERCOMMIT_SOURCE_DIR);
    QTest::addRow("has_include") << QString("#if __has_include(\"%1.h\")\n#else\n#error \"not there\"\n#endif\n").arg(secret);
  }
  void staffFilesAreNotVisible() {
    QFETCH(const QString, line);
    const PolicyFailure failure = failureOf(build(PolicySubject::Victim, files_.write("peeks.cpp", line.toStdString() + kGood)));
    QCOMPARE(nameOf(failure.trouble), nameOf(PolicyTrouble::DoesNotCompile));
    QVERIFY2(!has(failure.text, "the answers of lab 3"), failure.text.c_str());
  }

  void aLinkToAStaffFileIsNotTaken() {
    const std::filesystem::path folder = files_.path() / "linked";
    std::filesystem::create_directories(folder);
    files_.write("linked/victim.cpp", kGood);
    std::filesystem::create_symlink(files_.path() / "secret.h", folder / "mine.h");
    const PolicyFailure failure = failureOf(build(PolicySubject::Victim, folder));
    QVERIFY2(has(failure.text, "it is a link"), failure.text.c_str());
  }

  void aFolderHasThePolicyAndWhatItIncludes() {
    std::filesystem::create_directories(files_.path() / "folder");
    files_.write("folder/choice.h", "inline unsigned choice() { return 0; }\n");
    std::string text = kGood;
    text.replace(text.find("return 0"), 8, "return choice()");
    files_.write("folder/victim.cpp", "#include \"choice.h\"\n" + text);
    const auto built = build(PolicySubject::Victim, files_.path() / "folder");
    VERIFY_BUILT(built);
    QCOMPARE(built->source.main.string(), std::string("victim.cpp"));
    const PolicyFailure failure = failureOf(build(PolicySubject::Zip, files_.path() / "folder"));
    QVERIFY2(has(failure.text, "has no zip.cpp or zip.py"), failure.text.c_str());
  }

  void theHashIsThatOfAllThatWasHandedIn() {
    const auto one = build(PolicySubject::Victim, files_.write("first.py", kGoodPython));
    const auto same = build(PolicySubject::Victim, files_.write("first.py", kGoodPython));
    const auto other = build(PolicySubject::Victim, files_.write("first.py", kGoodPython + "\n"));
    VERIFY_BUILT(one);
    VERIFY_BUILT(other);
    QCOMPARE(same->workspace->hash(), one->workspace->hash());
    QVERIFY(other->workspace->hash() != one->workspace->hash());
  }

  // A machine without Landlock has the other fence.
  void aMountNamespaceConfinesToo() {
    Confinement other = confinementHere();
    other.files = FileFence::MountNamespace;
    auto built = build(PolicySubject::Victim, files_.write("good.cpp", kGood), other);
    if (!built && has(built.error().text, "namespace")) QSKIP(built.error().text.c_str());
    VERIFY_BUILT(built);
    auto started = PolicyProcess::start(*built, {});
    VERIFY_BUILT(started);
    const PolicyFailure failure = failureOf(build(
        PolicySubject::Victim, files_.write("peeks.cpp", "#include \"" + (files_.path() / "secret.h").string() + "\"\n" + kGood), other));
    QVERIFY2(has(failure.text, "No such file"), failure.text.c_str());
    const auto python = build(PolicySubject::Victim, files_.write("first.py", kGoodPython), other);
    VERIFY_BUILT(python);
    auto startedPython = PolicyProcess::start(*python, {});
    VERIFY_BUILT(startedPython);
  }

  // Minimal systems in a folder are entered by chroot(); nothing can be mounted over their root, and a policy must not run as if it were confined.
  void aChrootIsNamedAsTheReasonWhyMountsCannotConfine() {
    if (::geteuid() != 0) QSKIP("only root can chroot");
    int ends[2];
    QCOMPARE(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      std::string text = "the chroot failed";
      if (::chroot(files_.path().c_str()) == 0) {
        const auto entered = enterMountNamespace({});
        text = entered ? "it worked" : entered.error().text;
      }
      ::_exit(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
    }
    ::close(ends[1]);
    std::string text(500, '\0');
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(ends[0], text.data(), text.size()), 0)));
    ::close(ends[0]);
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY2(has(text, "runs in a chroot"), text.c_str());
  }

  void aBalloonDriverIsLinkedIntoAGuest() {
    const auto built = buildGuestDriver(OVERCOMMIT_SOURCE_DIR "/guests/kernel/balloon.c", guestSources(), confinementHere());
    VERIFY_BUILT(built);
    QFile kernel(QString::fromStdString(built->kernel.string()));
    QVERIFY(kernel.open(QIODevice::ReadOnly));
    QCOMPARE(kernel.read(4), QByteArray("\x7f"
                                        "ELF"));
  }

  // Debian's compiler for x86-64 has this name on every machine, also where it is the system's own.
  void whereGuestsCodeIsForeignACrossCompilerMakesADriver() {
    const GuestTools tools = guestToolsOn("arm64");
    if (findTool("", tools.compilers).empty()) QSKIP("there is no x86_64-linux-gnu-gcc");
    const auto built = buildGuestDriver(OVERCOMMIT_SOURCE_DIR "/guests/kernel/balloon.c", guestSources(), confinementHere(), {}, tools);
    VERIFY_BUILT(built);
  }

  void withoutACompilerForGuestsTheErrorNamesItsPackage() {
    for (const char* processor : {"x86-64", "arm64"}) {
      GuestTools tools = guestToolsOn(processor);
      tools.compilers = {"overcommit-no-such-gcc"};
      const PolicyFailure failure =
          failureOf(buildGuestDriver(OVERCOMMIT_SOURCE_DIR "/guests/kernel/balloon.c", guestSources(), confinementHere(), {}, tools));
      QCOMPARE(nameOf(failure.trouble), nameOf(PolicyTrouble::NoCompiler));
      QVERIFY2(has(failure.text, "this machine has no overcommit-no-such-gcc or no"), failure.text.c_str());
      QVERIFY2(failure.text.ends_with(fmt::format("install {}", tools.packages)), failure.text.c_str());
    }
  }

  void aBalloonDriverThatDoesNotBuildIsExplained() {
    const PolicyFailure syntax = failureOf(buildGuestDriver(
        files_.write("balloon.c", "#include \"balloon.h\"\nvoid balloon_start(void) { x; }\n"), guestSources(), confinementHere()));
    QCOMPARE(nameOf(syntax.trouble), nameOf(PolicyTrouble::DoesNotCompile));
    QVERIFY2(has(syntax.text, "balloon.c:2:28: error"), syntax.text.c_str());
    const PolicyFailure missing = failureOf(buildGuestDriver(
        files_.write("balloon.c", "#include \"balloon.h\"\nvoid balloon_start(void) {}\n"), guestSources(), confinementHere()));
    QCOMPARE(nameOf(missing.trouble), nameOf(PolicyTrouble::DoesNotLink));
    QVERIFY2(has(missing.text, "balloon_poll"), missing.text.c_str());
  }

 private:
  // Of building, or, where that went well, of starting.
  static PolicyFailure failureOf(const PolicyResult<BuiltPolicy>& built) {
    if (!built) return built.error();
    auto started = PolicyProcess::start(*built, {});
    return started ? PolicyFailure{PolicyTrouble::NotFound, "it works"} : started.error();
  }
  static PolicyFailure failureOf(const PolicyResult<BuiltDriver>& built) {
    return built ? PolicyFailure{PolicyTrouble::NotFound, "it works"} : built.error();
  }
  Submissions files_;
};

OVERCOMMIT_TEST(BuildingTest)
#include "building_test.moc"
