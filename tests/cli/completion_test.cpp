// SPDX-License-Identifier: GPL-2.0-or-later
// Command lines are completed from the command table.
#include <QRegularExpression>
#include <QStandardPaths>

#include "cli/command.h"
#include "cli/command_table.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

QByteArray bytes(std::string_view text) { return {text.data(), static_cast<qsizetype>(text.size())}; }

QByteArray scriptFor(const QString& shell) { return overcommitCommand({"help", "--completion", shell}).out; }

QByteArray upTo(const QByteArray& end, const QByteArray& text) { return text.left(text.indexOf(end)); }

// What bash offers for the last of these words, sorted. Its own completion of files is not called: only what the script says.
QList<QByteArray> offeredByBash(const QStringList& words) {
  QProcess bash;
  bash.setProgram("bash");
  bash.setArguments(QStringList{"--norc", "-c",
                                "source /dev/stdin; COMP_WORDS=(overcommit \"$@\"); COMP_CWORD=$#; "
                                "[[ $(complete -p overcommit) == *' -F _overcommit '* ]] || exit 3; compopt() { :; }; "
                                "_overcommit; printf '%s\\n' \"${COMPREPLY[@]}\" | sort",
                                "bash"} +
                    words);
  bash.start();
  bash.write(scriptFor("bash"));
  bash.closeWriteChannel();
  if (!bash.waitForFinished(20'000) || bash.exitCode() != 0) return {"bash failed: " + bash.readAllStandardError()};
  QList<QByteArray> offered = bash.readAllStandardOutput().split('\n');
  offered.removeAll(QByteArray());
  return offered;
}

}  // namespace

class CompletionTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyCommandAndOptionIsInEveryScript() {
    const QByteArray bash = scriptFor("bash"), zsh = scriptFor("zsh"), fish = scriptFor("fish");
    for (const CommandInfo& command : commandTable()) {
      const QByteArray name = bytes(command.name);
      const QByteArray head = "    '" + name + "')\n";
      QVERIFY2(bash.contains(head) && zsh.contains(head), name.constData());
      const QByteArray bashPart = upTo("\n      ;;\n", bash.mid(bash.indexOf(head)));
      const QByteArray zshPart = upTo("\n      ;;\n", zsh.mid(zsh.indexOf(head)));
      for (const OptionInfo& option : command.options) {
        const QByteArray word = bytes(option.name), bare = word.mid(word.startsWith("--") ? 2 : 1);
        QVERIFY2(bashPart.contains(" " + word), (name + " " + word).constData());
        QVERIFY2(zshPart.contains(word + "["), (name + " " + word).constData());
        QVERIFY2(fish.contains("'__overcommit_at " + name + "' " + (word.startsWith("--") ? "-l " : "-s ") + bare + " "),
                 (name + " " + word).constData());
      }
    }
  }

  // The words that a script offers for a value are those that the option's text tells people.
  void offeredValuesAreToldInTheHelp() {
    for (const CommandInfo& command : commandTable()) {
      for (const OptionInfo& option : command.options) {
        if (option.words.empty()) continue;
        for (const QByteArray& word : bytes(option.words).split(' ')) {
          const QString pattern = "\\b" + QString::fromUtf8(word) + "\\b";
          QVERIFY2(QString::fromUtf8(bytes(option.text)).contains(QRegularExpression(pattern)),
                   (bytes(option.name) + " " + word).constData());
        }
      }
    }
  }

  void bashCompletesWhatIsTyped_data() {
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QList<QByteArray>>("offered");
    using Words = QList<QByteArray>;
    QTest::addRow("a command") << QStringList{"sw"} << Words{"sweep"};
    QTest::addRow("the first of two words") << QStringList{"la"} << Words{"lab"};
    QTest::addRow("the second of two words") << QStringList{"lab", "st"} << Words{"start"};
    QTest::addRow("all second words") << QStringList{"trace", ""} << Words{"--help", "events", "info", "state"};
    QTest::addRow("an option") << QStringList{"run", "--pol"} << Words{"--policy", "--policy-builds", "--policy-layout"};
    QTest::addRow("an option of two words") << QStringList{"lab", "package", "3", "--f"} << Words{"--for"};
    QTest::addRow("a value") << QStringList{"grade", "3", "--format", "j"} << Words{"json", "junit"};
    QTest::addRow("a value behind an equals sign") << QStringList{"grade", "3", "--format", "=", "gr"} << Words{"gradescope"};
    QTest::addRow("all values behind an equals sign") << QStringList{"grade", "3", "--exit-policy", "="} << Words{"pass", "ran"};
    QTest::addRow("a number") << QStringList{"run", "--seed", ""} << Words{};
    QTest::addRow("the command of help") << QStringList{"help", "tw"} << Words{"twin"};
    QTest::addRow("an unknown command") << QStringList{"bake", "--"} << Words{};
    QTest::addRow("no option of another command") << QStringList{"why", "--submi"} << Words{};
  }
  void bashCompletesWhatIsTyped() {
    QFETCH(QStringList, words);
    QFETCH(QList<QByteArray>, offered);
    QCOMPARE(offeredByBash(words), offered);
  }

  void bashOffersFoldersWhereAFolderIsWanted() {
    QTemporaryDir folder;
    QVERIFY(QDir(folder.path()).mkdir("my work"));
    QFile file(folder.filePath("my file"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(offeredByBash({"grade", "3", "--submission", folder.filePath("my")}), QList<QByteArray>{folder.filePath("my work").toUtf8()});
  }

  void fishCompletesWhatIsTyped() {
    const QString fish = QStandardPaths::findExecutable("fish");
    if (fish.isEmpty()) QSKIP("fish is not installed");
    QTemporaryDir home;
    QProcess process;
    process.setProcessEnvironment(
        environmentWith({{"HOME", home.path()}, {"XDG_CONFIG_HOME", home.path()}, {"XDG_DATA_HOME", home.path()}}));
    const auto offered = [&](const QString& line) {
      process.start(fish, {"--no-config", "-c", "source; complete -C '" + line + "'"});
      process.write(scriptFor("fish"));
      process.closeWriteChannel();
      process.waitForFinished(20'000);
      QList<QByteArray> words;
      for (const QByteArray& row : process.readAllStandardOutput().split('\n')) words.append(row.split('\t')[0]);
      words.removeAll(QByteArray());
      return words;
    };
    QCOMPARE(offered("overcommit lab st"), QList<QByteArray>{"start"});
    QCOMPARE(offered("overcommit sw"), QList<QByteArray>{"sweep"});
    QCOMPARE(offered("overcommit grade 3 --format j"), (QList<QByteArray>{"json", "junit"}));
    QCOMPARE(offered("overcommit run --dur"), QList<QByteArray>{"--duration"});
  }

  void zshAcceptsItsScript() {
    const QString zsh = QStandardPaths::findExecutable("zsh");
    if (zsh.isEmpty()) QSKIP("zsh is not installed");
    QVERIFY(scriptFor("zsh").startsWith("#compdef overcommit\n"));
    QProcess process;
    process.start(zsh, {"-f", "-n", "/dev/stdin"});
    process.write(scriptFor("zsh"));
    process.closeWriteChannel();
    QVERIFY(process.waitForFinished(20'000));
    QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
  }

  void anUnknownShellIsRefused() {
    const Outcome outcome = overcommitCommand({"help", "--completion", "tcsh"});
    QCOMPARE(outcome.code, 2);
    QVERIFY2(outcome.err.contains("\"tcsh\"") && outcome.err.contains("bash, zsh and fish"), outcome.err.constData());
  }
};

OVERCOMMIT_TEST(CompletionTest)
#include "completion_test.moc"
