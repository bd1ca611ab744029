// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <set>

#include "grade/engine_run.h"
#include "grade/lab_folder.h"
#include "grade/lab_scenario.h"
#include "grade/text_file.h"
#include "grade/work_folder.h"
#include "scenario/expectation.h"
#include "scenario/scenario_file.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

// A folder that is not there yet, or is empty.
Result<void> makeEmpty(const fs::path& folder) {
  std::error_code failed;
  if (fs::exists(folder, failed) && !fs::is_directory(folder, failed))
    return failure("{} is there already, and no folder", folder.string());
  if (fs::is_directory(folder, failed) && !fs::is_empty(folder, failed))
    return failure("{} is not empty: name a new folder, so that nobody's work is overwritten", folder.string());
  fs::create_directories(folder, failed);
  if (failed) return failure("cannot create {}: {}", folder.string(), failed.message());
  return {};
}

Result<void> copyTree(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::create_directories(to.parent_path(), failed);
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing, failed);
  if (failed) return failure("cannot copy {} to {}: {}", from.string(), to.string(), failed.message());
  return {};
}

// A text as a TOML comment, in lines that can be read.
std::string comment(std::string_view text) {
  constexpr std::size_t kLine = 100;
  std::string out, line = "#";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (line.size() > 1 && line.size() + 1 + word.size() > kLine) {
      out += line + "\n";
      line = "#";
    }
    line += " ";
    line += word;
    at = end + 1;
  }
  return out + line + "\n";
}

// What an answer of this unit looks like.
std::string_view exampleOf(MetricUnit unit) {
  switch (unit) {
    case MetricUnit::Size: return "\"... MiB\"";
    case MetricUnit::Time: return "\"... s\"";
    case MetricUnit::Permille: return "\"... %\"";
    case MetricUnit::Count:
    case MetricUnit::PerSecond: return "...";
  }
  return "...";
}

std::string questionText(const Lab& lab, const LabQuestion& question) {
  std::string text = "\n" + comment(question.text);
  for (const std::string& choice : question.choices) text += comment("  " + choice);
  std::string example = "\"...\"";
  for (const Check& check : lab.checks) {
    if (check.question == question.id && check.which == "all") example = "[\"...\", \"...\"]";
    if (check.question == question.id && check.metric) example = exampleOf(check.metric->unit);
    if (check.question == question.id && check.which == "count") example = "...";
  }
  return text + fmt::format("# {} = {}\n", question.id, example);
}

// The questions that the run's scenario asks this student; the run's own answers stay untold.
Result<std::string> askedTexts(const Lab& lab, const LabRun& run, const std::string& student, const GraderConfig& config) {
  const auto scenario = labScenario(lab, run, {student, config.secret}, {});
  if (!scenario) return tl::unexpected(scenario.error().error);
  const auto folder = WorkFolder::create("start");
  if (!folder) return tl::unexpected(folder.error());
  const auto result = Engine(config.command, folder->path(), config.stop).run({run.name, scenario->text, false, false, {}});
  if (!result) return tl::unexpected(result.error());
  std::string text;
  for (const Check& check : lab.checks) {
    if (!check.ofScenario || check.run != run.name) continue;
    const auto asked = std::ranges::find(result->asked, check.question, &EngineAsked::id);
    if (asked == result->asked.end()) continue;
    text +=
        "\n" + comment(fmt::format("Asked at {} of {}: {}", formatValue(asked->time, MetricUnit::Time), run.studentFile(), asked->text));
    text += fmt::format("# {} = {}\n", asked->id, exampleOf(asked->unit));
  }
  if (text.empty() && result->trouble()) return failure("the run \"{}\": {}", run.name, *result->trouble());
  return text;
}

// What a file says of itself in comments before anything else.
std::string leadingComments(std::string_view text) {
  std::string head;
  while (text.starts_with('#')) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    head += text.substr(0, end);
    text.remove_prefix(end);
  }
  return head;
}

// Questions are asked in another run of this scenario, and would be answered wrongly here.
std::string withoutQuestions(std::string_view text) { return withoutTables(text, "ask"); }

[[nodiscard]] bool isAskedIn(const Lab& lab, const LabRun& run) {
  return std::ranges::any_of(lab.checks, [&](const Check& check) { return check.ofScenario && check.run == run.name; });
}

