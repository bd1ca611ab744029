// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices/console.h"

#include "support/test.h"

using namespace overcommit;

namespace {
using Lines = std::vector<std::string>;
}

class ConsoleTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void wholeLinesComeOut() {
    Console console;
    QCOMPARE(console.print("one\ntw"), Lines{"one"});
    QCOMPARE(console.unfinished(), std::string("tw"));
    QCOMPARE(console.print("o\n\nthree\n"), (Lines{"two", "", "three"}));
    QCOMPARE(console.lastLine(), std::string("three"));
    QVERIFY(console.unfinished().empty());
  }

  void bytesThatCannotBePrintedBecomeQuestionMarks() {
    Console console;
    for (int byte = 0; byte < 256; ++byte) {
      if (byte == '\n') continue;
      const char c = static_cast<char>(byte);
      const Lines lines = console.print(std::string(1, c) + "\n");
      QCOMPARE(lines, Lines{std::string(1, byte >= ' ' && byte <= '~' ? c : '?')});
    }
  }

  void lineWithoutEndIsCut() {
    Console console;
    QCOMPARE(console.print(std::string(Console::kLineMax - 1, 'a')), Lines{});
    QCOMPARE(console.print("b"), Lines{std::string(Console::kLineMax - 1, 'a') + "b"});
    QCOMPARE(console.print("rest\n"), Lines{"rest"});
  }

  void terminalCommandsOfAGuestDoNotReachTheTerminal() {
    Console console;
    QCOMPARE(console.print("\x1b[2J\x1b]0;title\x07\r\n"), Lines{"?[2J?]0;title??"});
  }
};

OVERCOMMIT_TEST(ConsoleTest)
#include "console_test.moc"
