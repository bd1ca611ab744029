// SPDX-License-Identifier: GPL-2.0-or-later
// The committed guest binaries are what the committed sources make, and hold nothing whose result depends on the machine.
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QProcessEnvironment>
#include <QRegularExpression>
#include <QSet>
#include <QTemporaryDir>

#include <optional>

#include "support/test.h"

namespace {

const QString kGuestSources = QStringLiteral(OVERCOMMIT_SOURCE_DIR "/guests");
const QString kPrebuilt = kGuestSources + QStringLiteral("/prebuilt");

QByteArray contents(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

struct Outcome {
  bool started = false;
  int exitCode = -1;
  QByteArray output;  // standard output, then standard error
};

Outcome run(const QString& program, const QStringList& arguments) {
  QProcess process;
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  environment.insert(QStringLiteral("LC_ALL"), QStringLiteral("C"));
  process.setProcessEnvironment(environment);
  process.start(program, arguments);
  Outcome outcome;
  outcome.started = process.waitForStarted(-1) && process.waitForFinished(-1);
  outcome.exitCode = process.exitCode();
  outcome.output = process.readAllStandardOutput() + process.readAllStandardError();
  return outcome;
}

// Why the reference build cannot be repeated here; empty if it can.
QString otherCompiler() {
  const Outcome gcc = run(QStringLiteral("gcc"), {QStringLiteral("--version")});
  if (!gcc.started) return QStringLiteral("there is no gcc");
  if (!gcc.output.contains("(Debian 12."))
    return QStringLiteral("gcc is not Debian 12's: ") + QString::fromUtf8(gcc.output.split('\n').front());
  const Outcome ld = run(QStringLiteral("ld"), {QStringLiteral("--version")});
  if (!ld.output.contains("for Debian) 2.40"))
    return QStringLiteral("ld is not Debian 12's: ") + QString::fromUtf8(ld.output.split('\n').front());
  return {};
}

QStringList committedBinaries() {
  QStringList files;
  for (const QByteArray& line : contents(kPrebuilt + QStringLiteral("/SHA256SUMS")).split('\n')) {
    if (line.size() > 66) files << QString::fromUtf8(line.mid(66));
  }
  return files;
}

Outcome disassemble(const QString& name) {
  return run(QStringLiteral("objdump"), {QStringLiteral("-d"), QStringLiteral("--no-show-raw-insn"), kPrebuilt + QLatin1Char('/') + name});
}

struct Found {
  QByteArray first;  // the first forbidden instruction; empty if there is none
  int instructions = 0;
};

// Time, randomness, processor identity, and every register beyond the general ones. Nothing if it cannot be disassembled here.
std::optional<Found> forbiddenInstructions(const QString& name) {
  static const QRegularExpression kForbidden(
      QStringLiteral("\\t(rdtscp?|rdrand|rdseed|cpuid|rdpmc|rdpid|xgetbv|xsave\\w*|xrstor\\w*|fxsave\\w*|fxrstor\\w*|rdmsr|wrmsr|sti|"
                     "f(ld|st|add|mul|init)\\w*)\\b|%[xyz]mm\\d|%st\\b|%mm\\d|%k\\d"));
  const Outcome disassembly = disassemble(name);
  if (!disassembly.started) return std::nullopt;
  Found found;
  for (const QByteArray& line : disassembly.output.split('\n')) {
    if (!line.startsWith("  ")) continue;
    ++found.instructions;
    if (found.first.isEmpty() && kForbidden.match(QString::fromUtf8(line)).hasMatch()) found.first = line;
  }
  return found;
}

}  // namespace

class ReferenceBuildTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void committedFilesHaveTheCommittedHashes();
  void everyCommittedBinaryIsListed();
  void sourcesRebuildToTheCommittedBytes();
  void ownBalloonDriverLinksToTheSameKernel();
  void kernelHasNoInstructionThatDependsOnTheMachine();
  void theSearchFindsForbiddenInstructions();
  void hypercallsEndTheirBlock();
  void kernelIsSmall();
};

void ReferenceBuildTest::committedFilesHaveTheCommittedHashes() {
  int checked = 0;
  for (const QByteArray& line : contents(kPrebuilt + QStringLiteral("/SHA256SUMS")).split('\n')) {
    if (line.isEmpty()) continue;
    const QString name = QString::fromUtf8(line.mid(66));
    const QByteArray file = contents(kPrebuilt + QLatin1Char('/') + name);
    QVERIFY2(!file.isEmpty(), qPrintable(name));
    QCOMPARE(QCryptographicHash::hash(file, QCryptographicHash::Sha256).toHex(), line.left(64));
    ++checked;
  }
  QVERIFY(checked > 2);
}

