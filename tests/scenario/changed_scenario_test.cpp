// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario's text with something changed in it still is that scenario.
#include "scenario/changed_scenario.h"

#include "scenario/scenario_file.h"
#include "scenario/timeline_section.h"
#include "support/test.h"

using namespace overcommit;

namespace {

constexpr const char* kBase = R"(# Täglich: a comment
title = "Zwölf – twelve"   # behind a value
seed = 1_000 # the seed
duration = '2s'
[host]
memory = "12 MiB"
[[vm]]
name = "a"
memory = "8 MiB"
script = "folder/../two.script"
image = "linux"
[[vm]]
name = "b"
memory = "8 MiB"
generator = "zipf"
)";

Scenario parsed(const std::string& text) {
  auto scenario = parseScenario(text, "test.toml", "/lab");
  if (!scenario) qFatal("%s\n%s", scenario.error().text.c_str(), text.c_str());
  return std::move(*scenario);
}

std::string changed(const std::string& text, const ScenarioChanges& changes) {
  const auto result = changedScenario(text, "test.toml", changes);
  return result ? *result : result.error().text;
}

}  // namespace

class ChangedScenarioTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void nothingToChangeChangesNothing() { QCOMPARE(changed(kBase, {}), std::string(kBase)); }

  void seedAndDurationAreReplacedWhereTheyStand() {
    ScenarioChanges changes;
    changes.seed = 7;
    changes.duration = milliseconds(1500);
    const std::string text = changed(kBase, changes);
    QVERIFY2(text.find("seed = 7 # the seed\n") != std::string::npos, text.c_str());
    QVERIFY2(text.find("# Täglich: a comment\n") == 0, text.c_str());
    QVERIFY(text.find("# behind a value") != std::string::npos);
    QCOMPARE(parsed(text).config.seed, std::uint64_t{7});
    QCOMPARE(parsed(text).config.duration, milliseconds(1500));
  }

  void aSeedThatIsNotThereGoesToTheTop() {
    const std::string base =
        "duration = \"1s\"\n[host]\nmemory = \"8 MiB\"\n[[vm]]\nname = \"a\"\nmemory = \"2 MiB\"\ngenerator = \"zipf\"";
    ScenarioChanges changes;
    changes.seed = 3;
    changes.actions = {"[[at]]\ntime = \"1 ms\"\nvm = \"a\"\naction = \"signal\"\n"};
    changes.remark = "Later:";
    const std::string text = changed(base, changes);
    QCOMPARE(parsed(text).config.seed, std::uint64_t{3});
    QCOMPARE(parsed(text).config.actions.size(), std::size_t{1});
    QVERIFY(text.starts_with("seed = 3\nduration"));
    QVERIFY(text.find("\n# Later:\n") != std::string::npos);
  }

  void pathsBecomeAbsoluteWhenTheFileMoves() {
    ScenarioChanges changes;
    changes.pathsFrom = "/other/place";
    const std::string text = changed(kBase, changes);
    const Scenario scenario = parsed(text);
    QCOMPARE(scenario.config.vms[0].scriptPath, std::string("/other/place/two.script"));
    QCOMPARE(scenario.config.vms[0].image.id, std::string("linux"));
    QVERIFY(text.find("# behind a value") != std::string::npos);
  }

  // Written as one list, [[at]] cannot be appended to: the text is written anew, with the same meaning.
  void whatCannotBeEditedIsWrittenAnew_data() {
    QTest::addColumn<QByteArray>("top");
    QTest::newRow("a list of actions") << QByteArray("at = [ { time = \"1ms\", vm = \"a\", action = \"signal\" } ]\n");
    QTest::newRow("a text of several lines") << QByteArray("duration = \"\"\"1s\"\"\"\n");
    QTest::newRow("carriage returns") << QByteArray("seed = 4\r\ntitle = \"x\"\r\n");
  }
  void whatCannotBeEditedIsWrittenAnew() {
    QFETCH(const QByteArray, top);
    std::string base = top.toStdString();
    if (base.find("duration") == std::string::npos) base += "duration = \"1s\"\n";
    base += "[host]\nmemory = \"8 MiB\"\n[[vm]]\nname = \"a\"\nmemory = \"2 MiB\"\ngenerator = \"zipf\"\n";
    const std::size_t before = parsed(base).config.actions.size();
    ScenarioChanges changes;
    changes.seed = 9;
    changes.duration = seconds(3);
    changes.actions = {"[[at]]\ntime = \"2 ms\"\nvm = \"a\"\nset = { shares = 5 }\n"};
    const Scenario scenario = parsed(changed(base, changes));
    QCOMPARE(scenario.config.actions.size(), before + 1);
    QCOMPARE(scenario.config.seed, std::uint64_t{9});
    QCOMPARE(scenario.config.duration, seconds(3));
    QCOMPARE(scenario.config.vms[0].generator, std::string("zipf"));
  }

  void aTextThatIsNoTomlIsRefused() {
    const auto result = changedScenario("title = ", "test.toml", {});
    QVERIFY(!result && result.error().text.starts_with("test.toml:1:"));
  }

  // actionText() and the parser are each other's reverse.
  void everyActionIsReadAsItWasWritten() {
    const Scenario base = parsed(kBase);
    const std::vector<TimedAction> actions{
        {milliseconds(5), 0, SetAction{"limit", 777}},
        {nanoseconds(5'000'001), 1, SetAction{"limit", std::nullopt}, IfRefused::RunGoesOn},
        {seconds(1), 0, SetAction{"reservation", 512}},
        {seconds(1), 0, SetAction{"shares", 123456}},
        {seconds(1), 0, SetAction{"sharing", 0}},
        {seconds(1), 1, SetAction{"balloon", 1}},
        {seconds(1), 1, SetAction{"balloon_max", 3}},
        {seconds(1), std::nullopt, SetAction{"GateZip", 0}},
        {seconds(1), std::nullopt, SetAction{"VMOverheadGrowthLimit", 4294967295}},
        {seconds(1), 1, PowerOnAction{}},
        {seconds(1), 1, PowerOffAction{}},
        {seconds(1), 0, SignalAction{}},
        {seconds(2), 0, FaultAction{DeviceFault::SwapCorruptSlot, 0}},
        {seconds(2), 0, FaultAction{DeviceFault::GuestDiskError, 17}},
    };
    ScenarioChanges changes;
    for (const TimedAction& action : actions) changes.actions.push_back(actionText(action, base.config.vms));
    const auto read = parsed(changed(kBase, changes)).config.actions;
    QCOMPARE(read.size(), actions.size());
    for (std::size_t i = 0; i < actions.size(); ++i) {
      QCOMPARE(read[i].time, actions[i].time);
      QVERIFY(read[i].vm == actions[i].vm && read[i].ifRefused == actions[i].ifRefused);
      QCOMPARE(actionText(read[i], base.config.vms), changes.actions[i]);
    }
  }
};

OVERCOMMIT_TEST(ChangedScenarioTest)
#include "changed_scenario_test.moc"
