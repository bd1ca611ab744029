// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/lab_scenario.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/nearest.h"
#include "base/random.h"
#include "base/units.h"
#include "grade/keyed_seed.h"
#include "scenario/changed_scenario.h"
#include "scenario/scenario_file.h"
#include "scenario/vary_section.h"

namespace overcommit {
namespace {

// What a student's own scenario may take.
constexpr Bytes kMostTestMemory(std::uint64_t{512} << 20);
constexpr VirtualTime kLongestTest = seconds(120);
constexpr std::int64_t kMostTestFaults = 2'000'000;

std::string valueWords(const TomlValue& value) {
  if (value.kind == TomlValue::Kind::Text) return value.text;
  if (value.kind == TomlValue::Kind::Integer) return fmt::format("{}", value.integer);
  return value.boolean ? "true" : "false";
}

void apply(TomlValue& root, const std::string& path, SourcePosition position, const TomlValue& value, Mistakes& mistakes) {
  VariedSetting setting;
  setting.path = path;
  setting.position = position;
  VariedValue varied;
  varied.toml = value;
  applySetting(root, setting, varied, mistakes);
}

void setNumber(TomlValue& table, std::string_view key, std::int64_t number) {
  const auto found = std::ranges::find(table.table, key, &TomlEntry::key);
  TomlValue value;
  value.kind = TomlValue::Kind::Integer;
  value.integer = number;
  if (found != table.table.end()) {
    found->value = value;
  } else {
    table.table.insert(table.table.begin(), {std::string(key), {}, value});
  }
}

// A number, a size or a time, comparable with others of its kind.
std::optional<std::uint64_t> amountIn(const TomlValue& value) {
  if (value.kind == TomlValue::Kind::Integer && value.integer >= 0) return static_cast<std::uint64_t>(value.integer);
  if (value.kind != TomlValue::Kind::Text) return std::nullopt;
  if (const auto size = parseBytes(value.text)) return size->value();
  if (const auto time = parseTime(value.text)) return time->value();
  return std::nullopt;
}

// Why a setting may not be what the submission says; nothing: it may.
std::optional<std::string> refusedKnob(const Lab& lab, const LabSetting& setting) {
  const auto knob = std::ranges::find(lab.knobs, setting.path, &Knob::path);
  if (knob == lab.knobs.end()) {
    std::vector<std::string_view> paths;
    for (const Knob& known : lab.knobs) paths.emplace_back(known.path);
    return fmt::format("\"{}\" is not yours to set{}; this lab has the knobs {}", setting.path, didYouMean(setting.path, paths),
                       fmt::join(paths, ", "));
  }
  if (!knob->words.empty()) {
    const std::string word = valueWords(setting.value);
    if (std::ranges::find(knob->words, word) != knob->words.end()) return std::nullopt;
    return fmt::format("{} can be {}", setting.path, fmt::join(knob->words, ", "));
  }
  const auto given = amountIn(setting.value), least = amountIn(*knob->least), most = amountIn(*knob->most);
  const bool within =
      given && setting.value.kind == knob->least->kind && *given >= least.value_or(0) && *given <= most.value_or(UINT64_MAX);
  if (within) return std::nullopt;
  return fmt::format("{} can be {} to {}", setting.path, valueWords(*knob->least), valueWords(*knob->most));
}

LabScenarioError ofLab(const Error& error) { return {LabScenarioError::Of::Lab, error}; }

}  // namespace

std::string columnOf(const Check& check) { return "check." + check.id; }

tl::expected<LabScenario, LabScenarioError> labScenario(const Lab& lab, const LabRun& run, const VariantKey& key,
                                                        std::span<const LabSetting> settings) {
  const std::filesystem::path path = lab.folder / run.scenario;
  const auto text = readScenarioText(path);
  if (!text) return tl::unexpected(ofLab(text.error()));
  auto root = parseToml(*text, path.string());
  if (!root) return tl::unexpected(ofLab(root.error()));

  LabScenario scenario;
  Mistakes mistakes("lab.toml");
  const bool isOwn = run.seed == SeedSource::Scenario || key.student.empty();
  if (!isOwn) {
    scenario.seed = keyedSeed(run.seed == SeedSource::Hidden ? key.secret : std::string(), lab.name, run.seedName, key.student);
    setNumber(*root, "seed", static_cast<std::int64_t>(scenario.seed));
  } else if (const TomlEntry* seed = root->find("seed"); seed != nullptr && seed->value.integer >= 0) {
    scenario.seed = static_cast<std::uint64_t>(seed->value.integer);
  } else {
    scenario.seed = 1;
  }
  for (const LabChoice& choice : run.vary) {
    const std::size_t index = isOwn ? 0 : Random(scenario.seed, "lab value " + choice.path).below(choice.values.size());
    apply(*root, choice.path, choice.position, choice.values[index], mistakes);
    scenario.variant += fmt::format("{}{} = {}", scenario.variant.empty() ? "" : ", ", choice.path, valueWords(choice.values[index]));
  }
  for (const LabSetting& setting : run.set) apply(*root, setting.path, setting.position, setting.value, mistakes);
  if (mistakes.any()) return tl::unexpected(ofLab(mistakes.first()));
  if (run.knobs) {
    Mistakes ofSubmission("settings.toml");
    for (const LabSetting& setting : settings) {
      if (const auto refused = refusedKnob(lab, setting)) {
        ofSubmission.add(setting.position, "{}", *refused);
      } else {
        apply(*root, setting.path, setting.position, setting.value, ofSubmission);
      }
    }
    if (ofSubmission.any()) return tl::unexpected(LabScenarioError{LabScenarioError::Of::Submission, ofSubmission.first()});
  }

  std::erase_if(root->table, [](const TomlEntry& entry) { return entry.key == "column" || entry.key == "vary" || entry.key == "shape"; });
  std::string whole = formatToml(*root);
  for (const Check& check : lab.checks) {
    if ((check.run == run.name || check.sameAs == run.name) && check.metric)
      whole += fmt::format("\n[[column]]\nname = {}\n{}", tomlText(columnOf(check)), check.metric->column);
  }
  scenario.hash = hash128(std::as_bytes(std::span(whole))).text();
  scenario.portable = whole;
  auto absolute = changedScenario(whole, run.scenario, ScenarioChanges{{}, {}, {}, "", path.parent_path()});
  if (!absolute) return tl::unexpected(ofLab(absolute.error()));
  scenario.text = std::move(*absolute);
  const auto checked = parseScenario(scenario.text, run.scenario, path.parent_path());
  if (!checked) {
    const bool mayBeKnobs = run.knobs && !settings.empty();
    return tl::unexpected(LabScenarioError{mayBeKnobs ? LabScenarioError::Of::Submission : LabScenarioError::Of::Lab,
                                           Error{fmt::format("the scenario with all settings is wrong: {}", checked.error().text)}});
  }
  return scenario;
}

Result<LabScenario> testScenario(std::string_view text, std::string_view fileName, const Mutant* mutant) {
  auto root = parseToml(text, fileName);
  if (!root) return tl::unexpected(root.error());
  auto parsed = readScenario(*root, text, fileName, "/");
  if (!parsed) return tl::unexpected(parsed.error());
  if (parsed->expectations.empty()) return failure("{}: it expects nothing, so nothing can fail it: write an [[expect]]", fileName);
  if (parsed->config.duration > kLongestTest || bytesOf(parsed->config.host.memory) > kMostTestMemory)
    return failure("{}: a test runs {} at most, on a host of {} at most", fileName, formatTime(kLongestTest), formatBytes(kMostTestMemory));
  for (const VmConfig& vm : parsed->config.vms) {
    if (!vm.kernelPath.empty() || !vm.scriptPath.empty() || !vm.image.path.empty())
      return failure("{}: {} names a file; a test uses programs, generators and images by their names only", fileName, vm.name);
  }
  std::erase_if(root->table, [](const TomlEntry& entry) {
    static constexpr std::array<std::string_view, 4> kOfSweeps{"column", "vary", "shape", "ask"};
    return std::ranges::find(kOfSweeps, entry.key) != kOfSweeps.end();
  });
  Mistakes mistakes{std::string(fileName)};
  TomlValue faults;
  faults.kind = TomlValue::Kind::Integer;
  faults.integer = kMostTestFaults;
  const std::uint64_t given = parsed->config.limits.nestedFaults;
  if (given == 0 || given > static_cast<std::uint64_t>(kMostTestFaults)) apply(*root, "limits.nested_faults", {}, faults, mistakes);
  if (mutant != nullptr) {
    for (const LabSetting& setting : mutant->set) apply(*root, setting.path, setting.position, setting.value, mistakes);
  }
  if (mistakes.any()) return tl::unexpected(mistakes.first());
  LabScenario scenario;
  scenario.text = formatToml(*root);
  scenario.hash = hash128(std::as_bytes(std::span(scenario.text))).text();
  scenario.seed = parsed->config.seed;
  const auto checked = parseScenario(scenario.text, fileName, "/");
  if (!checked) return tl::unexpected(checked.error());
  return scenario;
}

}  // namespace overcommit
