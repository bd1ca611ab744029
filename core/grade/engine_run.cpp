// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/engine_run.h"

#include <poll.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "grade/run_process.h"
#include "grade/text_file.h"
#include "scenario/expectation.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;
using EngineJson = nlohmann::json;

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
    marks.marked = item.at("marked").get<std::uint64_t>();
    marks.wrong = item.at("wrong").get<std::string>();
    marks.miscounted = item.at("miscounted").get<std::string>();
    marks.mismarked = item.at("mismarked").get<std::string>();
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

struct Engine::Job {
  EngineRequest request;
  std::unique_ptr<RunProcess> process;  // while it runs
  std::optional<Result<EngineResult>> result;
  bool isTaken = false;

  [[nodiscard]] bool isWaiting() const { return !process && !result && !isTaken; }
};

Engine::Engine(fs::path command, fs::path folder, std::function<bool()> stop, std::size_t atOnce)
    : command_(std::move(command)), folder_(std::move(folder)), stop_(std::move(stop)), atOnce_(std::max<std::size_t>(atOnce, 1)) {}

Engine::~Engine() = default;

Engine::Ticket Engine::begin(EngineRequest request) {
  jobs_.push_back(std::make_unique<Job>(Job{std::move(request), {}, {}}));
  fillUp();
  return jobs_.size() - 1;
}

Result<EngineResult> Engine::result(Ticket ticket) {
  Job& job = *jobs_[ticket];
  invariant(!job.isTaken, "the result of a run is taken once");
  while (!job.result) {
    if (job.isWaiting() && hasRoom()) launch(job);
    fillUp();
    if (!job.result) listen();
  }
  job.isTaken = true;
  auto result = std::move(*job.result);
  job.result.reset();
  return result;
}

bool Engine::hasRoom() const {
  return static_cast<std::size_t>(std::ranges::count_if(jobs_, [](const auto& job) { return job->process != nullptr; })) < atOnce_;
}

void Engine::fillUp() {
  for (const auto& job : jobs_) {
    if (!hasRoom()) return;
    if (job->isWaiting()) launch(*job);
  }
}

void Engine::launch(Job& job) {
  const EngineRequest& request = job.request;
  const fs::path base = folder_ / request.name;
  const std::string scenario = base.string() + ".toml", json = base.string() + ".json", trace = base.string() + ".octrace";
  if (const auto written = writeAtomically(scenario, request.scenario); !written) {
    job.result = tl::unexpected(written.error());
    return;
  }
  std::error_code ignored;
  fs::remove(json, ignored);
  std::vector<std::string> words{command_.string(), "run", scenario, "--quiet", "--json", json};
  if (request.trace) words.insert(words.end(), {"--trace", trace});
  if (request.audit) words.emplace_back("--audit");
  words.insert(words.end(), request.more.begin(), request.more.end());
  auto process = RunProcess::start(words, request.debugging);
  if (process)
    job.process = std::move(*process);
  else
    job.result = tl::unexpected(process.error());
}

// Until something happens to what runs, or for a while.
void Engine::listen() {
  std::vector<pollfd> ready;
  std::vector<Job*> heard;
  for (const auto& job : jobs_) {
    if (!job->process) continue;
    heard.push_back(job.get());
    ready.push_back({job->process->messages(), POLLIN, 0});
  }
  const int changed = poll(ready.data(), ready.size(), kPollMilliseconds);
  for (std::size_t i = 0; i < heard.size(); ++i) {
    RunProcess& process = *heard[i]->process;
    if (stop_()) process.kill();
    process.endIfLate();
    if (changed > 0 && ready[i].revents != 0 && process.take() == RunProcess::Taken::All) conclude(*heard[i]);
  }
}

void Engine::conclude(Job& job) {
  auto ended = job.process->wait();
  job.process.reset();
  const fs::path base = folder_ / job.request.name;
  EngineResult result;
  result.exitCode = ended.exitCode;
  result.messages = std::move(ended.messages);
  // Names of the working folder help nobody, and differ from run to run.
  for (std::size_t at = 0; (at = result.messages.find(folder_.string() + "/", at)) != std::string::npos;)
    result.messages.erase(at, folder_.string().size() + 1);
  if (job.request.trace) result.trace = base.string() + ".octrace";
  if (const auto text = readTextFile(base.string() + ".json", kLargestResult); text && !text->empty()) {
    const EngineJson parsed = EngineJson::parse(*text, nullptr, false);
    try {
      readResult(parsed, result);
    } catch (const EngineJson::exception& wrong) {
      job.result = failure("the result of a run cannot be read: {}", wrong.what());
      return;
    }
  }
  job.result = std::move(result);
}

}  // namespace overcommit
