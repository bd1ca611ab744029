// SPDX-License-Identifier: GPL-2.0-or-later
// What serving costs a run: an engine that a window paces, in a process of its own, against the same run with a trace and nobody to pace it.
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/paired.h"
#include "scenario/scenario_run.h"
#include "serve/serve_loop.h"
#include "trace/trace_writer.h"

namespace {

using namespace overcommit;

const std::filesystem::path kSource = OVERCOMMIT_SOURCE_DIR;
constexpr const char* kTrace = "/var/tmp/overcommit-serve-bench.octrace";
constexpr std::uint64_t kDuration = 20'000'000'000;  // of the demo, in virtual time

[[noreturn]] void giveUp(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

HostSurroundings surroundings() { return {kSource / "guests/prebuilt/overcommit-guest.elf", "/var/tmp", std::nullopt, nullptr}; }

double runAlone() {
  auto scenario = loadScenario(kSource / "labs/scenarios/demo.toml");
  if (!scenario) giveUp(scenario.error().text);
  scenario->expectations.clear();
  EventLog log;
  auto run = ScenarioRun::create(std::move(*scenario), surroundings(), log);
  if (!run) giveUp(run.error().text);
  auto writer = TraceWriter::create(kTrace, (*run)->host().traceHeader((*run)->scenario().text, (*run)->scenario().fileName));
  if (!writer) giveUp(writer.error().text);
  log.addListener(**writer);
  return bench::nanosecondsOf([&] {
    if (auto started = (*run)->start(); !started) giveUp(started.error().text);
    if (auto ran = (*run)->advance(VirtualTime(kDuration)); !ran) giveUp(ran.error().text);
    (*writer)->flush();
  });
}

// As the window does it: every 16 ms of the wall clock the engine is sent `ahead` further than it is, before it has got where it was sent last.
double runPaced(std::uint64_t ahead) {
  int in[2] = {-1, -1}, out[2] = {-1, -1};
  if (::pipe(in) != 0 || ::pipe(out) != 0) giveUp("no pipe");
  const pid_t child = ::fork();
  if (child < 0) giveUp("no process");
  if (child == 0) {
    ::close(in[1]);
    ::close(out[0]);
    ServeStreams streams;
    streams.input = in[0];
    streams.output = out[1];
    (void)serve(streams, [](const RunConfig&) -> Result<HostSurroundings> { return surroundings(); });
    ::_exit(0);
  }
  ::close(in[0]);
  ::close(out[1]);
  const auto send = [&](const std::string& line) {
    if (::write(in[1], line.data(), line.size()) != static_cast<ssize_t>(line.size())) giveUp("the engine reads no more");
  };
  std::string unread;
  std::uint64_t now = 0;
  // What has come; waits for at most so long.
  const auto read = [&](int milliseconds) {
    pollfd readable{out[0], POLLIN, 0};
    if (::poll(&readable, 1, milliseconds) <= 0) return;
    std::array<char, 65536> part;  // NOLINT(cppcoreguidelines-pro-type-member-init): it is read into
    const ssize_t got = ::read(out[0], part.data(), part.size());
    if (got <= 0) giveUp("the engine has gone");
    unread.append(part.data(), static_cast<std::size_t>(got));
    for (std::size_t end = unread.find('\n'); end != std::string::npos; end = unread.find('\n')) {
      const auto message = nlohmann::json::parse(unread.substr(0, end), nullptr, false);
      unread.erase(0, end + 1);
      if (message.is_object() && message.contains("params") && message["params"].contains("time"))
        now = message["params"]["time"].get<std::uint64_t>();
      if (message.is_object() && message.contains("error")) giveUp(message["error"]["message"].get<std::string>());
    }
  };
  send(R"({"id":1,"jsonrpc":"2.0","method":"open","params":{"scenario":")" + (kSource / "labs/scenarios/demo.toml").string() +
       R"(","trace":")" + kTrace + "\"}}\n");
  read(60'000);
  const double took = bench::nanosecondsOf([&] {
    using Clock = std::chrono::steady_clock;
    auto frame = Clock::now();
    std::uint64_t target = 0;
    while (now < kDuration) {
      if (Clock::now() >= frame || now >= target) {
        frame = std::max(frame, Clock::now() - std::chrono::milliseconds(16)) + std::chrono::milliseconds(16);
        target = std::min(now + ahead, kDuration);
        send(R"({"id":2,"jsonrpc":"2.0","method":"advance","params":{"until":{"time":)" + std::to_string(target) + "}}}\n");
      }
      read(4);
    }
  });
  ::close(in[1]);
  std::array<char, 4096> rest;  // NOLINT(cppcoreguidelines-pro-type-member-init): it is read into
  while (::read(out[0], rest.data(), rest.size()) > 0) {
  }
  ::close(out[0]);
  ::waitpid(child, nullptr, 0);
  return took;
}

void servedPaced(benchmark::State& state) {
  std::signal(SIGPIPE, SIG_IGN);
  // A speed that the engine cannot reach: it is never done before it is sent further.
  bench::ratio(
      state, bench::atMost(1.05), [] { return runPaced(2'000'000'000); }, runAlone, 7);
  std::filesystem::remove(kTrace);
}
BENCHMARK(servedPaced)->Name("demo, 20 s: paced by a window / alone, both with a trace")->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
