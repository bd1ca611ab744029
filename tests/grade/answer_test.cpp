// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/answer.h"

#include <array>

#include "support/test.h"

using namespace overcommit;

namespace {

TomlValue given(const std::string& toml) {
  const auto root = parseToml("a = " + toml + "\n", "answers.toml");
  if (!root) qFatal("%s", root.error().text.c_str());
  return root->table.front().value;
}

bool isRight(const RightAnswer& right, const std::string& toml) { return right.judge(given(toml)).isRight; }

constexpr std::uint64_t kThreeMiB = 3u << 20;

}  // namespace

class AnswerTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void whatMeansTheSameIsTheSame() {
    const auto size = RightAnswer::ofMetric("host.free", MetricUnit::Size, kThreeMiB, {});
    for (const char* text : {"\"3 MiB\"", "\"3072 KiB\"", "\"768 pages\"", "\"3MiB\"", "\" 3 MiB \"", "[\"3 MiB\"]"})
      QVERIFY2(isRight(size, text), text);
    const auto rounded = RightAnswer::ofMetric("host.free", MetricUnit::Size, 15'099'494, {});
    QVERIFY(isRight(rounded, "\"14.4 MiB\"") && !isRight(rounded, "\"14.41 MiB\"") && !isRight(rounded, "\"1e9 MiB\""));
    const auto share = RightAnswer::ofMetric("host.overcommit", MetricUnit::Permille, 250, {});
    for (const char* text : {"\"25 %\"", "\"25%\"", "25", "25.0"}) QVERIFY2(isRight(share, text), text);
    const auto state = RightAnswer::ofMetric("host.state", MetricUnit::Count, 2, {});
    for (const char* text : {"\"soft\"", "\"Soft\"", "2"}) QVERIFY2(isRight(state, text), text);
    const auto time = RightAnswer::ofMetric("", MetricUnit::Time, 2'500'000'000, {});
    for (const char* text : {"\"2.5 s\"", "\"2500ms\""}) QVERIFY2(isRight(time, text), text);
  }

  void toleranceIsKeptToTheLastUnit() {
    const auto share = RightAnswer::ofMetric("", MetricUnit::Count, 1000, Tolerance{50, 0});
    QVERIFY(isRight(share, "950") && isRight(share, "1050"));
    QVERIFY(!isRight(share, "949") && !isRight(share, "1051"));
    const auto amount = RightAnswer::ofMetric("", MetricUnit::Size, kThreeMiB, Tolerance{0, 4096});
    QVERIFY(isRight(amount, "\"769 pages\"") && isRight(amount, "\"767 pages\""));
    QVERIFY(!isRight(amount, "\"770 pages\""));
    const auto exact = RightAnswer::ofMetric("", MetricUnit::Count, 0, {});
    QVERIFY(isRight(exact, "0") && !isRight(exact, "1"));
  }

  void formThatCannotBeReadIsExplained() {
    const auto size = RightAnswer::ofMetric("host.free", MetricUnit::Size, kThreeMiB, {});
    for (const char* text : {"3", "\"3\"", "\"three\"", "true", "[1, 2]", "-3", "3.0", "{}"}) {
      const auto verdict = size.judge(given(text));
      QVERIFY2(!verdict.isRight, text);
      QVERIFY2(verdict.got.find("a size in quotes") != std::string::npos, verdict.got.c_str());
    }
  }

  void wordsAndListsAreComparedInOrder() {
    const auto list = RightAnswer::ofWords({"high", "soft", "hard"}, RightAnswer::Form::List, {});
    QVERIFY(isRight(list, "[\"high\", \"Soft\", \"hard\"]"));
    QVERIFY(!isRight(list, "[\"high\", \"hard\", \"soft\"]") && !isRight(list, "[\"high\", \"soft\"]") && !isRight(list, "\"high\""));
    const std::array<std::string, 2> choices{"a: one", "b: two"};
    const auto choice = RightAnswer::ofWords({"b"}, RightAnswer::Form::One, choices);
    QCOMPARE(choice.words(), std::string("b: two"));
    QVERIFY(isRight(choice, "\"B\"") && !isRight(choice, "\"a\""));
    QVERIFY(choice.judge(given("\"c\"")).got.ends_with("none of the choices"));
  }

  void pagesAreANumberOrASize() {
    const auto pages = RightAnswer::ofPages(131, Tolerance{0, 2});
    for (const char* text : {"131", "133", "\"131 pages\"", "\"524 KiB\"", "\"0.512 MiB\""}) QVERIFY2(isRight(pages, text), text);
    for (const char* text : {"134", "\"134 pages\"", "\"1 MiB\"", "-131", "9223372036854775807"}) QVERIFY2(!isRight(pages, text), text);
    QVERIFY(pages.words().starts_with("131 pages"));
  }

  void aWholeChoiceIsItsWord() {
    const std::array<std::string, 2> choices{"a: one", "b: two, or so"};
    const auto choice = RightAnswer::ofWords({"b"}, RightAnswer::Form::One, choices);
    QVERIFY(isRight(choice, "\"b: two, or so\"") && !isRight(choice, "\"a: one\"") && !isRight(choice, "\"b: one\""));
  }

  void anyOfManyIsRight() {
    const auto any = RightAnswer::ofWords({"0x10", "0x1d5", "0x3", "0x4", "0x5", "0x6", "0x7"}, RightAnswer::Form::AnyOf, {});
    for (const char* text : {"\"0x1d5\"", "0x1d5", "469", "\"469\"", "\"0x1D5\"", "[469]"}) QVERIFY2(isRight(any, text), text);
    for (const char* text : {"\"0x1d6\"", "\"1d5\"", "470", "[469, 16]", "\"\"", "\"0x\"", "[]", "-469", "\"0x100000000000000001d5\""})
      QVERIFY2(!isRight(any, text), text);
    QCOMPARE(any.words(), std::string("one of 0x10, 0x1d5, 0x3, 0x4, 0x5 and 2 more"));
    QCOMPARE(RightAnswer::ofWords({"0x10"}, RightAnswer::Form::AnyOf, {}).words(), std::string("0x10"));
  }
};

OVERCOMMIT_TEST(AnswerTest)
#include "answer_test.moc"
