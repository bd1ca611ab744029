// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/grader.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "base/hash.h"
#include "base/units.h"
#include "grade/engine_run.h"
#include "grade/judge.h"
#include "grade/lab_scenario.h"
#include "grade/text_file.h"
#include "grade/work_folder.h"
#include "scenario/run_snapshot.h"
#include "trace/trace_reader.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDriver = "balloon";  // a part of the guest, not a decision of the host
constexpr const char* kOtherLayout = "7";   // any: policies' memory is elsewhere then

// Does the runs that checks ask for, each once and twice.
class LabRuns final : public RunSource {
 public:
  LabRuns(const Lab& lab, const Submission& submission, const GraderConfig& config, fs::path folder)
      : lab_(lab),
        submission_(submission),
        config_(config),
        engine_(config.command, config.cache == nullptr ? std::move(folder) : config.cache->folder, config.stop, config.atOnce) {}

  // Begins what these checks look at and nothing of the submission but its settings decides: it runs while others are judged.
  void beginEarly(const std::set<std::string>& wanted) {
    for (const Check& check : lab_.checks) {
      if (!wanted.contains(check.id)) continue;
      if (check.kind == CheckKind::Mutants) beginTest(check, nullptr);
      for (const std::string& name : {check.sameAs, check.run}) {
        const LabRun* run = lab_.run(name);
        if (run == nullptr || !run->policies.empty() || early_.contains(name)) continue;
        if (run->knobs && !submission_.settings) continue;
        const auto scenario = scenarioOf(*run);
        const auto policies = scenario ? policiesOf(*run) : Result<RunPolicies>();
        if (scenario && policies && !policies->trouble) early_.emplace(name, begin(requestFor(*run, scenario->text, *policies)));
      }
    }
  }

  Result<const JudgedRun*> run(const std::string& name) override {
    const auto known = runs_.find(name);
    if (known != runs_.end()) return &known->second;
    auto made = make(*lab_.run(name));
    if (!made) return tl::unexpected(made.error());
    return &runs_.emplace(name, std::move(*made)).first->second;
  }

  Result<JudgedRun> test(const Check& check, const Mutant* mutant) override {
    // The mutants of a test that passes on a sound engine run side by side.
    if (mutant != nullptr) {
      for (const std::string& name : check.mutants) beginTest(check, &*std::ranges::find(lab_.mutants, name, &Mutant::name));
    }
    JudgedRun judged;
    const auto begun = beginTest(check, mutant);
    if (!begun) {
      judged.trouble = begun.error().text;
      return judged;
    }
    auto result = resultOfBegun(*begun);
    if (!result) return tl::unexpected(result.error());
    judged.trouble = result->trouble();
    judged.isUnavailable = result->exitCode == kExitBackendUnavailable;
    if (mutant != nullptr && !result->hasResult && result->exitCode == kExitUsage)
      return failure("{}: the mutant \"{}\" cannot be run: {}", lab_.name, mutant->name, result->messages);
    judged.result = std::move(*result);
    return judged;
  }

