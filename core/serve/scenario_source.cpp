// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/scenario_source.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "host/backend_name.h"
#include "scenario/changed_scenario.h"
#include "scenario/timeline_section.h"
#include "serve/change_request.h"
#include "trace/event_filter.h"
#include "trace/trace_reader.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNameless = "scenario.toml";

// "FILE:LINE:COLUMN: text", taken apart. An error without a place is one of the file itself.
RpcError scenarioError(const Error& error, std::string_view fileName) {
  std::string_view rest = error.text;
  RpcError result{RpcCode::Failed, error.text, nullptr};
  if (!rest.starts_with(fmt::format("{}:", fileName))) return result;
  rest.remove_prefix(fileName.size() + 1);
  std::array<std::uint32_t, 2> place{};
  for (std::uint32_t& number : place) {
    const auto [stop, wrong] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (wrong != std::errc() || stop == rest.data() + rest.size() || *stop != ':') return result;
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()) + 1);
  }
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  result.code = RpcCode::WrongScenario;
  result.data = {{"file", fileName}, {"line", place[0]}, {"column", place[1]}, {"message", rest}};
  return result;
}

struct SourceText {
  std::string text, name;
  fs::path directory;
  std::vector<std::string> actions;  // [[at]] entries to be appended
  std::optional<TraceHeader> recorded;
};

// `before`: only changes that were made earlier.
Answer<SourceText> recordedText(const std::string& path, std::optional<VirtualTime> before) {
  const auto failed = [](const Error& error) { return tl::unexpected(RpcError{RpcCode::Failed, error.text, nullptr}); };
  auto reader = TraceReader::open(fs::path(path));
  if (!reader) return failed(reader.error());
  SourceText source;
  source.recorded = reader->header();
  source.text = reader->header().scenario;
  source.name = reader->header().scenarioName.empty() ? std::string(kNameless) : reader->header().scenarioName;
  std::error_code ignored;
  source.directory = fs::exists(source.name, ignored) ? fs::absolute(source.name, ignored).parent_path() : fs::path(path).parent_path();
  EventFilter changes;
  changes.want(EventKind::Change);
  const auto found = forEachEvent(*reader, changes, [&](const Event& event) {
    if (!before || event.hostTime < *before) source.actions.push_back(event.text);
    return true;
  });
  if (!found) return failed(found.error());
  return source;
}

Answer<SourceText> sourceText(Params& params) {
  constexpr std::array<std::string_view, 3> kKinds{"scenario", "text", "recorded"};
  if (std::ranges::count_if(kKinds, [&](std::string_view kind) { return params.has(kind); }) != 1)
    params.wrong("it takes exactly one of scenario, text and recorded");
  const auto path = params.text("scenario");
  const auto text = params.text("text");
  const auto recorded = params.text("recorded");
  const auto directory = params.text("directory");
  const auto name = params.text("name");
  if (name && !text) params.wrong("name goes with text only");
  const bool branch = params.boolean("branch").value_or(false);
  const auto at = params.time("at");
  if (branch && (!recorded || !at)) params.wrong("branch goes with recorded and at");
  if (params.error()) return tl::unexpected(*params.error());

  SourceText source;
  if (recorded) {
    auto read = recordedText(*recorded, branch ? at : std::nullopt);
    if (!read) return read;
    source = std::move(*read);
  } else if (path) {
    auto read = readScenarioText(*path);
    if (!read) return tl::unexpected(RpcError{RpcCode::Failed, read.error().text, nullptr});
    source.text = std::move(*read);
    source.name = *path;
    std::error_code ignored;
    source.directory = fs::absolute(*path, ignored).parent_path();
  } else {
    source.text = *text;
    source.name = name.value_or(std::string(kNameless));
    std::error_code ignored;
    source.directory = fs::current_path(ignored);
  }
  if (directory) source.directory = *directory;
  return source;
}

void applyOverrides(const ScenarioSource& source, Scenario& scenario) {
  if (source.seed) scenario.config.seed = *source.seed;
  if (source.duration) scenario.config.duration = *source.duration;
}

}  // namespace

Answer<ScenarioSource> readScenarioSource(Params& params) {
  auto given = sourceText(params);
  if (!given) return tl::unexpected(given.error());
  ScenarioSource source;
  source.directory = given->directory;
  source.recorded = given->recorded;
  if (given->recorded) {
    source.seed = given->recorded->seed;
    if (given->recorded->duration > VirtualTime(0)) source.duration = given->recorded->duration;
  }
  if (const auto seed = params.number("seed", 0, kLargestNumber)) source.seed = *seed;
  if (const auto duration = params.time("duration")) {
    source.duration = *duration;
    if (*duration == VirtualTime(0)) params.wrong("duration cannot be 0");
  }
  const auto backendName = params.text("backend");
  const auto backend = backendNamed(backendName.value_or("auto"));
  if (!backend) params.wrong("{}", backend.error().text);
  const bool audit = params.boolean("audit").value_or(false);
  const ReceivedJson* changes = params.list("changes");
  if (params.error()) return tl::unexpected(*params.error());

  const auto parse = [&](const std::string& text) -> Answer<Scenario> {
    auto scenario = parseScenario(text, given->name, source.directory);
    if (!scenario) return tl::unexpected(scenarioError(scenario.error(), given->name));
    applyOverrides(source, *scenario);
    return std::move(*scenario);
  };
  auto scenario = parse(given->text);
  if (!scenario) return tl::unexpected(scenario.error());
  for (std::size_t i = 0; changes != nullptr && i < changes->size(); ++i) {
    const auto actions = readChange((*changes)[i], *scenario, std::nullopt);
    if (!actions) return rpcFailure(RpcCode::WrongParams, "open: changes[{}]: {}", i, actions.error().text);
    for (const TimedAction& action : *actions) given->actions.push_back(actionText(action, scenario->config.vms));
  }
  if (!given->actions.empty()) {
    ScenarioChanges appended;
    appended.actions = given->actions;
    const auto text = changedScenario(given->text, given->name, appended);
    if (!text) return tl::unexpected(scenarioError(text.error(), given->name));
    scenario = parse(*text);
    if (!scenario) return tl::unexpected(scenario.error());
  }
  source.scenario = std::move(*scenario);
  if (backendName) source.scenario.config.backend = *backend;
  source.scenario.config.audit = source.scenario.config.audit || audit;
  return source;
}

Answer<void> checkSameRun(const TraceHeader& recorded, const TraceHeader& now) {
  const auto differ = [](std::string_view what, const std::string& then, const std::string& here) {
    return rpcFailure(RpcCode::Failed, "the recorded run cannot be executed again: it was made with {} {}, and this is {}", what, then,
                      here);
  };
  if (recorded.engineVersion != now.engineVersion) return differ("Overcommit", recorded.engineVersion, now.engineVersion);
  if (recorded.lz4Version != now.lz4Version) return differ("LZ4", recorded.lz4Version, now.lz4Version);
  for (const TraceInput& input : now.inputs) {
    if (std::ranges::find(recorded.inputs, input) == recorded.inputs.end())
      return rpcFailure(RpcCode::Failed, "the recorded run cannot be executed again: the {} {} is not the one that it ran with", input.kind,
                        input.name);
  }
  return {};
}

}  // namespace overcommit
