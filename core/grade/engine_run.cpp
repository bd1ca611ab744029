// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/engine_run.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>

#include "base/descriptor.h"
#include "grade/text_file.h"
#include "scenario/expectation.h"

namespace overcommit {
namespace {

using EngineJson = nlohmann::json;

// Only reports a hang: nothing that is graded depends on it.
constexpr std::chrono::seconds kLongestWall(120);
constexpr std::size_t kMostMessages = 64u << 10;
constexpr std::size_t kLargestResult = 64u << 20;
constexpr int kPollMilliseconds = 200;

MetricUnit unitNamed(const std::string& name) {
  for (const MetricUnit unit : {MetricUnit::Size, MetricUnit::Time, MetricUnit::Count, MetricUnit::PerSecond, MetricUnit::Permille}) {
    if (nameOf(unit) == name) return unit;
  }
  return MetricUnit::Count;
}

std::optional<std::uint64_t> numberOrNothing(const EngineJson& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<std::uint64_t>());
}

void readResult(const EngineJson& json, EngineResult& result) {
  result.digest = json.at("digest").get<std::string>();
  result.end = VirtualTime(json.at("virtual_time_ns").get<std::uint64_t>());
  if (!json.at("limit_reached").is_null()) result.limit = json.at("limit_reached").get<std::string>();
  for (const EngineJson& vm : json.at("vms")) {
    if (!vm.at("crash").is_null()) result.crashes.push_back(vm.at("name").get<std::string>() + ": " + vm.at("crash").get<std::string>());
  }
  for (const EngineJson& expected : json.at("expectations")) {
    if (!expected.at("holds").get<bool>())
      result.unfulfilled.push_back(expected.at("metric").get<std::string>() + ": " + expected.at("wanted").get<std::string>());
  }
  for (const EngineJson& policy : json.at("policies")) {
    if (policy.at("failure").is_null() || !result.policyFailure.empty()) continue;
    result.policyTrouble = policy.at("failure").get<std::string>();
    result.policyFailure = policy.at("explanation").get<std::string>();
  }
  for (const EngineJson& item : json.value("walks", EngineJson::array())) {
    WalkMarks& marks = result.walks.emplace_back();
    const auto kind = std::ranges::find(kWalkKinds, item.at("kind").get<std::string>(), [](WalkKind each) { return nameOf(each); });
    if (kind != kWalkKinds.end()) marks.kind = *kind;
    marks.asked = item.at("asked").get<std::uint64_t>();
    marks.right = item.at("right").get<std::uint64_t>();
    marks.counted = item.at("counted").get<std::uint64_t>();
    marks.wrong = item.at("wrong").get<std::string>();
    marks.miscounted = item.at("miscounted").get<std::string>();
  }
  for (const EngineJson& column : json.value("columns", EngineJson::array()))
    result.columns.emplace(column.at("name").get<std::string>(), numberOrNothing(column.at("value")));
  for (const EngineJson& item : json.value("asked", EngineJson::array())) {
    EngineAsked& asked = result.asked.emplace_back();
    asked.id = item.at("id").get<std::string>();
    asked.text = item.at("text").get<std::string>();
    asked.metric = item.at("metric").get<std::string>();
    asked.tolerance = {item.at("tolerance_permille").get<std::uint64_t>(), item.at("tolerance_amount").get<std::uint64_t>()};
    asked.unit = unitNamed(item.at("unit").get<std::string>());
    asked.time = item.at("time_ns").get<std::uint64_t>();
    asked.about = item.at("about_ns").get<std::uint64_t>();
    asked.answer = numberOrNothing(item.at("answer"));
    asked.steps = item.at("steps").get<std::vector<std::string>>();
  }
  result.hasResult = true;
}

// In the child: never returns.
[[noreturn]] void execute(const std::vector<std::string>& words, int messages, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(128 + SIGKILL);  // it ended in between
  const int nothing = ::open("/dev/null", O_RDWR);
  dup2(nothing, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);
  dup2(messages, STDERR_FILENO);
  (void)std::signal(SIGPIPE, SIG_DFL);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT: execv takes it so
  arguments.push_back(nullptr);
  execv(arguments.front(), arguments.data());
  _exit(127);
}

struct Ended {
  int exitCode = 0;
  std::string messages;
};

Result<Ended> execution(const std::vector<std::string>& words, bool debugging, const std::function<bool()>& stop) {
  auto said = makePipe();
  if (!said) return tl::unexpected(said.error());
  (void)std::fflush(nullptr);  // or the child would write it again
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) execute(words, said->writing.get(), parent);
  if (child < 0) return failure("cannot make a process for a run: {}", systemErrorText(errno));
  said->writing.reset();
  Ended ended;
  bool killed = false;
  const auto begun = std::chrono::steady_clock::now();
  while (true) {
    pollfd end{said->reading.get(), POLLIN, 0};
    const int ready = poll(&end, 1, kPollMilliseconds);
    const bool late = !debugging && std::chrono::steady_clock::now() - begun > kLongestWall;
    if (!killed && (late || stop())) {
      kill(child, SIGKILL);
      killed = true;
    }
    if (ready <= 0) continue;
    std::array<char, 4096> part{};
    const ssize_t length = read(said->reading.get(), part.data(), part.size());
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) break;
    if (debugging) (void)std::fwrite(part.data(), 1, static_cast<std::size_t>(length), stderr);
    if (ended.messages.size() < kMostMessages) ended.messages.append(part.data(), static_cast<std::size_t>(length));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ended.exitCode = killed ? EngineResult::kHung : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

}  // namespace