// The scenario as it stands in the lab, for the runs of it that have no settings of their own: as the file is, or, where one of them is the
// student's, with the student's seed and values.
Result<std::string> plainScenario(const Lab& bare, const Lab& lab, const std::string& name, const std::string& student) {
  const auto text = readScenarioText(lab.folder / name);
  if (!text) return tl::unexpected(text.error());
  const LabRun* mine = nullptr;
  bool asks = false, asksElsewhere = false;
  for (const LabRun& run : lab.runs) {
    if (run.scenario != name || run.seed == SeedSource::Hidden) continue;
    (run.set.empty() ? asks : asksElsewhere) |= isAskedIn(lab, run);
    if (mine == nullptr && run.set.empty() && run.seed == SeedSource::Student) mine = &run;
  }
  if (mine != nullptr && !student.empty()) {
    const auto scenario = labScenario(bare, *mine, {student, ""}, {});
    if (!scenario) return tl::unexpected(scenario.error().error);
    return leadingComments(*text) + fmt::format("# The variant of the student {}.\n", student) + scenario->portable;
  }
  return asksElsewhere && !asks ? withoutQuestions(*text) : *text;
}

// The scenarios that a student may have, as this student's variants, and those of runs with settings of their own.
Result<void> writeScenarios(const Lab& lab, const fs::path& into, const std::string& student) {
  Lab bare = lab;  // without columns for checks
  bare.checks.clear();
  std::set<std::string> done;
  for (const LabRun& run : lab.runs) {
    if (run.seed == SeedSource::Hidden) continue;
    if (done.insert(run.scenario).second) {
      const auto text = plainScenario(bare, lab, run.scenario, student);
      if (!text) return tl::unexpected(text.error());
      if (auto written = writeAtomically(into / run.scenario, *text); !written) return written;
    }
    if (!done.insert(run.studentFile()).second) continue;
    const auto scenario = labScenario(bare, run, {student, ""}, {});
    if (!scenario) return tl::unexpected(scenario.error().error);
    const std::string head =
        fmt::format("# SPDX-License-{}\n# The run \"{}\": {} with settings of its own{}.\n", "Identifier: GPL-2.0-or-later", run.seedName,
                    run.scenario, student.empty() ? std::string() : fmt::format(", the variant of the student {}", student));
    if (auto written = writeAtomically(into / run.studentFile(),
                                       head + (isAskedIn(lab, run) ? scenario->portable : withoutQuestions(scenario->portable)));
        !written)
      return written;
  }
  return {};
}

bool isStaffOnly(const fs::path& name) { return name == "reference" || name == "saboteurs" || name == "starter" || name == "lab.toml"; }

}  // namespace

Result<void> startLab(const Lab& lab, const fs::path& into, const std::string& student, const GraderConfig& config) {
  if (auto made = makeEmpty(into); !made) return made;
  std::error_code failed;
  std::set<std::string> scenarios;
  for (const LabRun& run : lab.runs) scenarios.insert(run.scenario);
  for (const auto& entry : fs::directory_iterator(lab.folder, failed)) {
    const fs::path name = entry.path().filename();
    if (isStaffOnly(name) || scenarios.contains(name.string())) continue;
    if (auto copied = copyTree(entry.path(), into / name); !copied) return copied;
  }
  if (fs::is_directory(lab.folder / "starter", failed)) {
    for (const auto& entry : fs::directory_iterator(lab.folder / "starter", failed)) {
      if (auto copied = copyTree(entry.path(), into / entry.path().filename()); !copied) return copied;
    }
  }
  if (auto written = writeScenarios(lab, into, student); !written) return written;

  if (auto written = writeAtomically(into / kLabMark, lab.name + "\n"); !written) return written;
  std::string answers =
      comment(fmt::format("Your answers to lab {}, {}. Take the # away in front of an answer, and write yours.", lab.number, lab.title));
  if (!student.empty()) answers += fmt::format("student = {}\n", tomlText(student));
  for (const LabQuestion& question : lab.questions) answers += questionText(lab, question);
  for (const LabRun& run : lab.runs) {
    if (!isAskedIn(lab, run) || run.seed == SeedSource::Hidden) continue;
    const auto texts = askedTexts(lab, run, student, config);
    if (!texts) return tl::unexpected(texts.error());
    answers += *texts;
  }
  const bool anyAnswers = std::ranges::any_of(lab.checks, [](const Check& check) { return check.kind == CheckKind::Answer; });
  if (anyAnswers && !fs::exists(into / "answers.toml", failed)) {
    if (auto written = writeAtomically(into / "answers.toml", answers); !written) return written;
  }
  if (!lab.knobs.empty() && !fs::exists(into / "settings.toml", failed)) {
    std::string settings = comment("The settings that are yours to choose. Take the # away in front of those that you set.");
    for (const Knob& knob : lab.knobs) {
      settings += "\n" + comment(knob.text);
      std::string range;
      for (const std::string& word : knob.words) range += fmt::format("{}{}", range.empty() ? "" : ", ", word);
      const auto words = [](const TomlValue& value) {
        return value.kind == TomlValue::Kind::Text ? tomlText(value.text) : fmt::format("{}", value.integer);
      };
      if (knob.least) range = fmt::format("{} to {}", words(*knob.least), words(*knob.most));
      settings += fmt::format("# \"{}\" = ...   ({})\n", knob.path, range);
    }
    if (auto written = writeAtomically(into / "settings.toml", settings); !written) return written;
  }
  return {};
}

