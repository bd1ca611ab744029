// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/policy_setup.h"

#include <charconv>
#include <cstdlib>

#include "cli/interrupt.h"
#include "cli/say.h"
#include "cli/surroundings.h"

namespace overcommit {
namespace {

void warnOf(const Confinement& confinement, const CommandLine& line) {
  if (confinement.complete() || line.has("--quiet")) return;
  sayTo(stderr, "overcommit: policies are not fully confined on this machine: {}; overcommit doctor says how to mend it\n",
        confinement.text());
}

}  // namespace

void warnOfConfinement(const CommandLine& line) { warnOf(probeConfinement(), line); }

ExitCode exitCodeFor(const PolicyFailure& failure) {
  if (failure.trouble == PolicyTrouble::NotFound) return ExitCode::Usage;
  if (failure.trouble == PolicyTrouble::NoCompiler || failure.trouble == PolicyTrouble::NotConfined) return ExitCode::BackendUnavailable;
  return neverStarted(failure.trouble) ? ExitCode::PolicyNotBuilt : ExitCode::GuestCrashed;
}

PolicyResult<Confinement> confinementFor(const Confinement& offered, bool unconfined) {
  if (unconfined || (offered.filtersCalls && offered.files != FileFence::None)) return offered;
  return tl::unexpected(PolicyFailure{
      PolicyTrouble::NotConfined,
      fmt::format(
          "policies cannot be confined on this machine ({}): it takes a Linux with Landlock (5.13) or user namespaces, and seccomp; "
          "overcommit doctor tells more. For policies that you trust: --unconfined",
          offered.text())});
}

Result<PolicySettings> policySettings(const CommandLine& line) {
  PolicySettings settings;
  const auto layout = line.number("--policy-layout");
  if (!layout) return tl::unexpected(layout.error());
  settings.layout = static_cast<std::uint32_t>(layout->value_or(0));
  const char* patience = std::getenv("OVERCOMMIT_POLICY_PATIENCE");  // NOLINT(concurrency-mt-unsafe): nobody sets variables here
  if (patience == nullptr) return settings;
  const std::string_view text(patience);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0)
    return failure("OVERCOMMIT_POLICY_PATIENCE is \"{}\": it is a number of milliseconds, 1 to {}", text, UINT32_MAX);
  settings.patience = std::chrono::milliseconds(value);
  return settings;
}

PolicyResult<PolicySetup> PolicySetup::from(const CommandLine& line) {
  PolicySetup setup;
  if (!line.has("--policy") && !line.has("--driver")) return setup;
  std::vector<PolicySource> sources;
  for (const std::string& given : line.texts("--policy")) {
    auto source = policySourceFrom(given);
    if (!source) return tl::unexpected(PolicyFailure{source.error().trouble, "--policy: " + source.error().text});
    if (source->subject == PolicySubject::Walk && !line.has("--walks"))
      return tl::unexpected(
          PolicyFailure{PolicyTrouble::NotFound, "--policy: a walk decides nothing in a run: say by --walks what it is to be asked"});
    sources.push_back(std::move(*source));
  }
  const auto confinement = confinementFor(probeConfinement(), line.has("--unconfined"));
  if (!confinement) return tl::unexpected(confinement.error());
  warnOf(*confinement, line);
  const auto sdk = findSdk();
  if (!sdk) return tl::unexpected(PolicyFailure{PolicyTrouble::NoCompiler, sdk.error().text});
  const auto debugging = line.has("--debug-policy") ? PolicyDebugging::On : PolicyDebugging::Off;
  if (line.has("--driver")) {
    const auto parts = findGuestSources();
    if (!parts) return tl::unexpected(PolicyFailure{PolicyTrouble::NoCompiler, parts.error().text});
    auto built = buildGuestDriver(line.text("--driver"), *parts, *confinement, line.text("--policy-builds"));
    if (!built) return tl::unexpected(built.error());
    setup.driver_ = std::move(*built);
  }
  if (sources.empty()) return setup;
  for (const PolicySource& source : sources) {
    auto built = buildPolicy(source, {*confinement, *sdk, debugging, std::chrono::seconds(60), line.text("--policy-builds")});
    if (!built) return tl::unexpected(built.error());
    setup.built_.push_back(std::move(*built));
  }
  const auto settings = policySettings(line);
  if (!settings) return tl::unexpected(PolicyFailure{PolicyTrouble::NotFound, settings.error().text});
  auto started = StudentPolicies::start(setup.built_, *settings);
  if (!started) return tl::unexpected(started.error());
  setup.policies_ = std::move(*started);
  return setup;
}

RunParts PolicySetup::parts() const {
  RunParts parts;
  if (driver_) {
    parts.kernel = driver_->kernel;
    parts.policyInputs.push_back({fmt::format("driver={}", driver_->name), "policy", driver_->workspace->hash()});
  }
  if (!policies_) return parts;
  parts.policies = policies_->asked();
  for (const BuiltPolicy& built : built_)
    parts.policyInputs.push_back(
        {fmt::format("{}={}", infoOf(built.source.subject).name, built.source.main.string()), "policy", built.workspace->hash()});
  return parts;
}

void PolicySetup::reportTo(EventLog& log) {
  if (policies_) policies_->reportTo(log);
}

void PolicySetup::waitForDebugger() {
  if (!policies_) return;
  for (const auto& process : policies_->processes()) {
    sayTo(stderr, "The {} waits for a debugger. In another terminal:\n\n    gdb -p {}\n\nset breakpoints there, and continue.\n",
          process->source().name(), process->process());
    process->waitForDebugger([] { return interrupted(); });
  }
}

void PolicySetup::finish() {
  if (policies_) policies_->finish();
}

std::vector<PolicySnapshot> PolicySetup::snapshots() const {
  std::vector<PolicySnapshot> all;
  if (!policies_) return all;
  for (const PolicyOutcome& outcome : policies_->outcomes()) {
    PolicySnapshot snapshot;
    snapshot.decides = infoOf(outcome.source.subject).name;
    snapshot.file = outcome.source.main.string();
    snapshot.hash = outcome.hash;
    snapshot.requests = outcome.requests;
    snapshot.questions = outcome.questions;
    if (outcome.failure) {
      snapshot.failure = nameOf(outcome.failure->trouble);
      snapshot.explanation = outcome.failure->text;
    }
    all.push_back(std::move(snapshot));
  }
  return all;
}

}  // namespace overcommit
