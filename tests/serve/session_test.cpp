// SPDX-License-Identifier: GPL-2.0-or-later
// A client opens, advances, looks and closes: what it is answered, and that nothing of it shows in the run.
#include <fstream>
#include <set>

#include "base/random.h"
#include "serve/test_client.h"
#include "support/test.h"
#include "trace/trace_cursor.h"
#include "trace/trace_reader.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// Everything that only looks, at pages, frames, slots and addresses of all kinds. Returns how many answers had bytes.
std::uint64_t lookAround(TestClient& client, Random& random) {
  std::uint64_t contents = 0;
  const auto asked = [&](std::string_view method, Json params) {
    const Json result = client.call(method, std::move(params));
    if (result.contains("content")) ++contents;
  };
  for (int i = 0; i < 20; ++i) {
    asked("inspect", {{"vm", "web1"}, {"gfn", random.below(2048)}});
    asked("inspect", {{"vm", "played"}, {"gfn", random.below(4096)}});
    asked("inspect", {{"mfn", random.below(5120)}});
    asked("inspect", {{"vm", "played"}, {"slot", random.below(4096)}});
    asked("walk", {{"vm", "web2"}, {"gva", (std::uint64_t{1} << 40) + random.below(2048) * kPageSize}});
  }
  asked("vms", {});
  asked("metrics", {});
  asked("status", {});
  asked("save", {});
  return contents;
}

}  // namespace

class SessionTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    wanted_ = digestOf(busyScenario());
    QVERIFY2(wanted_.size() == 32, wanted_.c_str());
  }

  void initializeTellsWhatThereIs() {
    TestClient client;
    const Json result = client.call("initialize", {{"protocol", 1}, {"client", "test"}});
    VERIFY_CALLED(client);
    QVERIFY(result["protocol"] == 1);
    QVERIFY(std::ranges::find(result["methods"], "advance") != result["methods"].end());
    QVERIFY(std::ranges::find(result["vm_settings"], "limit") != result["vm_settings"].end());
    client.call("initialize", {{"protocol", 9}});
    QVERIFY2(client.errorText().find("version 1") != std::string::npos, client.errorText().c_str());
  }

  void aServedRunHasTheDigestOfRun() {
    TestClient client;
    client.call("open", {{"text", busyScenario()}, {"trace", client.path("busy.octrace")}});
    VERIFY_CALLED(client);
    const Json stopped = client.advance();
    QVERIFY(stopped["reason"] == "ended");
    QVERIFY(stopped["ending"] == "duration");
    const Json closed = client.call("close");
    VERIFY_CALLED(client);
    QCOMPARE(closed["digest"].get<std::string>(), wanted_);
    QVERIFY(closed["result"]["digest"] == wanted_);
    auto trace = TraceReader::open(std::filesystem::path(client.path("busy.octrace")));
    VERIFY_OK(trace);
    QVERIFY(trace->end() == TraceEnd::Complete);
    QCOMPARE(trace->digest()->text(), wanted_);
  }

  void pacingLookingAndListeningDoNotShow() {
    TestClient client;
    client.call("open", {{"text", busyScenario()}, {"trace", client.path("looked.octrace")}});
    VERIFY_CALLED(client);
    client.call("subscribe", {{"kinds", {"swap-out", "share", "zip"}}});
    VERIFY_CALLED(client);
    client.call("subscribe", {{"metrics", {"host.free", "vm.web1.shared"}}, {"every", "10ms"}});
    VERIFY_CALLED(client);
    Random random(7, "a client's whims");
    std::uint64_t contents = 0;
    for (Json stopped; !stopped.contains("ending");) {
      stopped = client.advance(Json{{"quanta", 1 + random.below(200)}});
      QVERIFY(!stopped.is_null());
      contents += lookAround(client, random);
    }
    QVERIFY(contents > 100);
    QVERIFY(!client.take("events").is_null());
    QVERIFY(!client.take("metrics").is_null());
    QCOMPARE(client.call("close")["digest"].get<std::string>(), wanted_);
  }

  // Under audit too, and through every mistake of a client's.
  void anAuditedRunIsTheSame() {
    TestClient client;
    client.call("open", {{"text", playedScenario()}, {"audit", true}});
    VERIFY_CALLED(client);
    client.advance(Json{{"quanta", 100}});
    client.call("advance", {{"until", {{"state", "none"}}}});
    client.call("set", {{"vm", "web1"}, {"set", {{"reservation", "900 MiB"}}}});
    client.advance();
    QCOMPARE(client.call("close")["digest"].get<std::string>(), digestOf(playedScenario()));
  }

  void itStopsAtWhatWasAskedFor() {
    TestClient client;
    client.call("open", {{"text", playedScenario()}});
    VERIFY_CALLED(client);
    Json stopped = client.advance(Json{{"time", "20ms"}});
    QVERIFY(stopped["reason"] == "time");
    QVERIFY(stopped["time"] >= 20'000'000 && stopped["time"] < 31'000'000);
    const std::uint64_t sequence = stopped["sequence"];
    stopped = client.advance(Json{{"events", 100}});
    QVERIFY(stopped["reason"] == "events");
    QVERIFY(stopped["sequence"] >= sequence + 100);
    stopped = client.advance(Json{{"state", "any"}});
    QVERIFY(stopped["reason"] == "state");
    QVERIFY(stopped["event"]["kind"] == "free-state");
    stopped = client.advance(Json{{"event", {{"kind", {"swap-out", "zip"}}, {"vm", "played"}}}});
    QVERIFY(stopped["reason"] == "event");
    QVERIFY(stopped["event"]["vm"] == "played");
    const std::uint64_t gfn = stopped["event"]["gfn"];
    stopped = client.advance(Json{{"page", {{"vm", "played"}, {"gfn", gfn}}}, {"time", "250ms"}});
    QVERIFY(stopped["reason"] == "page" || stopped["reason"] == "time" || stopped["reason"] == "ended");
    // A time that has passed is there at once.
    const Json before = client.call("status");
    if (before["ending"].is_null()) {
      stopped = client.advance(Json{{"time", 0}});
      QVERIFY(stopped["reason"] == "time" && stopped["sequence"] == before["sequence"]);
    }
  }

  void aNewAdvanceTakesOverFromTheOld() {
    TestClient client;
    client.call("open", {{"text", scriptScenario()}});
    const std::uint64_t first = client.call("advance")["run"];
    client.session().runQuantum();
    const std::uint64_t second = client.call("advance", {{"until", {{"quanta", 1}}}})["run"];
    QVERIFY(second > first);
    Json stopped = client.take("stopped");
    QVERIFY(stopped["reason"] == "superseded" && stopped["run"] == first);
    stopped = client.run();
    QVERIFY(stopped["reason"] == "quanta" && stopped["run"] == second);
  }

  void pauseStopsBetweenQuanta() {
    TestClient client;
    client.call("open", {{"text", scriptScenario()}});
    client.call("advance");
    client.session().runQuantum();
    client.call("pause");
    QVERIFY(!client.session().advancing());
    QVERIFY(client.take("stopped")["reason"] == "paused");
    client.call("pause");  // once more does no harm
    VERIFY_CALLED(client);
  }

  void waitIsAnsweredWhenItStops() {
    TestClient client;
    client.call("open", {{"text", scriptScenario()}});
    client.call("advance", {{"until", {{"quanta", 3}}}});
    QVERIFY(client.ask("wait").is_null());
    QVERIFY(client.session().waiting());
    client.run();
    QVERIFY(!client.session().waiting());
    const Json answer = client.answer(3);
    QVERIFY(answer["result"]["reason"] == "quanta");
    // Nothing runs: at once.
    QVERIFY(client.call("wait")["reason"] == "quanta");
  }

  void openWithATimeRunsUpToIt() {
    TestClient client;
    const Json opened = client.call("open", {{"text", playedScenario()}, {"at", "50ms"}});
    VERIFY_CALLED(client);
    QVERIFY(opened.contains("run"));
    const Json stopped = client.run();
    QVERIFY(stopped["reason"] == "time" && stopped["time"] >= 50'000'000 && stopped["time"] < 61'000'000);
  }

  void aPageShowsWhatTheGuestHas() {
    TestClient client;
    client.call("open", {{"text", playedScenario()}});
    client.advance(Json{{"time", "150ms"}});
    std::set<std::string> places;
    for (std::uint64_t gfn = 0; gfn < 4096; ++gfn) {
      Json page = client.call("inspect", {{"vm", "played"}, {"gfn", gfn}, {"content", false}});
      VERIFY_CALLED(client);
      QVERIFY(!page.contains("content"));
      const std::string place = page["place"];
      if (!places.insert(place).second) continue;
      page = client.call("inspect", {{"vm", "played"}, {"gfn", gfn}});
      QCOMPARE(page.contains("content"), place != "untouched" && place != "ballooned");
      if (place == "private" || place == "shared") {
        const Json frame = client.call("inspect", {{"mfn", page["mfn"]}});
        QVERIFY(frame["hash"] == page["hash"] && frame["content"] == page["content"] && frame["use"] == place);
      } else if (place == "swapped") {
        const Json slot = client.call("inspect", {{"vm", "played"}, {"slot", page["slot"]}});
        QVERIFY(slot["used"] == true && slot["gfn"] == gfn && slot["content"] == page["content"]);
      } else if (place == "zipped" && page["zipped"]["same_filled"] == false) {
        const Json frame = client.call("inspect", {{"mfn", page["zipped"]["store_mfn"]}});
        QVERIFY(frame["use"] == "zip store" && frame["vm"] == "played");
        const auto among = std::ranges::find_if(frame["pages"], [&](const Json& one) { return one["gfn"] == gfn; });
        QVERIFY(among != frame["pages"].end());
        QVERIFY((*among)["offset"] == page["zipped"]["offset"] && (*among)["slot_bytes"] >= (*among)["bytes"]);
      }
    }
    QVERIFY2(places.contains("private") && (places.contains("swapped") || places.contains("zipped")), "a busy host takes pages");
  }

  void sharersAreListed() {
    TestClient client;
    client.call("open", {{"text", busyScenario()}});
    Json stopped = client.advance(Json{{"event", {{"kind", "share"}}}});
    QVERIFY(stopped["reason"] == "event");
    const Json page = client.call("inspect", {{"vm", stopped["event"]["vm"]}, {"gfn", stopped["event"]["gfn"]}});
    VERIFY_CALLED(client);
    if (page["place"] != "shared") QSKIP("it was written to within its quantum");
    const Json frame = client.call("inspect", {{"mfn", page["mfn"]}});
    QVERIFY(frame["references"] == page["sharer_count"]);
    QVERIFY(page["sharers"].size() == page["sharer_count"]);
  }

  void aWalkHasItsReferencesNumbered() {
    TestClient client;
    client.call("open", {{"text", busyScenario()}});
    client.advance(Json{{"time", "30ms"}});
    const Json walk = client.call("walk", {{"vm", "web1"}, {"gva", "0x200000"}});
    VERIFY_CALLED(client);
    QVERIFY(!walk["references"].empty() && walk["references"].size() <= 24);
    for (std::size_t i = 0; i < walk["references"].size(); ++i) QVERIFY(walk["references"][i]["number"] == i + 1);
    QVERIFY(walk["text"].get<std::string>().find(fmt::format("ends after {} memory references", walk["references"].size())) !=
            std::string::npos);
    if (walk["end"] == "mapped") {
      const Json page = client.call("inspect", {{"vm", "web1"}, {"gfn", walk["gfn"]}});
      QVERIFY(page["mfn"] == walk["mfn"]);
    }
    const Json root = client.call("inspect", {{"mfn", walk["references"][0]["mfn"]}});
    QVERIFY(root["use"] == "overhead" && root["nested_page_table"]["level"] == 4 && root["nested_page_table"]["vm"] == "web1");
    client.call("walk", {{"vm", "played"}, {"gva", 0}});
    QVERIFY2(client.errorText().find("played is played by a generator") != std::string::npos, client.errorText().c_str());
  }

  void aGuestThatCrashesIsToldAndTheRunGoesOn() {
    const std::string text = R"(title = "A mad guest"
duration = "100ms"
[host]
memory = "32 MiB"
[[vm]]
name = "mad"
memory = "8 MiB"
kernel = "guests/prebuilt/hostile/call_unknown.elf"
[[vm]]
name = "well"
memory = "8 MiB"
generator = "uniform"
)";
    TestClient client;
    client.call("open", {{"text", text}, {"directory", OVERCOMMIT_SOURCE_DIR}});
    VERIFY_CALLED(client);
    const Json stopped = client.advance();
    QVERIFY(stopped["ending"] == "duration");
    const Json crashed = client.take("crashed");
    QVERIFY(crashed["vm"] == "mad" && !crashed["reason"].get<std::string>().empty());
    client.call("inspect", {{"vm", "mad"}, {"gfn", 0}});
    QVERIFY2(client.errorText().find("crashed") != std::string::npos, client.errorText().c_str());
    QVERIFY(client.call("close")["exit_code"] == 5);
  }

  // A reader follows the trace while it grows.
  void theTraceCanBeReadUpToWhatIsTold() {
    TestClient client;
    const std::string path = client.path("live.octrace");
    client.call("open", {{"text", scriptScenario()}, {"trace", path}});
    auto reader = TraceReader::open(std::filesystem::path(path));
    VERIFY_OK(reader);
    for (int i = 0; i < 5; ++i) {
      const Json stopped = client.advance(Json{{"quanta", 20}});
      VERIFY_OK(reader->refresh());
      QVERIFY(reader->lastSequence() == stopped["sequence"].get<std::uint64_t>());
      QVERIFY(reader->end() == TraceEnd::Unfinished);
    }
    client.call("advance");
    client.session().runQuantum();
    client.session().report();
    const Json progress = client.take("progress");
    VERIFY_OK(reader->refresh());
    QVERIFY(reader->lastSequence() == progress["sequence"].get<std::uint64_t>());
  }

  void mistakesAreNamed_data() {
    QTest::addColumn<QString>("method");
    QTest::addColumn<QByteArray>("params");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("message");
    const auto row = [](const char* name, const char* method, const char* params, RpcCode code, const char* message) {
      QTest::newRow(name) << method << QByteArray(params) << static_cast<int>(code) << message;
    };
    row("unknown method", "inspct", "{}", RpcCode::NoSuchMethod, "did you mean \"inspect\"?");
    row("unknown parameter", "inspect", R"({"vn":"a"})", RpcCode::WrongParams, "there is no parameter \"vn\"; did you mean");
    row("unknown VM", "inspect", R"({"vm":"bb","gfn":0})", RpcCode::WrongParams, "there is no VM \"bb\"");
    row("no such page", "inspect", R"({"vm":"a","gfn":2048})", RpcCode::WrongParams, "there is no page 2048");
    row("no such frame", "inspect", R"({"mfn":"0xffffffffffffffff"})", RpcCode::WrongParams, "there is no frame");
    row("no such slot", "inspect", R"({"vm":"a","slot":99999999})", RpcCode::WrongParams, "there is no slot");
    row("both", "inspect", R"({"vm":"a","gfn":0,"slot":0})", RpcCode::WrongParams, "exactly one");
    row("frame of a VM", "inspect", R"({"vm":"a","mfn":0})", RpcCode::WrongParams, "leave vm out");
    row("negative", "inspect", R"({"vm":"a","gfn":-1})", RpcCode::WrongParams, "must not be negative");
    row("a fraction", "inspect", R"({"vm":"a","gfn":1.5})", RpcCode::WrongParams, "whole number");
    row("until what", "advance", R"({"until":{"tmie":1}})", RpcCode::WrongParams, "did you mean \"time\"?");
    row("until no object", "advance", R"({"until":"1s"})", RpcCode::WrongParams, "must be an object");
    row("no unit", "advance", R"({"until":{"time":"10"}})", RpcCode::WrongParams, "time");
    row("event kind", "advance", R"({"until":{"event":{"kind":"swap-uot"}}})", RpcCode::WrongParams, "did you mean \"swap-out\"?");
    row("free state", "advance", R"({"until":{"state":"hrad"}})", RpcCode::WrongParams, "did you mean \"hard\"?");
    row("page of no VM", "advance", R"({"until":{"page":{"gfn":1}}})", RpcCode::WrongParams, "vm is missing");
    row("metric", "metrics", R"({"paths":["host.fere"]})", RpcCode::WrongParams, "did you mean");
    row("subscription to nothing", "subscribe", "{}", RpcCode::WrongParams, "either kinds or metrics");
    row("no such subscription", "unsubscribe", R"({"subscription":7})", RpcCode::WrongParams, "there is no subscription 7");
    row("opened twice", "open", R"({"text":""})", RpcCode::RunIsOpen, "close it first");
    row("setting", "set", R"({"vm":"a","set":{"limti":"4 MiB"}})", RpcCode::WrongParams, "did you mean \"limit\"?");
    row("setting without unit", "set", R"({"vm":"a","set":{"limit":4}})", RpcCode::WrongParams, "needs a unit");
    row("of nobody", "set", R"({"set":{"limit":"4 MiB"}})", RpcCode::WrongParams, "whom it concerns");
    row("option", "set", R"({"host":true,"set":{"GateSahre":0}})", RpcCode::WrongParams, "did you mean \"GateShare\"?");
    row("option out of range", "set", R"({"host":true,"set":{"IdleTax":100}})", RpcCode::WrongParams, "out of range: 0 to 99");
    row("null", "set", R"({"vm":"a","set":{"limit":null}})", RpcCode::WrongParams, "null is no value");
    row("walk of a script", "walk", R"({"vm":"a","gva":0})", RpcCode::Refused, "no CPU");
  }
  void mistakesAreNamed() {
    QFETCH(const QString, method);
    QFETCH(const QByteArray, params);
    QFETCH(const int, code);
    QFETCH(const QString, message);
    if (!mistaken_) {
      mistaken_ = std::make_unique<TestClient>();
      mistaken_->call("open", {{"text", scriptScenario()}});
    }
    const Json before = mistaken_->call("status");
    VERIFY_CALLED(*mistaken_);
    mistaken_->call(method.toStdString(), Json::parse(params.toStdString()));
    QCOMPARE(mistaken_->errorCode(), code);
    QVERIFY2(QString::fromStdString(mistaken_->errorText()).contains(message), mistaken_->errorText().c_str());
    // And nothing came of it.
    QVERIFY(mistaken_->call("status") == before);
  }

  void withoutARunOnlyOpeningMakesSense() {
    TestClient client;
    for (const char* method : {"advance", "pause", "wait", "set", "save", "inspect", "walk", "vms", "metrics", "subscribe", "close"}) {
      client.call(method);
      QCOMPARE(client.errorCode(), static_cast<int>(RpcCode::NoRun));
    }
    QVERIFY(client.call("status")["state"] == "closed");
  }

  void aMistakeOfTheScenarioHasItsPlace() {
    TestClient client;
    client.call("open", {{"text", "title = \"x\"\nduration = \"1s\"\n[host]\nmemroy = \"8 MiB\"\n"}, {"name", "wrong.toml"}});
    QCOMPARE(client.errorCode(), static_cast<int>(RpcCode::WrongScenario));
    const Json& data = client.error()["data"];
    QVERIFY(data["file"] == "wrong.toml" && data["line"] == 4 && data["column"] == 1);
    QVERIFY(data["message"].get<std::string>().find("memroy") != std::string::npos);
    client.call("open", {{"scenario", client.path("missing.toml")}});
    QCOMPARE(client.errorCode(), static_cast<int>(RpcCode::Failed));
    client.call("open", {{"text", scriptScenario()}, {"trace", "/nowhere/at/all.octrace"}});
    QCOMPARE(client.errorCode(), static_cast<int>(RpcCode::Failed));
    const char* guest =
        "title = \"x\"\nduration = \"1s\"\n[host]\nmemory = \"16 MiB\"\n[[vm]]\nname = \"a\"\nmemory = \"8 MiB\"\nprogram = \"idle\"\n";
    client.call("open", {{"text", guest}, {"backend", "kvm"}});
    QCOMPARE(client.errorCode(), static_cast<int>(RpcCode::NoBackend));
    // After all that, one that is right can be opened.
    client.call("open", {{"text", scriptScenario()}});
    VERIFY_CALLED(client);
  }

  void aClosedRunMakesRoomForAnother() {
    TestClient client;
    for (int i = 0; i < 3; ++i) {
      client.call("open", {{"text", busyScenario()}});
      VERIFY_CALLED(client);
      client.advance(Json{{"quanta", 5}});
      QVERIFY(client.call("close")["ending"] == "stopped");
      QVERIFY(client.call("status")["state"] == "closed");
    }
  }

  void aBatchIsAnsweredInOneLine() {
    TestClient client;
    client.session().receive(
        R"([{"jsonrpc":"2.0","id":1,"method":"status"},{"jsonrpc":"2.0","method":"status"},{"jsonrpc":"2.0","id":2,"method":"wait"}])");
    QCOMPARE(client.lines().size(), std::size_t{1});
    const Json& answers = client.lines().front();
    QVERIFY(answers.is_array() && answers.size() == 2);
    QVERIFY(answers[0]["id"] == 1 && answers[1].contains("error"));
  }

 private:
  std::string wanted_;                    // the digest of busyScenario()
  std::unique_ptr<TestClient> mistaken_;  // who makes all mistakes
};

OVERCOMMIT_TEST(SessionTest)
#include "session_test.moc"