  [[nodiscard]] const std::vector<RunResult>& results() const { return results_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
  // What the worst run says of the whole: 6, 3, 5, 4 or 0.
  [[nodiscard]] int worstExitCode() const {
    for (const int code : {kExitInvariantBroken, kExitPolicyNotBuilt, kExitGuestCrashed, kExitLimitReached}) {
      if (codes_.contains(code)) return code;
    }
    return kExitWell;
  }

 private:
  // A run on its way.
  struct Begun {
    Engine::Ticket ticket = 0;
    std::string key;                    // in the cache
    std::optional<EngineResult> known;  // was done for another submission
  };

  Begun begin(EngineRequest request) {
    Begun begun;
    if (config_.cache != nullptr) {
      begun.key = fmt::format("{} {} {}\n{}", request.trace, request.audit, fmt::join(request.more, " "), request.scenario);
      const auto known = config_.cache->done.find(begun.key);
      if (known != config_.cache->done.end()) {
        begun.known = known->second;
        return begun;
      }
      request.name += fmt::format("-{}", ++config_.cache->begun);
    }
    begun.ticket = engine_.begin(std::move(request));
    return begun;
  }

  Result<EngineResult> resultOfBegun(const Begun& begun) {
    if (begun.known) return *begun.known;
    auto result = engine_.result(begun.ticket);
    if (result && config_.cache != nullptr) config_.cache->done.emplace(begun.key, *result);
    return result;
  }

  // Of the submission's test; the error is the submission's.
  Result<Begun> beginTest(const Check& check, const Mutant* mutant) {
    const std::string id = fmt::format("test-{}-{}", check.id, mutant == nullptr ? 0 : 1 + (mutant - lab_.mutants.data()));
    if (const auto known = early_.find(id); known != early_.end()) return known->second;
    const auto text = readSubmitted(submission_, check.test);
    const auto scenario = text ? testScenario(*text, check.test, mutant) : tl::unexpected(text.error());
    if (!scenario) return tl::unexpected(scenario.error());
    EngineRequest request{id, scenario->text, false, false, {}};
    if (mutant != nullptr && !mutant->sabotage.empty()) request.more = {"--sabotage", mutant->sabotage};
    return early_.emplace(id, begin(std::move(request))).first->second;
  }

  [[nodiscard]] tl::expected<LabScenario, LabScenarioError> scenarioOf(const LabRun& run) const {
    return labScenario(lab_, run, {submission_.student, config_.secret},
                       run.knobs ? std::span<const LabSetting>(*submission_.settings) : std::span<const LabSetting>());
  }

  struct RunPolicies;
  EngineRequest requestFor(const LabRun& run, const std::string& scenario, const RunPolicies& policies) const {
    return {run.name, scenario, true, run.audit, policies.options, config_.debugPolicy && !run.policies.empty()};
  }

  Result<JudgedRun> make(const LabRun& run) {
    JudgedRun judged;
    if (run.knobs && !submission_.settings) {
      judged.trouble = fmt::format("settings.toml cannot be read: {}", submission_.settings.error().text);
      return judged;
    }
    if (run.seed == SeedSource::Hidden && config_.secret.empty() && !submission_.student.empty() && warnings_.empty())
      warnings_.emplace_back("there is no secret (OVERCOMMIT_LAB_SECRET): hidden seeds can be computed by everybody");
    const auto scenario = scenarioOf(run);
    if (!scenario) {
      if (scenario.error().of == LabScenarioError::Of::Lab)
        return failure("{}: the run \"{}\": {}", lab_.name, run.name, scenario.error().error.text);
      judged.trouble = scenario.error().error.text;
      return judged;
    }
    const auto policies = policiesOf(run);
    if (!policies) return tl::unexpected(policies.error());
    if (policies->trouble) {
      judged.trouble = policies->trouble;
      return judged;
    }
    EngineRequest request = requestFor(run, scenario->text, *policies);
    const bool isTwice = !run.policies.empty() && !request.debugging && !config_.onlyOnce;
    const auto early = early_.find(run.name);
    const Begun begun = early != early_.end() ? early->second : begin(request);
    std::optional<Begun> again;
    if (isTwice) {
      request.trace = false;
      request.name = run.name + ".again";
      request.more.insert(request.more.end(), {"--policy-layout", kOtherLayout});
      again = begin(std::move(request));
    }
    auto first = resultOfBegun(begun);
    if (!first) return tl::unexpected(first.error());
    if (const auto fault = machineFault(run, *first)) return failure("{}: the run \"{}\": {}", lab_.name, run.name, *fault);
    std::optional<Result<EngineResult>> second;
    // Also where the first one failed: a run that ends by itself leaves nothing behind.
    if (again) second = resultOfBegun(*again);
    if (second && !*second) return tl::unexpected(second->error());
    if (first->policyTrouble == "hung" || (first->exitCode == EngineResult::kHung && !run.policies.empty()))
      hung_.emplace(policies->key, run.name);

    RunResult& result = results_.emplace_back();
    result.name = run.name;
    result.scenario = run.scenario;
    result.scenarioHash = scenario->hash;
    result.seed = scenario->seed;
    result.variant = scenario->variant;
    result.digest = first->digest;
    result.exitCode = first->exitCode;
    const bool fine = first->hasResult && first->policyFailure.empty();
    result.deterministic = !second || !fine || same(*first, **second);
    judged.trouble = first->trouble();
    if (!judged.trouble && !run.policies.empty()) {
      if (const auto looked = lookForWrongAnswers(*first, judged); !looked) return tl::unexpected(looked.error());
    }
    judged.isUnavailable = first->exitCode == kExitBackendUnavailable;
    if (first->exitCode == EngineResult::kHung) codes_.insert(kExitGuestCrashed);
    codes_.insert(first->exitCode);
    if (!result.deterministic) {
      judged.trouble =
          "the run is not the same twice: with other addresses in your policy's memory, other things happen. A decision depends on "
          "chance, on the time of day, on addresses or on something that was never set";
      judged.at = std::nullopt;
    }
    judged.result = std::move(*first);
    return judged;
  }

  // Why a run could not be done that no submission can be blamed for: nothing of it is in the run, or it cannot be done without that either.
  std::optional<std::string> machineFault(const LabRun& run, const EngineResult& result) {
    const bool isPolicys = !run.policies.empty();
    if (result.exitCode == kExitBackendUnavailable) return isPolicys ? result.trouble() : std::nullopt;
    if (result.exitCode != kExitUsage && (result.hasResult || result.exitCode != kExitExpectationFailed)) return std::nullopt;
    if (!isPolicys && !run.knobs) return result.trouble();
    LabRun bare = run;
    bare.policies.clear();
    bare.walks.reset();
    bare.knobs = false;
    const auto scenario = scenarioOf(bare);
    if (!scenario) return std::nullopt;
    const auto plain = resultOfBegun(begin({run.name + ".bare", scenario->text, false, false, {}}));
    if (!plain || (plain->exitCode != kExitUsage && plain->hasResult)) return std::nullopt;
    return plain->trouble();
  }

  // Two runs of a policy come to the same, wherever its memory is. The digest of a page walk is what was answered.
  static bool same(const EngineResult& first, const EngineResult& second) {
    const auto told = [](const WalkMarks& marks) { return std::tie(marks.kind, marks.asked, marks.right, marks.counted, marks.marked); };
    return first.digest == second.digest && first.policyFailure == second.policyFailure &&
           std::ranges::equal(first.walks, second.walks, [&](const auto& a, const auto& b) { return told(a) == told(b); });
  }

  // What a run is done with from the submission.
  struct RunPolicies {
    std::vector<std::string> options;
    std::string key;                     // by what is in the files
    std::optional<std::string> trouble;  // one of them is not there, or it hung already
  };

  // A copy is run, in a place that says what is in it: neither where a submission lies nor what else is there makes a difference.
  Result<RunPolicies> policiesOf(const LabRun& run) {
    RunPolicies policies;
    for (const std::string& kind : run.policies) {
      const auto submitted = readSubmittedPolicy(submission_, *lab_.policy(kind));
      if (!submitted) {
        policies.trouble = submitted.error().text;
        return policies;
      }
      const std::string hash = hash128(std::as_bytes(std::span(submitted->text))).text();
      const fs::path folder = engine_.folder() / "policies" / hash;
      std::error_code failed;
      fs::create_directories(folder, failed);
      const fs::path file = folder / fs::path(submitted->file).filename();
      if (const auto written = writeAtomically(file, submitted->text); !written) return tl::unexpected(written.error());
      const bool isDriver = kind == kDriver;
      policies.options.insert(policies.options.end(),
                              {isDriver ? "--driver" : "--policy", isDriver ? file.string() : kind + "=" + file.string()});
      policies.key += hash + " ";
    }
    if (const auto hung = hung_.find(policies.key); hung != hung_.end()) {
      policies.trouble = fmt::format("not run: what decides in it hung already, in the run \"{}\"", hung->second);
      return policies;
    }
    if (run.walks)
      policies.options.insert(policies.options.end(),
                              {"--walks", fmt::format("{}@{}ns:{}", run.walks->vm, run.walks->at.value(), run.walks->count)});
    if (!run.sabotage.empty()) policies.options.insert(policies.options.end(), {"--sabotage", run.sabotage});
    if (run.policies.empty()) return policies;
    policies.options.insert(policies.options.end(), {"--policy-builds", (engine_.folder() / "builds").string()});
    if (config_.debugPolicy) policies.options.emplace_back("--debug-policy");
    return policies;
  }

  // Where an answer is none, what is built in decides instead: nothing that follows is the policy's merit.
  static Result<void> lookForWrongAnswers(const EngineResult& run, JudgedRun& judged) {
    const auto reader = TraceReader::open(run.trace);
    if (!reader) return tl::unexpected(reader.error());
    std::uint64_t count = 0;
    std::string first, answered;
    auto looked = forAllEvents(*reader, [&](const Event& event) {
      if (event.kind == EventKind::PolicyAnswer && answered.empty()) answered = event.text;
      if (event.kind != EventKind::Refusal) return;
      const auto reason = static_cast<RefusalReason>(event.values[0]);
      if (reason < RefusalReason::WrongMatch || reason > RefusalReason::WrongTargets) return;
      if (++count > 1) return;
      judged.at = event.hostTime;
      first = fieldWord(event.kind, 0, event.values[0]);
    });
    if (!looked || count == 0) return looked;
    judged.trouble = fmt::format(
        "{} of your policy's answers could not be used, and what is built in decided instead; the first at {}: {}{}. "
        "docs/reference/student-policies.md tells what an answer may be",
        count, formatTime(*judged.at), first, answered.empty() ? "" : "; " + answered);
    return {};
  }

  const Lab& lab_;
  const Submission& submission_;
  const GraderConfig& config_;
  Engine engine_;
  std::map<std::string, JudgedRun> runs_;
  std::map<std::string, Begun> early_;  // before anybody asked, by the run's name; and tests
  std::vector<RunResult> results_;
  std::vector<std::string> warnings_;
  std::set<int> codes_;
  std::map<std::string, std::string> hung_;  // policies, and in which run
};

// The checks that are wanted, with all that they need.
std::set<std::string> wantedChecks(const Lab& lab, const std::vector<std::string>& only) {
  std::set<std::string> wanted(only.begin(), only.end());
  for (auto check = lab.checks.rbegin(); check != lab.checks.rend(); ++check) {
    if (only.empty()) wanted.insert(check->id);
    if (wanted.contains(check->id)) wanted.insert(check->needs.begin(), check->needs.end());
  }
  return wanted;
}

// A check that cannot pass because one before it did not.
CheckResult skipped(const Check& check, const std::string& because) {
  CheckResult result = resultOf(check);
  result.status = CheckStatus::Skipped;
  result.what = check.title;
  result.got = fmt::format("not looked at: it needs check {}, which did not pass", because);
  return result;
}

int exitCodeOf(const LabResult& result, const LabRuns& runs) {
  if (result.passed()) return kExitWell;
  const int worst = runs.worstExitCode();
  return worst == kExitWell ? kExitExpectationFailed : worst;
}

}  // namespace