Result<void> exportForStudents(const Lab& lab, const fs::path& into) {
  if (auto made = makeEmpty(into); !made) return made;
  auto root = parseToml(lab.text, "lab.toml");
  if (!root) return tl::unexpected(root.error());

  // Whatever looks at something hidden goes, and whatever needs what goes.
  std::set<std::string> hiddenRuns, hiddenChecks, hiddenScenarios, shownScenarios;
  for (const LabRun& run : lab.runs) {
    if (run.seed == SeedSource::Hidden) hiddenRuns.insert(run.name);
  }
  for (const LabRun& run : lab.runs) (hiddenRuns.contains(run.name) ? hiddenScenarios : shownScenarios).insert(run.scenario);
  for (const Check& check : lab.checks) {
    const bool needsHidden = std::ranges::any_of(check.needs, [&](const std::string& id) { return hiddenChecks.contains(id); });
    if (check.visibility != Visibility::Visible || hiddenRuns.contains(check.run) || hiddenRuns.contains(check.sameAs) || needsHidden)
      hiddenChecks.insert(check.id);
  }
  const auto goes = [&](std::string_view section, const TomlValue& table) {
    const TomlEntry* name = table.find(section == "check" ? "id" : "name");
    if (name == nullptr) return false;
    return section == "check" ? hiddenChecks.contains(name->value.text) : section == "run" && hiddenRuns.contains(name->value.text);
  };
  const auto withheld =
      static_cast<std::uint64_t>(std::ranges::count_if(lab.checks, [&](const Check& check) { return hiddenChecks.contains(check.id); })) +
      lab.withheld.value_or(0);
  std::erase_if(root->table, [](const TomlEntry& entry) { return entry.key == "saboteur" || entry.key == "withheld"; });
  for (TomlEntry& entry : root->table) {
    if (entry.key == "check" || entry.key == "run")
      std::erase_if(entry.value.array, [&](const TomlValue& table) { return goes(entry.key, table); });
  }
  std::erase_if(root->table,
                [](const TomlEntry& entry) { return entry.value.kind == TomlValue::Kind::Array && entry.value.array.empty(); });

  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(lab.folder, failed)) {
    const std::string name = entry.path().filename().string();
    if (name == "reference" || name == "saboteurs" || name == "lab.toml") continue;
    if (hiddenScenarios.contains(name) && !shownScenarios.contains(name)) continue;
    if (auto copied = copyTree(entry.path(), into / name); !copied) return copied;
  }
  const std::string head =
      fmt::format("# SPDX-License-{}\n# Without what is for teachers only.\nwithheld = {}\n", "Identifier: GPL-2.0-or-later", withheld);
  const std::string text = head + formatToml(*root);
  if (const auto checked = parseLab(text, "the exported lab.toml"); !checked) return tl::unexpected(checked.error());
  return writeAtomically(into / "lab.toml", text);
}

}  // namespace overcommit
