// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>
#include <set>

#include "cpu/script.h"
#include "support/test.h"

using namespace overcommit;
using StepKind = ScriptStep::Kind;
using Content = ScriptStep::Content;

namespace {

constexpr Pages kGeneratorMemory{1000};

std::unique_ptr<ScriptSource> make(std::string_view name, const std::vector<NamedValue>& arguments, std::uint64_t seed = 1) {
  return makeScriptGenerator(name, arguments, kGeneratorMemory, seed).value();
}

// The pages touched by the next `operations` operations.
std::vector<std::uint64_t> touchesOf(ScriptSource& source, int operations) {
  std::vector<std::uint64_t> pages;
  while (operations > 0) {
    const auto step = source.next();
    if (!step) break;
    if (step->kind == StepKind::Operation) {
      --operations;
    } else {
      pages.push_back(step->gfn.value());
    }
  }
  return pages;
}

}  // namespace

class ScriptGeneratorsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everyGeneratorDescribesItself();
  void everyGeneratorStaysInItsMemory();
  void sameSeedGivesTheSameSequence();
  void fillWritesEveryPageOnceFirst();
  void sequentialStartsAgainAtTheEnd();
  void zipfPrefersFewPages();
  void phasesUseOnePartAfterTheOther();
  void sharesOfWritesAndContentsAreKept();
  void operationsEndTheScript();
  void badArgumentsAreRefusedWithAReason_data();
  void badArgumentsAreRefusedWithAReason();
};

void ScriptGeneratorsTest::everyGeneratorDescribesItself() {
  std::set<std::string_view> names;
  for (const ScriptGeneratorInfo& info : scriptGenerators()) {
    QVERIFY(names.insert(info.name).second);
    QVERIFY(!info.meaning.empty());
    for (const ScriptArgument& argument : info.arguments) {
      QVERIFY(!argument.name.empty() && !argument.meaning.empty());
      const std::set<std::string_view> units{"bytes", "time", "count", "permille"};
      QVERIFY(units.contains(argument.unit));
    }
  }
  for (const char* name : {"sequential", "uniform", "zipf", "phases"}) QVERIFY(names.contains(name));
}

void ScriptGeneratorsTest::everyGeneratorStaysInItsMemory() {
  for (const ScriptGeneratorInfo& info : scriptGenerators()) {
    const auto source = make(info.name, {});
    for (const std::uint64_t page : touchesOf(*source, 500)) QVERIFY(page < kGeneratorMemory.value());
    const auto one = makeScriptGenerator(info.name, {{"phases", 1}}, Pages(1), 1);
    if (info.name == "phases") QVERIFY(one.has_value());
  }
}

void ScriptGeneratorsTest::sameSeedGivesTheSameSequence() {
  for (const ScriptGeneratorInfo& info : scriptGenerators()) {
    const auto one = make(info.name, {}, 5), two = make(info.name, {}, 5), other = make(info.name, {}, 6);
    const auto pages = touchesOf(*one, 300);
    QVERIFY(pages == touchesOf(*two, 300));
    if (info.name != "sequential") QVERIFY(pages != touchesOf(*other, 300));
  }
}

void ScriptGeneratorsTest::fillWritesEveryPageOnceFirst() {
  const auto source = make("uniform", {{"working_set", 10 * kPageSize}});
  for (std::uint64_t page = 0; page < 10; ++page) {
    const auto step = source->next();
    QCOMPARE(step->kind, StepKind::Write);
    QCOMPARE(step->gfn, Gfn(page));
  }
  const auto without = make("uniform", {{"fill", 0}, {"touches", 1}});
  without->next();
  QCOMPARE(without->next()->kind, StepKind::Operation);
}

void ScriptGeneratorsTest::sequentialStartsAgainAtTheEnd() {
  const auto source = make("sequential", {{"working_set", 3 * kPageSize}, {"touches", 4}, {"fill", 0}});
  const std::vector<std::uint64_t> expected{0, 1, 2, 0, 1, 2, 0, 1};
  QVERIFY(touchesOf(*source, 2) == expected);
}

