// SPDX-License-Identifier: GPL-2.0-or-later
// What a person changes while a run is served can be saved as a scenario, executed again from the trace, and repeated up to an instant:
// always the same run.
#include <fstream>
#include <sstream>

#include "serve/test_client.h"
#include "support/test.h"
#include "trace/event_filter.h"
#include "trace/trace_reader.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// Each kind of change that there is, at instants in between.
struct Step {
  const char* until;
  Json change;
};
std::vector<Step> steps() {
  return {
      {"10ms", {{"vm", "web1"}, {"set", {{"limit", "3 MiB"}, {"shares", 77}}}}},
      {"20ms", {{"host", true}, {"set", {{"IdleTax", 0}}}}},
      {"25ms", {{"vm", "later"}, {"action", "power_on"}}},
      {"30ms", {{"vm", "web"}, {"action", "signal"}}},
      {"40ms", {{"vm", "played"}, {"set", {{"reservation", "1028 KiB"}}}}},
      {"50ms", {{"host", true}, {"set", {{"GateShare", 0}}}}},
      {"60ms", {{"vm", "web2"}, {"set", {{"sharing", false}, {"balloon", false}}}}},
      {"70ms", {{"vm", "played"}, {"set", {{"shares", "low"}}}, {"time", "83333333ns"}}},
      {"80ms", {{"host", true}, {"set", {{"GateZip", 0}, {"GateBalloon", 0}}}}},
      {"100ms", {{"host", true}, {"set", {{"GateShare", 1}, {"GateZip", 1}}}}},
      {"120ms", {{"vm", "web1"}, {"set", {{"limit", "none"}, {"balloon_max", "2 MiB"}}}}},
      {"140ms", {{"vm", "later"}, {"action", "power_off"}}},
      {"160ms", {{"vm", "later"}, {"action", "power_on"}, {"time", 175'000'001}}},
      {"180ms", {{"host", true}, {"set", {{"GateSwap", 0}}}}},
      {"200ms", {{"host", true}, {"set", {{"GateSwap", 1}, {"GateBalloon", 1}}}}},
      {"220ms", {{"vm", "played"}, {"action", "fault"}, {"fault", "swap_read_error"}, {"fault_count", 1}}},
  };
}

// Opens, makes all changes and runs to the end; "" if all went well.
std::string play(TestClient& client, Json open) {
  client.call("open", std::move(open));
  if (!client.error().is_null()) return client.errorText();
  for (const Step& step : steps()) {
    client.advance(Json{{"time", step.until}});
    const Json changed = client.call("set", step.change);
    if (!client.error().is_null()) return fmt::format("at {}: {}", step.until, client.errorText());
    if (changed["changes"].empty()) return "a change is told";
  }
  return client.advance()["ending"] == "duration" ? "" : "it did not reach its end";
}

std::string readAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

class ChangesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aSavedScenarioGivesTheSameRun() {
    TestClient client;
    const std::string wrong = play(client, {{"text", busyScenario()}, {"seed", 9}});
    QVERIFY2(wrong.empty(), wrong.c_str());
    const std::string text = client.call("save")["text"];
    const std::string digest = client.call("close")["digest"];
    QVERIFY2(text.find("# A comment that stays.") != std::string::npos, text.c_str());
    QVERIFY2(text.find("seed = 9\n") != std::string::npos, text.c_str());
    QCOMPARE(digestOf(text), digest);
  }

  void itIsSavedToAFileOnce() {
    TestClient client;
    client.call("open", {{"text", scriptScenario()}});
    client.call("set", {{"vm", "a"}, {"set", {{"limit", "4 MiB"}}}});
    const std::string path = client.path("saved.toml");
    client.call("save", {{"scenario", path}});
    VERIFY_CALLED(client);
    QVERIFY(readAll(path) == client.call("save")["text"].get<std::string>());
    client.call("save", {{"scenario", path}});
    QVERIFY2(client.errorText().find("already") != std::string::npos, client.errorText().c_str());
    client.call("save", {{"scenario", path}, {"replace", true}});
    VERIFY_CALLED(client);
    client.call("save", {{"scenario", "/nowhere/at/all.toml"}});
    QCOMPARE(client.errorCode(), static_cast<int>(RpcCode::Failed));
  }

  void everyChangeIsInTheTrace() {
    TestClient client;
    const std::string path = client.path("changed.octrace");
    const std::string wrong = play(client, {{"text", playedScenario()}, {"trace", path}});
    QVERIFY2(wrong.empty(), wrong.c_str());
    const std::uint64_t changes = client.call("status")["changes"];
    client.call("close");
    auto reader = TraceReader::open(std::filesystem::path(path));
    VERIFY_OK(reader);
    EventFilter filter;
    filter.want(EventKind::Change);
    const auto found = forEachEvent(*reader, filter, [](const Event& event) { return event.text.starts_with("[[at]]\n"); });
    VERIFY_OK(found);
    QCOMPARE(*found, changes);
    QVERIFY(changes > steps().size());
  }

  void aRecordedRunIsExecutedAgainUpToAnInstant() {
    TestClient client;
    const std::string path = client.path("recorded.octrace");
    QVERIFY(play(client, {{"text", busyScenario()}, {"trace", path}, {"seed", 3}}).empty());
    const std::string digest = client.call("close")["digest"];

    client.call("open", {{"recorded", path}, {"at", "125ms"}});
    VERIFY_CALLED(client);
    const Json stopped = client.run();
    QVERIFY(stopped["reason"] == "time" && stopped["time"] >= 125'000'000 && stopped["time"] < 136'000'000);
    const Json page = client.call("inspect", {{"vm", "web1"}, {"gfn", 700}});
    VERIFY_CALLED(client);
    QVERIFY(client.advance()["ending"] == "duration");
    QCOMPARE(client.call("close")["digest"].get<std::string>(), digest);

    client.call("open", {{"recorded", path}, {"trace", path}});
    QVERIFY2(client.errorText().find("another name") != std::string::npos, client.errorText().c_str());
    client.call("open", {{"recorded", OVERCOMMIT_SOURCE_DIR "/README.md"}});
    QCOMPARE(client.errorCode(), static_cast<int>(RpcCode::Failed));
  }

  void aBranchOfARecordedRunLeavesOutWhatWasChangedLater() {
    TestClient client;
    const std::string path = client.path("branched.octrace");
    const std::string wrong = play(client, {{"text", playedScenario()}, {"trace", path}});
    QVERIFY2(wrong.empty(), wrong.c_str());
    const std::string digest = client.call("close")["digest"];
    client.call("open", {{"recorded", path}, {"at", "100ms"}, {"branch", true}});
    VERIFY_CALLED(client);
    client.run();
    client.call("set", {{"vm", "web1"}, {"action", "power_off"}});
    client.advance();
    const std::string text = client.call("save")["text"];
    const std::string other = client.call("close")["digest"];
    QVERIFY(other != digest);
    QCOMPARE(digestOf(text), other);
    client.call("open", {{"recorded", path}, {"branch", true}});
    QVERIFY2(client.errorText().find("branch goes with") != std::string::npos, client.errorText().c_str());
  }

  // From a past instant on: the same up to there, and then another way.
  void aBranchRepeatsItsChangesAndGoesOnFromThere() {
    TestClient client;
    const Json changes = {{{"time", "10ms"}, {"vm", "web1"}, {"set", {{"limit", "3 MiB"}}}},
                          {{"time", 50'000'000}, {"host", true}, {"set", {{"GateShare", 0}}}}};
    client.call("open", {{"text", playedScenario()}});
    client.advance(Json{{"time", "10ms"}});
    client.call("set", {{"vm", "web1"}, {"set", {{"limit", "3 MiB"}}}});
    client.advance(Json{{"time", "50ms"}});
    client.call("set", {{"host", true}, {"set", {{"GateShare", 0}}}});
    const std::string atHalf = client.advance(Json{{"time", "125ms"}})["digest"];
    client.call("close");

    client.call("open", {{"text", playedScenario()}, {"changes", changes}, {"at", "125ms"}});
    VERIFY_CALLED(client);
    QCOMPARE(client.run()["digest"].get<std::string>(), atHalf);
    client.call("set", {{"vm", "web2"}, {"action", "power_off"}});
    VERIFY_CALLED(client);
    client.advance();
    const std::string text = client.call("save")["text"];
    const std::string digest = client.call("close")["digest"];
    QCOMPARE(digestOf(text), digest);

    client.call("open", {{"text", playedScenario()}, {"changes", Json::array({{{"vm", "web1"}, {"set", {{"limit", "3 MiB"}}}}})}});
    QVERIFY2(client.errorText().find("changes[0]") != std::string::npos, client.errorText().c_str());
  }

  void whatTheHostRefusesChangesNothing() {
    const std::string wanted = digestOf(playedScenario());
    TestClient client;
    client.call("open", {{"text", playedScenario()}});
    client.advance(Json{{"time", "25ms"}});
    client.call("set", {{"vm", "web1"}, {"action", "power_on"}});
    QCOMPARE(client.errorCode(), static_cast<int>(RpcCode::Refused));
    QVERIFY2(client.errorText().find("is on already") != std::string::npos, client.errorText().c_str());
    client.call("set", {{"vm", "played"}, {"set", {{"reservation", "16 MiB"}}}});
    client.call("set", {{"vm", "web1"}, {"set", {{"limit", "3 MiB"}}}, {"time", "5ms"}});
    QVERIFY2(client.errorText().find("past") != std::string::npos, client.errorText().c_str());
    QVERIFY(client.call("status")["changes"] == 1);  // the reservation is admitted
    client.call("close");

    client.call("open", {{"text", playedScenario()}});
    client.advance(Json{{"time", "25ms"}});
    client.call("set", {{"vm", "web1"}, {"action", "power_on"}});
    client.advance();
    client.call("set", {{"vm", "web1"}, {"set", {{"limit", "3 MiB"}}}});
    QVERIFY2(client.errorText().find("over") != std::string::npos, client.errorText().c_str());
    QCOMPARE(client.call("close")["digest"].get<std::string>(), wanted);
  }

  // In the middle of a request the host refuses: what came before it is done, and said.
  void ofSeveralSettingsTheFirstRefusedEndsIt() {
    TestClient client;
    client.call("open", {{"text", playedScenario()}});
    client.advance(Json{{"time", "50ms"}});
    client.call("set", {{"vm", "web"}, {"set", {{"shares", 5}, {"reservation", "8 MiB"}}}});
    QVERIFY(client.errorCode() == 0 || client.errorCode() == static_cast<int>(RpcCode::Refused));
    const std::uint64_t changes = client.call("status")["changes"];
    QVERIFY(changes >= 1);
    client.advance();
    const std::string text = client.call("save")["text"];
    QCOMPARE(digestOf(text), client.call("close")["digest"].get<std::string>());
  }

  // All VMs are off, and the run is over; somebody powers one on.
  void aRunThatIsOverBecauseAllIsOffGoesOnWithAChange() {
    TestClient client;
    client.call("open", {{"text", scriptScenario("[vm.args]\nworking_set = \"1 MiB\"\n")}});
    client.advance(Json{{"time", "100ms"}});
    client.call("set", {{"vm", "a"}, {"action", "power_off"}});
    client.call("set", {{"vm", "b"}, {"action", "power_off"}});
    Json stopped = client.advance();
    QVERIFY(stopped["ending"] == "all-off");
    QVERIFY(client.call("status")["state"] == "over");
    client.call("set", {{"vm", "b"}, {"action", "power_on"}});
    VERIFY_CALLED(client);
    stopped = client.advance();
    QVERIFY(stopped["time"] == 2'000'000'000);
    const std::string text = client.call("save")["text"];
    QCOMPARE(digestOf(text), client.call("close")["digest"].get<std::string>());
  }
};

OVERCOMMIT_TEST(ChangesTest)
#include "changes_test.moc"
