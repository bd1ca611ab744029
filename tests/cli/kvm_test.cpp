// SPDX-License-Identifier: GPL-2.0-or-later
// The command on KVM, and where there is none.
#include <unistd.h>

#include <QRegularExpression>
#include <QSet>
#include <QStandardPaths>

#include "cli/command.h"
#include "cli/doctor_findings.h"
#include "cpu/cpu_backend.h"
#include "cpu/kvm_system.h"
#include "machine/fake_kernel.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

const QString kSmall = kSource + "/labs/scenarios/kvm-first-touches.toml";

// A guest of 4 MiB that stops by a bad argument, after it printed.
QByteArray hostile(const QByteArray& name) {
  return "title = \"t\"\nseed = 1\nduration = \"1s\"\n[host]\nmemory = \"12 MiB\"\n[[vm]]\nname = \"vm\"\nmemory = \"4 MiB\"\nkernel = \"" +
         (kSource + "/guests/prebuilt/hostile/").toUtf8() + name + ".elf\"\n";
}

}  // namespace

class KvmTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void runsOnKvmAndOnTheEmulatorHaveOneDigest() {
    if (!available()) QSKIP(why_.c_str());
    const Outcome emulator = overcommitCommand({"run", kSmall, "--json", "-"});
    const Outcome kvm = overcommitCommand({"run", kSmall, "--json", "-", "--backend", "kvm"});
    QCOMPARE(kvm.err, QByteArray());
    QCOMPARE(kvm.code, 0);
    const auto digest = [](const Outcome& outcome) { return outcome.out.mid(outcome.out.indexOf("\"digest\""), 45); };
    QCOMPARE(digest(kvm), digest(emulator));
    QVERIFY(kvm.out.contains("\"backend\": \"kvm\"") || kvm.out.contains("\"backend\":\"kvm\""));
  }

  void autoIsTheEmulatorOnEveryMachine() {
    const Outcome outcome = overcommitCommand({"run", kSmall, "--backend", "auto"});
    QVERIFY(outcome.out.contains("unicorn"));
  }

  void twinComparesAndSaysWhat() {
    if (!available()) QSKIP(why_.c_str());
    const Outcome outcome = overcommitCommand({"twin", kSmall});
    QCOMPARE(outcome.err, QByteArray());
    QVERIFY2(outcome.out.contains("memory of toucher equal: all 1024 pages are equal after 60 operations"), outcome.out);
    QVERIFY(outcome.out.endsWith("The two runs are equal.\n"));
    QCOMPARE(outcome.code, 0);
  }

  // A reader's first comparison says that the two are equal.
  void theTwinsThatHelpAndPagesShowAreEqual() {
    if (!available()) QSKIP(why_.c_str());
    static const QRegularExpression kExample(R"(overcommit twin (labs/scenarios/[a-z-]+\.toml))");
    QSet<QString> scenarios;
    QByteArray pages = overcommitCommand({"twin", "--help"}).out;
    for (const char* page : {"/README.md", "/docs/how-to/run-on-kvm.md"}) pages += ScenarioFolder::read(kSource + page);
    for (auto match = kExample.globalMatch(QString::fromUtf8(pages)); match.hasNext();) scenarios << match.next().captured(1);
    QVERIFY(!scenarios.isEmpty());
    for (const QString& scenario : scenarios) {
      const Outcome outcome = overcommitCommand({"twin", kSource + "/" + scenario});
      QVERIFY2(outcome.code == 0, outcome.out.constData());
    }
  }

  void crashNamesRegistersAndTheLastConsoleLine_data() {
    QTest::addColumn<QByteArray>("guest");
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("double fault") << QByteArray("double_fault") << QByteArray("triple fault");
    QTest::newRow("tables outside") << QByteArray("root_outside") << QByteArray("");
    QTest::newRow("wild write") << QByteArray("wild_write") << QByteArray("");
    QTest::newRow("ports") << QByteArray("random_ports") << QByteArray("which this machine does not have");
    QTest::newRow("unknown call") << QByteArray("call_unknown") << QByteArray("unknown hypercall");
    QTest::newRow("console") << QByteArray("console_huge") << QByteArray("at most");
  }
  void crashNamesRegistersAndTheLastConsoleLine() {
    if (!available()) QSKIP(why_.c_str());
    QFETCH(QByteArray, guest);
    QFETCH(QByteArray, says);
    const Outcome outcome = overcommitCommand({"run", folder_.write("hostile.toml", hostile(guest)), "--backend", "kvm"});
    QCOMPARE(outcome.code, 5);
    const QByteArray text = outcome.out.simplified();
    QVERIFY2(text.contains(says), outcome.out);
    QVERIFY2(text.contains("vm was stopped: ") && text.contains("(rip 0x") && text.contains(", rsp 0x") && text.contains(", cr2 0x"),
             outcome.out);
  }

  // Where the machine has KVM, for somebody who may not use it.
  void withoutKvmTheExitCodeIs77() {
    QStringList nobody;
    if (available()) {
      if (::geteuid() != 0 || QStandardPaths::findExecutable("setpriv").isEmpty()) QSKIP("only root can become somebody without KVM");
      nobody = QStringList{"--reuid=65534", "--regid=65534", "--clear-groups"};
      QProcess check;
      check.start("setpriv", nobody + QStringList{"test", "-x", kCommand, "-a", "!", "-w", "/dev/kvm"});
      if (!check.waitForFinished() || check.exitCode() != 0) QSKIP("everybody may use KVM here, or nobody else may run the command");
    }
    for (const QStringList& command : {QStringList{"run", kSmall, "--backend", "kvm"}, QStringList{"twin", kSmall}}) {
      QProcess process;
      process.start(nobody.isEmpty() ? kCommand : "setpriv", nobody.isEmpty() ? command : nobody + QStringList{kCommand} + command);
      QVERIFY(process.waitForFinished(60'000));
      const QByteArray error = process.readAllStandardError();
      QVERIFY2(error.contains("backend not available: cannot open /dev/kvm: "), error);
      QCOMPARE(process.exitCode(), 77);
    }
  }

  void doctorMeasuresWhatIsThere() {
    const Outcome outcome = overcommitCommand({"doctor"});
    QVERIFY(outcome.out.contains("speed, Unicorn"));
    const Outcome kvm = overcommitCommand({"doctor", "--backend", "kvm"});
    QCOMPARE(kvm.code == 0, available());
    if (!available()) {
      QCOMPARE(kvm.code, 77);
      QVERIFY(kvm.out.contains("BAD"));
      QSKIP(why_.c_str());
    }
    QVERIFY2(kvm.out.contains("speed, KVM") && kvm.out.contains("instructions a second, a hypercall "), kvm.out);
    QVERIFY(kvm.out.endsWith("Scenarios can run on this machine on KVM.\n"));
  }

  void doctorRefusesABackendThatDoesNotExist() {
    const Outcome outcome = overcommitCommand({"doctor", "--backend", "kwm"});
    QCOMPARE(outcome.code, 2);
    QVERIFY2(outcome.err.contains("kvm"), outcome.err);
  }

  void doctorHasTheCommandThatMendsEachLack() {
    FakeKernel kernel;
    kernel.noOpen["/dev/kvm"] = EACCES;
    kernel.noOpen["/dev/userfaultfd"] = EACCES;
    kernel.noUserfaultfd = EPERM;
    const Finding kvm = kvmFinding(kernel, Health::Lacking);
    QCOMPARE(kvm.health, Health::Lacking);
    QCOMPARE(kvm.what, std::string("cannot open /dev/kvm: permission denied"));
    QCOMPARE(kvm.fix, std::string("join its group (sudo usermod -aG kvm \"$USER\") and log in again"));
    const Finding userfault = userfaultFinding(kernel, Health::Unusable);
    QCOMPARE(userfault.health, Health::Unusable);
    QVERIFY2(userfault.fix.find("chgrp kvm /dev/userfaultfd && chmod g+rw /dev/userfaultfd") != std::string::npos, userfault.fix.c_str());
    kernel.noOpen["/dev/kvm"] = ENOENT;
    QVERIFY(kvmFinding(kernel, Health::Lacking).fix.starts_with("load the module (sudo modprobe kvm_intel, or kvm_amd)"));
  }

 private:
  bool available() {
    const auto backend = createKvmBackend(systemCalls(), {});
    if (!backend) why_ = backend.error().text;
    return backend.has_value();
  }
  std::string why_;
  ScenarioFolder folder_;
};

OVERCOMMIT_TEST(KvmTest)
#include "kvm_test.moc"
