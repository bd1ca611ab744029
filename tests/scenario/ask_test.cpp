// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/ask.h"

#include <set>

#include "scenario/run_support.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

std::string scenarioWith(const std::string& more, int seed = 3) {
  return fmt::format("seed = {}\n", seed) + R"(duration = "300ms"
[host]
memory = "16 MiB"
[host.options]
ShareScanGHz = 0
[[vm]]
name = "a"
memory = "4 MiB"
generator = "sequential"
[vm.args]
working_set = "1 MiB"
fill = 0
[[vm]]
name = "b"
memory = "4 MiB"
generator = "sequential"
[vm.args]
working_set = "2 MiB"
fill = 0
)" + more;
}

const std::string kAsk = R"([[ask]]
id = "q"
time = "3ms"
text = "{vm} has {vm.{vm}.private} of {vm.{vm}.memory}. And later?"
metric = "vm.{vm}.private"
about = "200ms"
vm = ["a", "b"]
tolerance = "5 %"
steps = ["It had {vm.{vm}.private}, it has {vm.{vm}.private@about}: {answer}."]
[[ask]]
id = "grows"
time = "100ms"
text = "How much more?"
metric = "vm.a.private"
about = "200ms"
grows = true
)";

}  // namespace

class AskTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void questionIsMadeAtItsTimeAndAnsweredLater() {
    TestRun run(scenarioWith(kAsk));
    const RunSnapshot result = run.all();
    QVERIFY2(run.error.empty(), run.error.c_str());
    QCOMPARE(result.asked.size(), std::size_t{2});
    const AskedQuestion& asked = result.asked[0];
    const bool isA = asked.metric == "vm.a.private";
    QCOMPARE(asked.answer.value_or(0), std::uint64_t{isA ? 1u << 20 : 2u << 20});
    QVERIFY2(asked.text.starts_with(isA ? "a has " : "b has ") && asked.text.ends_with(" of 4 MiB. And later?"), asked.text.c_str());
    QVERIFY2(asked.steps.front().ends_with(isA ? "it has 1 MiB: 1 MiB." : "it has 2 MiB: 2 MiB."), asked.steps.front().c_str());
    QCOMPARE(asked.tolerance.permille, std::uint64_t{50});
    QCOMPARE(result.asked[1].answer.value_or(1), std::uint64_t{0});
    const auto marks = run.recorder.ofKind(EventKind::Mark);
    QCOMPARE(marks.size(), std::size_t{2});
    QVERIFY(marks[0].text.starts_with("question q: "));
    QVERIFY(marks[0].vmTime >= milliseconds(3) && marks[0].vmTime < milliseconds(10));
  }

  void askingChangesNothing() {
    TestRun with(scenarioWith(kAsk)), without(scenarioWith(""));
    const std::string digest = with.all().digest.text();
    QCOMPARE(digest, without.all().digest.text());
  }

  void seedChoosesTheVm() {
    std::set<std::string> metrics;
    for (int seed = 1; seed <= 16; ++seed) {
      TestRun run(scenarioWith(kAsk, seed));
      metrics.insert(run.all().asked.at(0).metric);
    }
    QCOMPARE(metrics.size(), std::size_t{2});
  }

  void runThatEndsTooEarlyHasNoAnswer() {
    TestRun run(scenarioWith(kAsk + "[limits]\ntime = \"50ms\"\n"));
    const RunSnapshot result = run.all();
    QVERIFY(result.ending == RunEnding::Limit);
    QVERIFY(!result.asked[0].answer && !result.asked[1].answer);
    QVERIFY(!result.asked[0].text.empty());
  }
};

OVERCOMMIT_TEST(AskTest)
#include "ask_test.moc"