void ScriptGeneratorsTest::zipfPrefersFewPages() {
  const auto source = make("zipf", {{"fill", 0}, {"touches", 10}});
  std::map<std::uint64_t, int> counts;
  for (const std::uint64_t page : touchesOf(*source, 2000)) ++counts[page];
  std::vector<int> sorted;
  for (const auto& [page, count] : counts) sorted.push_back(count);
  std::sort(sorted.rbegin(), sorted.rend());
  // 1000 ranks: the first has 1 / H(1000) = 13.4 % of 20,000 touches, the second half of that.
  QVERIFY(sorted[0] > 2400 && sorted[0] < 2950);
  QVERIFY(sorted[1] > 1150 && sorted[1] < 1550);
}

void ScriptGeneratorsTest::phasesUseOnePartAfterTheOther() {
  const auto source = make("phases", {{"fill", 0}, {"phases", 4}, {"phase_operations", 10}, {"working_set", 100 * kPageSize}});
  for (const std::uint64_t phase : {0u, 1u, 2u, 3u, 0u}) {
    for (const std::uint64_t page : touchesOf(*source, 10)) QCOMPARE(page / 100, phase);
  }
}

void ScriptGeneratorsTest::sharesOfWritesAndContentsAreKept() {
  const auto source = make("uniform", {{"write", 250}, {"same", 500}, {"text", 1000}, {"touches", 10}, {"fill", 0}});
  int touches = 0, writes = 0, same = 0;
  for (int i = 0; i < 11'000; ++i) {
    const auto step = source->next();
    if (step->kind == StepKind::Operation) continue;
    ++touches;
    if (step->kind != StepKind::Write) continue;
    ++writes;
    if (step->content == Content::Same) ++same;
    QVERIFY(step->content == Content::Same || step->content == Content::Text);
  }
  QVERIFY(writes > touches * 23 / 100 && writes < touches * 27 / 100);
  QVERIFY(same > writes * 45 / 100 && same < writes * 55 / 100);
}

void ScriptGeneratorsTest::operationsEndTheScript() {
  const auto source = make("uniform", {{"operations", 3}, {"fill", 0}, {"work", 5}});
  int operations = 0;
  while (const auto step = source->next()) {
    if (step->kind != StepKind::Operation) continue;
    ++operations;
    QCOMPARE(step->time, nanoseconds(5));
  }
  QCOMPARE(operations, 3);
}

void ScriptGeneratorsTest::badArgumentsAreRefusedWithAReason_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("argument");
  QTest::addColumn<qulonglong>("value");
  QTest::addColumn<QString>("error");
  QTest::newRow("unknown generator") << "zapf"
                                     << "touches" << 1ULL << "there is no script generator \"zapf\"; did you mean \"zipf\"?";
  QTest::newRow("unknown argument") << "zipf"
                                    << "touchs" << 1ULL
                                    << "script generator zipf: it has no argument \"touchs\"; did you mean \"touches\"?";
  QTest::newRow("another generator's argument") << "uniform"
                                                << "skew" << 1ULL << "script generator uniform: it has no argument \"skew\"";
  QTest::newRow("too many permille") << "uniform"
                                     << "write" << 1001ULL << "script generator uniform: write = 1001 is more than 1000 permille";
  QTest::newRow("no touches") << "uniform"
                              << "touches" << 0ULL << "script generator uniform: an operation must touch at least one page";
  QTest::newRow("too large") << "uniform"
                             << "working_set" << 1001ULL * 4096
                             << "script generator uniform: a working set of 1001 pages in 1 part does not fit the VM's 1000 pages";
  QTest::newRow("no phases") << "phases"
                             << "phases" << 0ULL << "script generator phases: phases must be at least 1 and at most the VM's pages";
  QTest::newRow("empty phase") << "phases"
                               << "phase_operations" << 0ULL << "script generator phases: a phase must last at least one operation";
  QTest::newRow("skew") << "zipf"
                        << "skew" << 9ULL << "script generator zipf: skew is 1, 2 or 3";
}

void ScriptGeneratorsTest::badArgumentsAreRefusedWithAReason() {
  QFETCH(QString, name);
  QFETCH(QString, argument);
  QFETCH(qulonglong, value);
  QFETCH(QString, error);
  const auto result = makeScriptGenerator(name.toStdString(), {{argument.toStdString(), value}}, kGeneratorMemory, 1);
  QVERIFY(!result);
  QCOMPARE(QString::fromStdString(result.error().text), error);
}

OVERCOMMIT_TEST(ScriptGeneratorsTest)
#include "script_generators_test.moc"