void ReferenceBuildTest::everyCommittedBinaryIsListed() {
  const QStringList listed = committedBinaries();
  for (const QString& name : QDir(kPrebuilt).entryList({QStringLiteral("*.elf"), QStringLiteral("*.o")})) {
    QVERIFY2(listed.contains(name), qPrintable(name));
  }
  for (const QString& name : QDir(kPrebuilt + QStringLiteral("/hostile")).entryList({QStringLiteral("*.elf")})) {
    QVERIFY2(listed.contains(QStringLiteral("hostile/") + name), qPrintable(name));
  }
}

void ReferenceBuildTest::sourcesRebuildToTheCommittedBytes() {
  if (const QString reason = otherCompiler(); !reason.isEmpty()) QSKIP(qPrintable(reason));
  const QTemporaryDir out;
  const Outcome build = run(kGuestSources + QStringLiteral("/build.sh"), {out.path()});
  QVERIFY2(build.exitCode == 0, build.output.constData());
  for (const QString& name : committedBinaries()) {
    QVERIFY2(contents(out.filePath(name)) == contents(kPrebuilt + QLatin1Char('/') + name), qPrintable(name));
  }
  QCOMPARE(contents(out.filePath(QStringLiteral("SHA256SUMS"))), contents(kPrebuilt + QStringLiteral("/SHA256SUMS")));
}

void ReferenceBuildTest::ownBalloonDriverLinksToTheSameKernel() {
  if (const QString reason = otherCompiler(); !reason.isEmpty()) QSKIP(qPrintable(reason));
  const QTemporaryDir out;
  const QString kernel = out.filePath(QStringLiteral("mine.elf"));
  const Outcome build = run(kGuestSources + QStringLiteral("/build.sh"),
                            {QStringLiteral("--balloon"), kGuestSources + QStringLiteral("/kernel/balloon.c"), kernel});
  QVERIFY2(build.exitCode == 0, build.output.constData());
  QVERIFY(contents(kernel) == contents(kPrebuilt + QStringLiteral("/overcommit-guest.elf")));
}

void ReferenceBuildTest::kernelHasNoInstructionThatDependsOnTheMachine() {
  const std::optional<Found> kernel = forbiddenInstructions(QStringLiteral("overcommit-guest.elf"));
  if (!kernel) QSKIP("there is no objdump");
  QVERIFY2(kernel->first.isEmpty(), kernel->first.constData());
  QVERIFY(kernel->instructions > 1000);
}

void ReferenceBuildTest::theSearchFindsForbiddenInstructions() {
  const std::optional<Found> guest = forbiddenInstructions(QStringLiteral("hostile/forbidden_instructions.elf"));
  if (!guest) QSKIP("there is no objdump");
  QVERIFY(guest->first.contains("rdtsc"));
}

// An emulator stops exactly only at the end of a block: each port instruction is followed by a jump to the next instruction.
void ReferenceBuildTest::hypercallsEndTheirBlock() {
  const Outcome disassembly = disassemble(QStringLiteral("overcommit-guest.elf"));
  if (!disassembly.started) QSKIP("there is no objdump");
  const QList<QByteArray> lines = disassembly.output.split('\n');
  static const QRegularExpression kPort(QStringLiteral("\\t(in|out|ins\\w|outs\\w)\\s"));
  static const QRegularExpression kJump(QStringLiteral("^\\s*[0-9a-f]+:\\tjmp\\s+([0-9a-f]+) "));
  static const QRegularExpression kAddress(QStringLiteral("^\\s*([0-9a-f]+):"));
  int ports = 0;
  for (qsizetype i = 0; i + 2 < lines.size(); ++i) {
    if (!kPort.match(QString::fromUtf8(lines[i])).hasMatch()) continue;
    ++ports;
    const auto jump = kJump.match(QString::fromUtf8(lines[i + 1]));
    const auto next = kAddress.match(QString::fromUtf8(lines[i + 2]));
    QVERIFY2(jump.hasMatch() && next.hasMatch() && jump.captured(1) == next.captured(1), lines[i + 1].constData());
  }
  QCOMPARE(ports, 2);
}

void ReferenceBuildTest::kernelIsSmall() { QVERIFY(contents(kPrebuilt + QStringLiteral("/overcommit-guest.elf")).size() < 98'304); }

OVERCOMMIT_TEST(ReferenceBuildTest)
#include "reference_build_test.moc"