Result<LabResult> gradeLab(const Lab& lab, const Submission& submission, const GraderConfig& config) {
  auto folder = WorkFolder::create("grade");
  if (!folder) return tl::unexpected(folder.error());
  LabRuns runs(lab, submission, config, folder->path());
  LabResult result;
  result.lab = lab.name;
  result.title = lab.title;
  result.number = lab.number;
  const std::string graded = textForGrading(lab);
  result.labHash = hash128(std::as_bytes(std::span(graded))).text();
  result.student = submission.student;
  result.submissionHash = submission.hash;
  const std::set<std::string> wanted = wantedChecks(lab, config.only);
  result.allChecks = wanted.size();
  const auto collect = [&] {
    result.runs = runs.results();
    result.warnings = lab.warnings;
    result.warnings.insert(result.warnings.end(), submission.warnings.begin(), submission.warnings.end());
    result.warnings.insert(result.warnings.end(), runs.warnings().begin(), runs.warnings().end());
  };
  collect();
  config.onCheck(result);
  runs.beginEarly(wanted);
  for (const Check& check : lab.checks) {
    if (!wanted.contains(check.id)) continue;
    const auto missing = std::ranges::find_if(check.needs, [&](const std::string& id) {
      const auto done = std::ranges::find(result.checks, id, &CheckResult::id);
      return done == result.checks.end() || (done->status != CheckStatus::Passed && done->status != CheckStatus::Manual);
    });
    auto judged = missing != check.needs.end() ? Result<CheckResult>(skipped(check, *missing)) : judgeCheck(lab, check, submission, runs);
    if (!judged) return tl::unexpected(judged.error());
    if (config.stop()) return result;  // what was judged meanwhile was judged of a run that was ended
    result.checks.push_back(std::move(*judged));
    collect();
    config.onCheck(result);
  }
  result.complete = true;
  result.exitCode = exitCodeOf(result, runs);
  config.onCheck(result);
  return result;
}

Result<KeptTrace> traceForCheck(const Lab& lab, const Check& check, const Submission& submission, const GraderConfig& config) {
  const LabRun* run = lab.run(check.run);
  if (run == nullptr) return failure("check {} looks at no run: there is nothing to open", check.id);
  auto folder = WorkFolder::create("grade");
  if (!folder) return tl::unexpected(folder.error());
  LabRuns runs(lab, submission, config, folder->path());
  const auto made = runs.run(run->name);
  if (!made) return tl::unexpected(made.error());
  if ((*made)->result.trace.empty()) return failure("there is no run to open: {}", (*made)->trouble.value_or("it made no trace"));
  const fs::path trace = (*made)->result.trace;
  return KeptTrace{trace, folder->release()};
}

}  // namespace overcommit
