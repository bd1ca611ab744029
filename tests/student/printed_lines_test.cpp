// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/printed_lines.h"

#include <fmt/format.h>

#include "support/test.h"

using namespace overcommit;

class PrintedLinesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theLastWordsAreTheLastLines() {
    PrintedLines lines;
    for (int i = 1; i <= 40; ++i) lines.add(fmt::format("line {}\n", i));
    const std::string& words = lines.lastWords();
    QVERIFY2(words.starts_with("line 21\n") && words.ends_with("line 40\n"), words.c_str());
  }

  void longLinesAreFewer() {
    PrintedLines lines;
    for (int i = 1; i <= 10; ++i) lines.add(std::string(499, 'x') + fmt::format("{}\n", i % 10));
    QVERIFY(lines.lastWords().size() <= 2000);
    QVERIFY(lines.lastWords().ends_with("x0\n"));
  }
};

OVERCOMMIT_TEST(PrintedLinesTest)
#include "printed_lines_test.moc"
