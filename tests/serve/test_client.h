// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTemporaryDir>
#include <deque>
#include <string>
#include <vector>

#include "machine/fake_kernel.h"
#include "scenario/run_support.h"
#include "serve/session.h"
#include "support/script_scenario.h"

namespace overcommit::test {

// A client that talks to a session in the same process, without pipes.
class TestClient {
 public:
  explicit TestClient(const Policies& policies = {})
      : session_(
            [this, policies](const RunConfig&) -> Result<HostSurroundings> {
              HostSurroundings surroundings = test::surroundings(folder_);
              surroundings.policies = policies;
              surroundings.kernel = &noKvm_;
              return surroundings;
            },
            [this](const std::string& line) { lines_.push_back(Json::parse(line)); }) {}

  // The whole answer: with "result" or "error".
  Json ask(std::string_view method, Json params = Json::object()) {
    const int id = ++asked_;
    session_.receive(jsonLine(Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}}));
    return answer(id);
  }
  // The result; null, and error(), if there is none.
  Json call(std::string_view method, Json params = Json::object()) {
    Json answer = ask(method, std::move(params));
    error_ = answer.contains("error") ? answer["error"] : Json();
    return answer.contains("result") ? answer["result"] : Json();
  }
  [[nodiscard]] const Json& error() const { return error_; }
  [[nodiscard]] std::string errorText() const { return error_.is_null() ? std::string() : error_["message"].get<std::string>(); }
  [[nodiscard]] int errorCode() const { return error_.is_null() ? 0 : error_["code"].get<int>(); }

  // Runs until it stops; what `stopped` told.
  Json advance(Json until = Json()) {
    call("advance", until.is_null() ? Json::object() : Json{{"until", std::move(until)}});
    return error_.is_null() ? run() : Json();
  }
  Json run() {
    while (session_.advancing()) session_.runQuantum();
    return take("stopped");
  }

  // The oldest notification of this name that was not taken yet, and null if there is none; others stay.
  Json take(std::string_view name) {
    for (auto line = lines_.begin(); line != lines_.end(); ++line) {
      if (!line->contains("method") || (*line)["method"] != name) continue;
      Json params = (*line)["params"];
      lines_.erase(line);
      return params;
    }
    return {};
  }
  // The answer with this id, and null if there is none yet.
  Json answer(int id) {
    for (auto line = lines_.begin(); line != lines_.end(); ++line) {
      if (!line->contains("id") || (*line)["id"] != id) continue;
      Json answer = *line;
      lines_.erase(line);
      return answer;
    }
    return {};
  }
  [[nodiscard]] const std::deque<Json>& lines() const { return lines_; }
  Session& session() { return session_; }
  [[nodiscard]] std::string path(const QString& name) const { return folder_.filePath(name).toStdString(); }

 private:
  NoKvm noKvm_;
  QTemporaryDir folder_;
  std::deque<Json> lines_;
  Session session_;
  int asked_ = 0;
  Json error_;
};

#define VERIFY_CALLED(client) QVERIFY2((client).error().is_null(), (client).errorText().c_str())

// Four VMs of which two are emulated, on a host that is too small for them: everything happens within a quarter of a virtual second.
inline std::string busyScenario(const std::string& more = {}) {
  return R"(# A comment that stays.
title = "Busy"
seed = 5
duration = "250ms"
[host]
memory = "20 MiB"
represents = "640 MiB"
time_scale = 100
[disk]
service_time = "20us"
[[vm]]
name = "web"
count = 2
memory = "8 MiB"
program = "toucher"
image = "linux-a"
[vm.args]
working_set = "3 MiB"
size2 = "6 MiB"
hold = 20
[[vm]]
name = "played"
memory = "16 MiB"
generator = "zipf"
[vm.args]
working_set = "14 MiB"
[[vm]]
name = "later"
memory = "4 MiB"
generator = "uniform"
start = "never"
[[at]]
time = "75ms"
vm = "web"
set = { shares = "high" }
)" + more;
}

// The same as busyScenario() without CPUs, and ten times as quick.
inline std::string playedScenario() {
  std::string text = busyScenario();
  for (const std::string_view emulated : {"program = \"toucher\"\nimage = \"linux-a\"\n", "size2 = \"6 MiB\"\nhold = 20\n"})
    text.erase(text.find(emulated), emulated.size());
  return text.replace(text.find("[vm.args]"), 0, "generator = \"uniform\"\n");
}

// What `overcommit run` makes of it.
inline std::string digestOf(const std::string& scenario) {
  TestRun run(scenario);
  run.recording = false;
  const std::string digest = run.all().digest.text();
  return run.error.empty() ? digest : run.error;
}

}  // namespace overcommit::test