std::optional<std::string> EngineResult::trouble() const {
  std::string said = messages;
  while (said.ends_with('\n')) said.pop_back();
  constexpr std::string_view kSpeaker = "overcommit: ";
  if (said.starts_with(kSpeaker)) said.erase(0, kSpeaker.size());
  if (exitCode == kHung) return "the run did not end: it hangs, or takes far longer than any run of a lab";
  if (exitCode == kExitInvariantBroken) return "an invariant of the engine broke: " + said;
  if (exitCode == kExitLimitReached) return "a limit was reached: " + limit;
  if (exitCode == kExitBackendUnavailable) return "this machine cannot run it: " + said;
  if (!policyFailure.empty()) return policyFailure;
  if (!hasResult) return said.empty() ? fmt::format("the run ended with exit code {} and without a result", exitCode) : said;
  if (exitCode == kExitUsage) return said;
  return std::nullopt;  // guests that crash and expectations that fail are for checks to judge
}

Result<EngineResult> Engine::run(const EngineRequest& request) const {
  const std::filesystem::path base = folder_ / request.name;
  const std::string scenario = base.string() + ".toml", json = base.string() + ".json", trace = base.string() + ".octrace";
  if (const auto written = writeAtomically(scenario, request.scenario); !written) return tl::unexpected(written.error());
  std::error_code ignored;
  std::filesystem::remove(json, ignored);
  std::vector<std::string> words{command_.string(), "run", scenario, "--quiet", "--json", json};
  if (request.trace) words.insert(words.end(), {"--trace", trace});
  if (request.audit) words.emplace_back("--audit");
  words.insert(words.end(), request.more.begin(), request.more.end());
  auto ended = execution(words, request.debugging, stop_);
  if (!ended) return tl::unexpected(ended.error());

  EngineResult result;
  result.exitCode = ended->exitCode;
  result.messages = std::move(ended->messages);
  // Names of the working folder help nobody, and differ from run to run.
  for (std::size_t at = 0; (at = result.messages.find(folder_.string() + "/", at)) != std::string::npos;)
    result.messages.erase(at, folder_.string().size() + 1);
  if (request.trace) result.trace = trace;
  if (const auto text = readTextFile(json, kLargestResult); text && !text->empty()) {
    const EngineJson parsed = EngineJson::parse(*text, nullptr, false);
    try {
      readResult(parsed, result);
    } catch (const EngineJson::exception& wrong) {
      return failure("the result of a run cannot be read: {}", wrong.what());
    }
  }
  return result;
}

}  // namespace overcommit
