// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <set>

#include "base/nearest.h"
#include "base/saboteur.h"
#include "grade/check_section.h"
#include "grade/lab.h"
#include "grade/lab_keys.h"
#include "grade/text_file.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kMostMinutes = 10'000;
constexpr std::uint64_t kLargestLabNumber = 999;
constexpr std::uint64_t kMostWithheld = 1'000'000;
constexpr std::uint64_t kMostLabWalks = 10'000;

KeyReader labKeysReader(const TomlValue& table, std::string_view section, Mistakes& mistakes) {
  // KeyReader looks at the list while it is made only.
  const auto known = labKeysOf(section);
  KeyReader keys(table, labHeadingOf(section), known, mistakes);
  for (const LabKey& key : labKeys()) {
    if (key.section == section && key.fallback == "required") keys.require(key.key);
  }
  return keys;
}

bool isPlainName(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

// A file of the lab's folder or of the submission: no way out of it.
void checkRelative(const KeyReader& keys, std::string_view key, Mistakes& mistakes) {
  const auto path = keys.text(key);
  if (!path) return;
  const std::filesystem::path given(*path);
  const bool leadsOut = given.is_absolute() || std::ranges::find(given, "..") != given.end() || path->empty();
  if (leadsOut) mistakes.add(keys.position(key), "{} = \"{}\" must be a path within the folder", key, *path);
}

std::vector<LabChoice> readVaried(const KeyReader& keys, Mistakes& mistakes) {
  std::vector<LabChoice> choices;
  const TomlValue* table = keys.table("vary");
  if (table == nullptr) return choices;
  for (LabSetting& setting : flattenedSettings(*table)) {
    if (setting.value.kind != TomlValue::Kind::Array || setting.value.array.empty()) {
      mistakes.add(setting.position, "\"{}\" must have a list of values, of which each student gets one", setting.path);
      continue;
    }
    choices.push_back({setting.path, setting.position, setting.value.array});
  }
  return choices;
}

std::vector<LabSetting> readSet(const KeyReader& keys) {
  const TomlValue* table = keys.table("set");
  return table == nullptr ? std::vector<LabSetting>() : flattenedSettings(*table);
}

template <typename Item>
void refuseTwice(const std::vector<Item>& items, std::string Item::*name, std::string_view what, SourcePosition position,
                 Mistakes& mistakes) {
  std::set<std::string> known;
  for (const Item& item : items) {
    if (!known.insert(item.*name).second) mistakes.add(position, "there are two {} \"{}\"", what, item.*name);
  }
}

void readSteps(const KeyReader& top, Lab& lab, Mistakes& mistakes) {
  for (const TomlValue& table : top.tables("step")) {
    const KeyReader keys = labKeysReader(table, "step", mistakes);
    LabStep& step = lab.steps.emplace_back();
    step.title = keys.text("title").value_or("");
    step.text = keys.text("text").value_or("");
    if (const TomlValue* did = keys.table("did")) step.did = did->table;
  }
}

// What the submission decides in a run, and what can only be said about such a run.
void readRunPolicies(const KeyReader& keys, const Lab& lab, LabRun& run, Mistakes& mistakes) {
  run.policies = readTextList(keys, "policies", mistakes);
  for (const std::string& kind : run.policies) {
    if (lab.policy(kind) == nullptr) mistakes.add(keys.position("policies"), "there is no [[policy]] of the kind \"{}\"", kind);
  }
  run.sabotage = keys.text("sabotage").value_or("");
  if (keys.has("sabotage") && !saboteurNamed(run.sabotage))
    mistakes.add(keys.position("sabotage"), "there is no engine fault \"{}\": see docs/reference/saboteurs.md", run.sabotage);
  const TomlValue* table = keys.table("walks");
  const bool isAsked = std::ranges::find(run.policies, "walk") != run.policies.end();
  if (isAsked != (table != nullptr))
    mistakes.add(keys.position(table != nullptr ? "walks" : "policies"),
                 "walks, and \"walk\" in policies, go together: who is to be asked for what?");
  if (table == nullptr) return;
  static constexpr std::array<std::string_view, 3> kWalkKeys{"vm", "at", "count"};
  const KeyReader walks(*table, "walks of a run", kWalkKeys, mistakes);
  for (const std::string_view key : kWalkKeys) walks.require(key);
  run.walks = LabWalks{walks.text("vm").value_or(""), walks.time("at").value_or(VirtualTime()),
                       walks.number("count", 1, kMostLabWalks).value_or(1)};
}

// `like`: the same run but for who decides.
void takeOver(const KeyReader& keys, const Lab& lab, LabRun& run, Mistakes& mistakes) {
  for (const std::string_view key : {"scenario", "seed", "vary", "set"}) {
    if (keys.has(key)) mistakes.add(keys.position(key), "{} is that of the run that this one is like", key);
  }
  const std::string name = keys.text("like").value_or("");
  const LabRun* other = lab.run(name);
  if (other == nullptr || other == &run) {
    mistakes.add(keys.position("like"), "there is no run \"{}\" before this one", name);
    return;
  }
  run.scenario = other->scenario;
  run.seed = other->seed;
  run.seedName = other->seedName;
  run.vary = other->vary;
  run.set = other->set;
}

// A student gets runs with settings of their own as files beside all others.
void checkStudentFiles(const KeyReader& top, const Lab& lab, Mistakes& mistakes) {
  std::set<std::string> taken{"answers.toml", "settings.toml", "tour.toml"};
  for (const LabRun& run : lab.runs) taken.insert(run.scenario);
  for (std::size_t i = 0; i < lab.runs.size(); ++i) {
    const LabRun& run = lab.runs[i];
    if (!run.set.empty() && taken.contains(run.studentFile()))
      mistakes.add(
          top.tables("run")[i].position,
          "the run \"{}\" has settings of its own, so students get it as {}, and that is another file's name: call the run otherwise",
          run.name, run.studentFile());
  }
}

void readRuns(const KeyReader& top, Lab& lab, Mistakes& mistakes) {
  static constexpr std::array<std::string_view, 3> kSeeds{"scenario", "student", "hidden"};
  for (const TomlValue& table : top.tables("run")) {
    const KeyReader keys = labKeysReader(table, "run", mistakes);
    LabRun& run = lab.runs.emplace_back();
    run.name = keys.text("name").value_or("");
    if (keys.has("name") && !isPlainName(run.name)) mistakes.add(keys.position("name"), "the name of a run has letters, digits, -, _ only");
    run.seedName = run.name;
    if (keys.has("like")) {
      takeOver(keys, lab, run, mistakes);
    } else {
      keys.require("scenario");
      run.scenario = keys.text("scenario").value_or("");
      checkRelative(keys, "scenario", mistakes);
      if (const auto seed = keys.word("seed", kSeeds)) run.seed = static_cast<SeedSource>(*seed);
      run.vary = readVaried(keys, mistakes);
      if (!run.vary.empty() && run.seed == SeedSource::Scenario)
        mistakes.add(keys.position("vary"), "vary needs seed = \"student\" or \"hidden\": by what is a value to be chosen?");
      run.set = readSet(keys);
    }
    run.knobs = keys.boolean("knobs").value_or(false);
    readRunPolicies(keys, lab, run, mistakes);
    run.audit = keys.boolean("audit").value_or(false);
    refuseTwice(lab.runs, &LabRun::name, "runs", table.position, mistakes);
  }
  checkStudentFiles(top, lab, mistakes);
}

void readKnobs(const KeyReader& top, Lab& lab, Mistakes& mistakes) {
  for (const TomlValue& table : top.tables("knob")) {
    const KeyReader keys = labKeysReader(table, "knob", mistakes);
    Knob& knob = lab.knobs.emplace_back();
    knob.path = keys.text("path").value_or("");
    knob.text = keys.text("text").value_or("");
    knob.words = readTextList(keys, "words", mistakes);
    if (const TomlValue* least = keys.value("min")) knob.least = *least;
    if (const TomlValue* most = keys.value("max")) knob.most = *most;
    const bool isRange = knob.least && knob.most && knob.least->kind == knob.most->kind;
    if (isRange == !knob.words.empty())
      mistakes.add(table.position, "[[knob]] needs either min and max of one kind, or words: what may be chosen?");
    refuseTwice(lab.knobs, &Knob::path, "knobs", table.position, mistakes);
  }
}

void readPolicies(const KeyReader& top, Lab& lab, Mistakes& mistakes) {
  for (const TomlValue& table : top.tables("policy")) {
    const KeyReader keys = labKeysReader(table, "policy", mistakes);
    static constexpr std::array<std::string_view, 7> kPolicyKinds{"match", "victim", "zip", "free-state", "targets", "walk", "balloon"};
    const auto kind = keys.word("kind", kPolicyKinds);
    const LabPolicy policy{kind ? std::string(kPolicyKinds.at(*kind)) : "", keys.text("file").value_or("")};
    checkRelative(keys, "file", mistakes);
    const std::string_view ending = policy.kind == "balloon" ? ".c" : ".cpp";
    if (keys.has("file") && !policy.file.ends_with(ending))
      mistakes.add(keys.position("file"), "the file of a policy of the kind \"{}\" ends in {}", policy.kind, ending);
    if (lab.policy(policy.kind) != nullptr) mistakes.add(table.position, "there are two policies of the kind \"{}\"", policy.kind);
    lab.policies.push_back(policy);
  }
}

void readQuestions(const KeyReader& top, Lab& lab, Mistakes& mistakes) {
  for (const TomlValue& table : top.tables("question")) {
    const KeyReader keys = labKeysReader(table, "question", mistakes);
    LabQuestion& question = lab.questions.emplace_back();
    question.id = keys.text("id").value_or("");
    if (keys.has("id") && (!isPlainName(question.id) || question.id == "student" || question.id.find('.') != std::string::npos))
      mistakes.add(keys.position("id"), "the id of a question has letters, digits, - and _, and is not \"student\"");
    question.text = keys.text("text").value_or("");
    question.choices = readTextList(keys, "choices", mistakes);
    for (const std::string& choice : question.choices) {
      if (choice.find(':') == std::string::npos)
        mistakes.add(keys.position("choices"), "\"{}\" lacks its word: write \"a: {}\"", choice, choice);
    }
    refuseTwice(lab.questions, &LabQuestion::id, "questions", table.position, mistakes);
  }
}

void readMutants(const KeyReader& top, Lab& lab, Mistakes& mistakes) {
  for (const TomlValue& table : top.tables("mutant")) {
    const KeyReader keys = labKeysReader(table, "mutant", mistakes);
    Mutant& mutant = lab.mutants.emplace_back();
    mutant.name = keys.text("name").value_or("");
    mutant.text = keys.text("text").value_or("");
    mutant.set = readSet(keys);
    mutant.sabotage = keys.text("sabotage").value_or("");
    if (mutant.set.empty() == mutant.sabotage.empty())
      mistakes.add(table.position, "[[mutant]] needs either set or sabotage: what is wrong with it?");
    refuseTwice(lab.mutants, &Mutant::name, "mutants", table.position, mistakes);
  }
}

void readSaboteurs(const KeyReader& top, Lab& lab, Mistakes& mistakes) {
  for (const TomlValue& table : top.tables("saboteur")) {
    const KeyReader keys = labKeysReader(table, "saboteur", mistakes);
    LabSaboteur& saboteur = lab.saboteurs.emplace_back();
    saboteur.name = keys.text("name").value_or("");
    if (keys.has("name") && !isPlainName(saboteur.name))
      mistakes.add(keys.position("name"), "the name of a saboteur has letters, digits, - and _ only");
    saboteur.text = keys.text("text").value_or("");
    saboteur.fails = readTextList(keys, "fails", mistakes);
    for (const std::string& id : saboteur.fails) {
      if (lab.check(id) == nullptr) mistakes.add(keys.position("fails"), "there is no check \"{}\"", id);
    }
    if (keys.has("fails") && saboteur.fails.empty())
      mistakes.add(keys.position("fails"), "a saboteur that fails nothing shows nothing: name a check");
    refuseTwice(lab.saboteurs, &LabSaboteur::name, "saboteurs", table.position, mistakes);
  }
}

// What is no mistake, but hardly meant.
void collectWarnings(Lab& lab) {
  if (lab.withheld) {
    // What only withheld checks look at is left behind.
    if (*lab.withheld == 1) lab.warnings.emplace_back("one more check is with your teacher");
    if (*lab.withheld > 1) lab.warnings.push_back(fmt::format("{} more checks are with your teacher", *lab.withheld));
    return;
  }
  std::set<std::string> usedRuns, usedQuestions, usedMutants;
  for (const Check& check : lab.checks) {
    usedRuns.insert(check.run);
    usedRuns.insert(check.sameAs);
    if (!check.ofScenario && check.kind == CheckKind::Answer && !usedQuestions.insert(check.question).second)
      lab.warnings.push_back(fmt::format("check {}: the answer to \"{}\" is counted by another check already", check.id, check.question));
    for (const std::string& name : check.mutants) usedMutants.insert(name);
  }
  for (const LabRun& run : lab.runs) {
    if (!usedRuns.contains(run.name)) lab.warnings.push_back(fmt::format("no check looks at the run \"{}\"", run.name));
  }
  for (const LabQuestion& question : lab.questions) {
    if (!usedQuestions.contains(question.id)) lab.warnings.push_back(fmt::format("no check looks at the question \"{}\"", question.id));
  }
  for (const Mutant& mutant : lab.mutants) {
    if (!usedMutants.contains(mutant.name)) lab.warnings.push_back(fmt::format("no check looks at the mutant \"{}\"", mutant.name));
  }
  for (const LabPolicy& policy : lab.policies) {
    const bool used = std::ranges::any_of(
        lab.runs, [&](const LabRun& run) { return std::ranges::find(run.policies, policy.kind) != run.policies.end(); });
    if (!used) lab.warnings.push_back(fmt::format("no run takes the policy \"{}\"", policy.kind));
  }
  const bool anyKnobs = std::ranges::any_of(lab.runs, &LabRun::knobs);
  if (!lab.knobs.empty() && !anyKnobs) lab.warnings.emplace_back("there are knobs, but no run takes them (knobs = true)");
  for (std::size_t i = 0; i < lab.checks.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Check &a = lab.checks[j], &b = lab.checks[i];
      const bool same = a.kind == CheckKind::Metric && b.kind == CheckKind::Metric && a.run == b.run &&
                        a.metric->column == b.metric->column && a.least == b.least && a.most == b.most && a.full == b.full &&
                        a.none == b.none && a.sameAs == b.sameAs;
      if (same) lab.warnings.push_back(fmt::format("checks {} and {} look at the same thing: it counts twice", a.id, b.id));
    }
  }
}

}  // namespace

