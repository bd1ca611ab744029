// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/help_text.h"

#include <set>

#include "cli/command.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

class HelpTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyCommandTellsAllOfItself() {
    for (const CommandInfo& command : commandTable()) {
      QStringList arguments = QString::fromUtf8(command.name.data(), static_cast<qsizetype>(command.name.size())).split(' ');
      const Outcome outcome = overcommitCommand(arguments << "--help");
      QCOMPARE(outcome.code, 0);
      QCOMPARE(outcome.err, QByteArray());
      for (const OptionInfo& option : command.options) QVERIFY2(outcome.out.contains(option.name.data()), option.name.data());
      for (const ArgumentInfo& argument : command.arguments) QVERIFY2(outcome.out.contains(argument.name.data()), argument.name.data());
    }
  }

  void theOverviewNamesEveryCommandAndExitCode() {
    const Outcome outcome = overcommitCommand({"--help"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.out, overcommitCommand({"help"}).out);
    for (const CommandInfo& command : commandTable())
      QVERIFY2(outcome.out.contains("\n  " + QByteArray(command.name.data()) + " "), command.name.data());
    for (const ExitCodeInfo& code : kExitCodes)
      QVERIFY(outcome.out.contains("\n  " + QByteArray::number(static_cast<int>(code.code)) + " "));
  }

  void helpOfACommandIsItsHelpOption() {
    QCOMPARE(overcommitCommand({"help", "run"}).out, overcommitCommand({"run", "--help"}).out);
    QCOMPARE(overcommitCommand({"help", "trace", "events"}).out, overcommitCommand({"trace", "events", "--help"}).out);
  }

  void helpOfAFirstWordListsItsCommands() {
    for (const char* group : {"lab", "trace"}) {
      const Outcome outcome = overcommitCommand({"help", group});
      QCOMPARE(outcome.code, 0);
      QCOMPARE(outcome.out, overcommitCommand({group, "--help"}).out);
      for (const CommandInfo& command : commandTable())
        QCOMPARE(outcome.out.contains("\n  " + QByteArray(command.name.data()) + " "), isInGroup(command, group));
    }
    const Outcome unknown = overcommitCommand({"help", "lab", "strat"});
    QCOMPARE(unknown.code, 2);
    QVERIFY2(unknown.err.contains("did you mean \"lab start\"?"), unknown.err.constData());
  }

  void noLineOfHelpIsWiderThanATerminal() {
    for (const CommandInfo& command : commandTable()) {
      for (const QString& line : QString::fromStdString(helpText(command) + overviewText()).split('\n'))
        QVERIFY2(line.size() <= 100, qPrintable(line));
    }
  }

  void theReferencePageIsWhatTheCommandPrints() {
    const QByteArray page = ScenarioFolder::read(kSource + "/docs/reference/command.md");
    const Outcome outcome = overcommitCommand({"help", "--markdown"});
    QVERIFY2(outcome.out == page, "renew it: ./dev run help --markdown > docs/reference/command.md");
  }

  void theManualPageNamesEveryCommandAndOption() {
    const QByteArray page = overcommitCommand({"help", "--man"}).out;
    QVERIFY(page.contains(".TH OVERCOMMIT 1"));
    for (const CommandInfo& command : commandTable()) {
      QVERIFY2(page.contains("\n.SS " + QByteArray(command.name.data()).replace("-", "\\-") + "\n"), command.name.data());
      for (const OptionInfo& option : command.options)
        QVERIFY2(page.contains(QByteArray(option.name.data()).replace("-", "\\-")), option.name.data());
    }
  }

  void theVersionIsOneLine() {
    const Outcome outcome = overcommitCommand({"--version"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.out, QByteArray("overcommit " OVERCOMMIT_VERSION "\n"));
  }

  void exitCodesAreDistinct() {
    std::set<int> codes;
    for (const ExitCodeInfo& code : kExitCodes) QVERIFY(codes.insert(static_cast<int>(code.code)).second);
  }
};

OVERCOMMIT_TEST(HelpTest)
#include "help_test.moc"
