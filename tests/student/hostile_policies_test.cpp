// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever is handed in, the engine says what became of it, and goes on.
#include <sys/wait.h>

#include <algorithm>

#include "student/support.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

struct Answered {
  std::optional<PolicyFailure> failure;
  std::vector<std::string> printed;
  std::uint32_t answer = 0;
};

// One victim question with four candidates, asked three times.
Answered askThrice(const BuiltPolicy& built, WallTime patience = WallTime(10'000)) {
  Answered outcome;
  PolicySettings settings;
  settings.patience = patience;
  settings.limits.addressSpace = Bytes(std::uint64_t{512} << 20);
  auto started = PolicyProcess::start(built, settings);
  if (!started) {
    outcome.failure = started.error();
    return outcome;
  }
  PolicyProcess& process = **started;
  process.onPrinted = [&](std::string_view line) { outcome.printed.emplace_back(line); };
  for (int i = 0; i < 3 && !process.failure(); ++i) {
    policy::VictimQuestion question{};
    question.count = 4;
    std::memcpy(process.buffer() + policy::kQuestionsAt, &question, sizeof question);
    const std::array<policy::VictimCandidate, 4> candidates{};
    std::memcpy(process.buffer() + policy::kItemsAt, candidates.data(), sizeof candidates);
    process.ask(policy::RequestKind::Victim, 1, 4, false, std::as_writable_bytes(std::span(&outcome.answer, 1)), 4);
  }
  process.finish();
  outcome.failure = process.failure();
  return outcome;
}

// Under sanitizers address space is not limited.
bool needsTheLimitOfAddressSpace(const char* name) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return QByteArray(name) == "memory" || QByteArray(name) == "malloc" || QByteArray(name) == "raise-limits";
#else
  static_cast<void>(name);
  return false;
#endif
}

}  // namespace

class HostilePoliciesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    if (!confinementHere().complete()) QSKIP(confinementHere().text().c_str());
    QFile source(OVERCOMMIT_SOURCE_DIR "/tests/student/hostile_policy.cpp");
    QVERIFY(source.open(QIODevice::ReadOnly));
    const auto built = build(PolicySubject::Victim, files_.write("policy.cpp", source.readAll().toStdString()));
    VERIFY_BUILT(built);
    built_ = *built;
  }

  void whatFailsIsNamedAndExplained_data() {
    QTest::addColumn<int>("trouble");
    QTest::addColumn<QString>("words");
    QTest::addColumn<int>("patience");
    const auto row = [](const char* mode, PolicyTrouble trouble, const char* words, int patience = 10'000) {
      QTest::addRow("%s", mode) << static_cast<int>(trouble) << QString(words) << patience;
    };
    row("null", PolicyTrouble::Crashed, "SIGSEGV");
    row("malloc", PolicyTrouble::Crashed, "a malloc() beyond 512 MiB");
    row("file-size", PolicyTrouble::Crashed, "it wrote to a file");
    row("abort", PolicyTrouble::Crashed, "SIGABRT");
    row("throw", PolicyTrouble::Crashed, "nobody catches this");
    row("recurse", PolicyTrouble::Crashed, "a recursion that never ends");
    row("divide", PolicyTrouble::Crashed, "a division by zero?");
    row("memory", PolicyTrouble::Crashed, "512 MiB");
    row("write-buffer", PolicyTrouble::Crashed, "SIGSEGV");
    row("exit", PolicyTrouble::Ended, "exit code 7");
    row("exit-well", PolicyTrouble::Ended, "exit code 0");
    row("loop", PolicyTrouble::Hung, "no answer to its request 1", 300);
    row("sleep", PolicyTrouble::Hung, "no answer", 300);
    row("silence", PolicyTrouble::Hung, "no answer", 300);
    row("garbage", PolicyTrouble::WrongMessage, "no answer (it begins with 3f3f3f3f)");
    row("too-many", PolicyTrouble::WrongMessage, "1000 answers of 4000 bytes");
    row("huge-length", PolicyTrouble::WrongMessage, "4294967295 bytes");
    row("none", PolicyTrouble::WrongMessage, "0 answers");
    row("other-kind", PolicyTrouble::WrongMessage, "request 1 (match)");
    row("other-sequence", PolicyTrouble::WrongMessage, "answered request 77");
    row("half", PolicyTrouble::Ended, "exit code 0");
    row("twice", PolicyTrouble::WrongMessage, "answered request 1");
    row("read-instead", PolicyTrouble::WrongMessage, "no answer");
    row("close", PolicyTrouble::WrongMessage, "closed its connection", 300);
    row("close-all", PolicyTrouble::WrongMessage, "closed its connection", 300);
    row("flood", PolicyTrouble::Flooded, "8 MiB");
    row("flood-line", PolicyTrouble::Flooded, "8 MiB");
    row("fork", PolicyTrouble::Forbidden, "no processes");  // glibc may block all signals meanwhile, so that nobody can tell the number
    row("fork-bomb", PolicyTrouble::Forbidden, "no processes");
    row("vfork", PolicyTrouble::Forbidden, "no processes");
    row("socket", PolicyTrouble::Forbidden, "no network");
    row("unix-socket", PolicyTrouble::Forbidden, "no network");
    row("ptrace", PolicyTrouble::Forbidden, "forbidden system call number");
    row("kill", PolicyTrouble::Forbidden, "system call");
    row("mount", PolicyTrouble::Forbidden, "system call");
    row("early-exit", PolicyTrouble::DoesNotStart, "exit code 4 before its first question");
    row("early-end", PolicyTrouble::DoesNotStart, "before its first question: does it have OVERCOMMIT_VICTIM(Class)");
    row("early-crash", PolicyTrouble::DoesNotStart, "SIGABRT");
    row("early-hang", PolicyTrouble::Hung, "no greeting", 300);
    row("early-socket", PolicyTrouble::Forbidden, "no network");
    row("early-noise", PolicyTrouble::OtherVersion, "greets in a way");
    row("version", PolicyTrouble::OtherVersion, "version 99");
    row("kind", PolicyTrouble::OtherVersion, "another kind");
    row("no-candidates", PolicyTrouble::OtherVersion, "wants 0 candidates");
  }
  void whatFailsIsNamedAndExplained() {
    QFETCH(const int, trouble);
    QFETCH(const QString, words);
    QFETCH(const int, patience);
    if (needsTheLimitOfAddressSpace(QTest::currentDataTag())) QSKIP("a sanitizer needs the address space that would be limited");
    const Answered outcome = askThrice(mode(QTest::currentDataTag()), WallTime(patience));
    QVERIFY(outcome.failure.has_value());
    QVERIFY2(outcome.failure->text.find(words.toStdString()) != std::string::npos, outcome.failure->text.c_str());
    QCOMPARE(nameOf(outcome.failure->trouble), nameOf(static_cast<PolicyTrouble>(trouble)));
    QVERIFY(outcome.failure->text.starts_with("the victim policy policy.cpp "));
    QVERIFY2(outcome.failure->text.size() < 6000, "an explanation is no log");
  }

  void aPythonPolicyThatNeverServesIsAskedWhetherItDoes() {
    const auto built = build(PolicySubject::Victim, files_.write("silent.py", "x = 1\n"));
    if (!built && built.error().trouble == PolicyTrouble::NoCompiler) QSKIP("no Python here");
    VERIFY_BUILT(built);
    const Answered outcome = askThrice(*built);
    QVERIFY(outcome.failure.has_value());
    QVERIFY2(outcome.failure->text.find("ended with exit code 0 before its first question: does it call serve()") != std::string::npos,
             outcome.failure->text.c_str());
  }

  // What can be tried and is refused is no failure: the policy goes on, and has learnt nothing.
  void whatIsRefusedLeadsNowhere_data() {
    QTest::addColumn<int>("tried");
    QTest::addRow("read-files") << 15;
    QTest::addRow("remap-buffer") << 3;
    QTest::addRow("kill-thread") << 1;
    QTest::addRow("raise-limits") << 1;
    QTest::addRow("environment") << 2;
  }
  void whatIsRefusedLeadsNowhere() {
    QFETCH(const int, tried);
    if (needsTheLimitOfAddressSpace(QTest::currentDataTag())) QSKIP("a sanitizer needs the address space that would be limited");
    const Answered outcome = askThrice(mode(QTest::currentDataTag()));
    QVERIFY2(!outcome.failure, outcome.failure ? outcome.failure->text.c_str() : "");
    QCOMPARE(static_cast<int>(outcome.printed.size()), 3 * tried);
    for (const std::string& line : outcome.printed) QVERIFY2(line.ends_with("denied"), line.c_str());
  }

  void noShellCanBeStarted() {
    const Answered outcome = askThrice(mode("shell"));
    QVERIFY2(!outcome.failure, outcome.failure ? outcome.failure->text.c_str() : "");
    QCOMPARE(outcome.printed, (std::vector<std::string>{"shell: -1", "shell: -1", "shell: -1"}));
  }

  void whatIsNoTextIsMadePrintable() {
    const Answered outcome = askThrice(mode("binary"));
    QVERIFY(!outcome.failure);
    QCOMPARE(outcome.printed.size(), std::size_t{3});
    QCOMPARE(outcome.printed.front(), std::string("?????[31mred?"));
  }

  void anAnswerThatIsNoCandidateIsNotTheProcessesMatter() {
    const Answered outcome = askThrice(mode("wrong-index"));
    QVERIFY(!outcome.failure);
    QCOMPARE(outcome.answer, 99u);
  }

  // Nothing is left of what was ended: no process, no descriptor, no folder.
  void nothingRemains() {
    QCOMPARE(::waitpid(-1, nullptr, WNOHANG), -1);
    const auto open = [] {
      return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
    };
    const auto before = open();
    for (const char* what : {"null", "fork", "garbage", "early-exit"}) askThrice(mode(what));
    QCOMPARE(open(), before);
    QCOMPARE(::waitpid(-1, nullptr, WNOHANG), -1);
    std::filesystem::path kept = built_.workspace->build();
    built_ = {};
    QVERIFY(!std::filesystem::exists(kept));
  }

 private:
  [[nodiscard]] BuiltPolicy mode(const char* name) const {
    BuiltPolicy built = built_;
    built.command.emplace_back(name);
    return built;
  }
  Submissions files_;
  BuiltPolicy built_;
};

OVERCOMMIT_TEST(HostilePoliciesTest)
#include "hostile_policies_test.moc"