std::string withoutTables(std::string_view text, std::string_view name) {
  const std::string head = fmt::format("[[{}]]", name);
  std::string kept;
  bool isOne = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    if (line.starts_with('[')) isOne = line.starts_with(head);
    if (!isOne) kept += line;
    text.remove_prefix(end);
  }
  while (kept.ends_with("\n\n")) kept.pop_back();
  return kept;
}

std::string textForGrading(const Lab& lab) { return withoutTables(lab.text, "saboteur"); }

std::string pointsText(MilliPoints points) {
  std::string text = fmt::format("{}.{:03}", points / 1000, points % 1000);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string_view nameOf(Visibility visibility) {
  switch (visibility) {
    case Visibility::Visible: return "visible";
    case Visibility::Hidden: return "hidden";
    case Visibility::AfterDueDate: return "after_due_date";
    case Visibility::AfterPublished: return "after_published";
  }
  return "";
}

std::string_view nameOf(CheckKind kind) {
  switch (kind) {
    case CheckKind::Answer: return "answer";
    case CheckKind::Metric: return "metric";
    case CheckKind::Sequence: return "sequence";
    case CheckKind::Event: return "event";
    case CheckKind::Invariant: return "invariant";
    case CheckKind::Digest: return "digest";
    case CheckKind::Mutants: return "mutants";
    case CheckKind::Step: return "step";
    case CheckKind::Text: return "text";
    case CheckKind::Walks: return "walks";
  }
  return "";
}

std::vector<std::string> LabPolicy::files() const {
  if (!file.ends_with(".cpp")) return {file};
  return {file, file.substr(0, file.size() - std::string_view("cpp").size()) + "py"};
}

const LabRun* Lab::run(std::string_view name_) const {
  const auto found = std::ranges::find(runs, name_, &LabRun::name);
  return found == runs.end() ? nullptr : &*found;
}
const LabPolicy* Lab::policy(std::string_view kind) const {
  const auto found = std::ranges::find(policies, kind, &LabPolicy::kind);
  return found == policies.end() ? nullptr : &*found;
}
const LabQuestion* Lab::question(std::string_view id) const {
  const auto found = std::ranges::find(questions, id, &LabQuestion::id);
  return found == questions.end() ? nullptr : &*found;
}
const Check* Lab::check(std::string_view id) const {
  const auto found = std::ranges::find(checks, id, &Check::id);
  return found == checks.end() ? nullptr : &*found;
}

MilliPoints Lab::mostPoints() const {
  MilliPoints sum = 0;
  for (const Check& check : checks) sum += check.kind == CheckKind::Text ? 0 : check.points;
  return sum;
}

Result<MetricUnit> unitOfMetric(std::string_view path) {
  // The VM's name does not matter for the unit.
  std::string name = "x";
  if (path.starts_with("vm.")) name = path.substr(3, path.find('.', 3) - 3);
  const std::vector<std::string> names{name};
  const auto found = findMetric(path, names);
  if (!found) return tl::unexpected(found.error());
  return found->unit();
}

std::vector<LabSetting> flattenedSettings(const TomlValue& table) {
  std::vector<LabSetting> settings;
  for (const TomlEntry& entry : table.table) {
    if (entry.value.kind != TomlValue::Kind::Table) {
      settings.push_back({entry.key, entry.position, entry.value});
      continue;
    }
    // The nesting of a document is limited by its parser.
    for (LabSetting& inner : flattenedSettings(entry.value)) {
      inner.path = entry.key + "." + inner.path;
      settings.push_back(std::move(inner));
    }
  }
  return settings;
}

Result<Lab> parseLab(std::string_view text, std::string_view fileName) {
  const auto root = parseToml(text, fileName);
  if (!root) return tl::unexpected(root.error());
  Mistakes mistakes{std::string(fileName)};
  Lab lab;
  lab.text = text;
  const KeyReader top = labKeysReader(*root, "", mistakes);
  lab.title = top.text("title").value_or("");
  lab.number = top.number("number", 0, kLargestLabNumber).value_or(0);
  lab.minutes = top.number("minutes", 1, kMostMinutes).value_or(0);
  lab.outcomes = readTextList(top, "outcomes", mistakes);
  lab.withheld = top.number("withheld", 0, kMostWithheld);
  if (const TomlValue* needs = top.value("needs")) {
    for (const TomlValue& item : needs->array) {
      if (const auto number = readNumber(item, "needs", 0, kLargestLabNumber, mistakes)) lab.needs.push_back(*number);
    }
  }
  readSteps(top, lab, mistakes);
  readPolicies(top, lab, mistakes);  // runs name them
  readRuns(top, lab, mistakes);
  readKnobs(top, lab, mistakes);
  readQuestions(top, lab, mistakes);
  readMutants(top, lab, mistakes);
  for (const TomlValue& table : top.tables("check")) readCheck(labKeysReader(table, "check", mistakes), table.position, lab, mistakes);
  readSaboteurs(top, lab, mistakes);
  if (mistakes.any()) return tl::unexpected(mistakes.first());
  collectWarnings(lab);
  return lab;
}

Result<Lab> loadLab(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "lab.toml";
  const auto text = readTextFile(path, kLargestScenario);
  if (!text) return tl::unexpected(text.error());
  auto lab = parseLab(*text, path.string());
  if (!lab) return lab;
  lab->folder = std::filesystem::absolute(folder).lexically_normal();
  lab->name = lab->folder.filename().empty() ? lab->folder.parent_path().filename().string() : lab->folder.filename().string();
  return lab;
}

}  // namespace overcommit
