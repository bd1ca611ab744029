// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/check_section.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/nearest.h"
#include "base/units.h"
#include "grade/lab_keys.h"
#include "grade/text_file.h"
#include "scenario/timeline_section.h"

namespace overcommit {
namespace {

constexpr double kMostPoints = 1'000'000;

struct KeysOfKind {
  CheckKind kind;
  std::vector<std::string_view> keys;
};

// Which keys go with which kind, besides those that all have.
const std::vector<KeysOfKind>& keysOfKinds() {
  static const std::vector<KeysOfKind> kKeys{
      {CheckKind::Answer,
       {"run", "question", "right", "tolerance", "metric", "at", "since", "per", "event", "vm", "where", "from", "to", "while",
        "followed_by", "field", "which"}},
      {CheckKind::Metric, {"run", "metric", "at", "since", "per", "min", "max", "full", "none", "same_as", "tolerance"}},
      {CheckKind::Sequence, {"run", "steps", "exactly"}},
      {CheckKind::Event, {"run", "event", "vm", "where", "from", "to", "while", "followed_by", "min", "max"}},
      {CheckKind::Invariant, {"run", "law"}},
      {CheckKind::Digest, {"run", "same_as", "digest"}},
      {CheckKind::Mutants, {"test", "mutants"}},
      {CheckKind::Step, {"step"}},
      {CheckKind::Text, {"file", "words"}},
      {CheckKind::Walks, {"run", "walks", "references", "bits"}},
  };
  return kKeys;
}

class CheckReader {
 public:
  CheckReader(const KeyReader& keys, SourcePosition position, Lab& lab, Mistakes& mistakes)
      : keys_(keys), position_(position), lab_(lab), mistakes_(mistakes) {}

  std::optional<Check> read() {
    static constexpr std::array<std::string_view, 10> kKinds{"answer", "metric",  "sequence", "event", "invariant",
                                                             "digest", "mutants", "step",     "text",  "walks"};
    static constexpr std::array<std::string_view, 4> kVisibilities{"visible", "hidden", "after_due_date", "after_published"};
    check_.position = position_;
    check_.id = keys_.text("id").value_or("");
    check_.title = keys_.text("title").value_or("");
    if (lab_.check(check_.id) != nullptr) mistakes_.add(keys_.position("id"), "there are two checks \"{}\"", check_.id);
    const auto kind = keys_.word("kind", kKinds);
    if (!kind) return std::nullopt;
    check_.kind = static_cast<CheckKind>(*kind);
    if (!keysFit()) return std::nullopt;
    readPoints();
    check_.mandatory = keys_.boolean("mandatory").value_or(true);
    if (const auto visibility = keys_.word("visibility", kVisibilities)) check_.visibility = static_cast<Visibility>(*visibility);
    check_.needs = readTextList(keys_, "needs", mistakes_);
    for (const std::string& id : check_.needs) {
      if (lab_.check(id) == nullptr) mistakes_.add(keys_.position("needs"), "there is no check \"{}\" before this one", id);
    }
    check_.hint = keys_.text("hint").value_or("");
    check_.why = keys_.text("why").value_or("");
    check_.mistake = keys_.text("mistake").value_or("");
    check_.run = keys_.text("run").value_or("");
    if (keys_.has("run")) checkRun("run", check_.run);
    readKind();
    return check_;
  }

 private:
  bool keysFit() {
    static constexpr std::array<std::string_view, 10> kAll{"id",         "title", "kind", "points", "mandatory",
                                                           "visibility", "needs", "hint", "why",    "mistake"};
    bool fit = true;
    const auto own = std::ranges::find(keysOfKinds(), check_.kind, &KeysOfKind::kind);
    for (const LabKey& key : labKeys()) {
      if (key.section != "check" || !keys_.has(key.key)) continue;
      if (std::ranges::find(kAll, key.key) != kAll.end() || std::ranges::find(own->keys, key.key) != own->keys.end()) continue;
      mistakes_.note(
          Mistakes::Gravity::Key, keys_.position(key.key),
          fmt::format("{} does not go with kind = \"{}\": its keys are {}", key.key, nameOf(check_.kind), fmt::join(own->keys, ", ")));
      fit = false;
    }
    return fit;
  }

  void readPoints() {
    const TomlValue* value = keys_.value("points");
    if (value == nullptr) return;
    double points = -1;
    if (value->kind == TomlValue::Kind::Integer) points = static_cast<double>(value->integer);
    if (value->kind == TomlValue::Kind::Decimal) points = value->decimal;
    if (!(points >= 0 && points <= kMostPoints)) {
      mistakes_.add(value->position, "points must be a number from 0 to {}", kMostPoints);
      return;
    }
    check_.points = static_cast<MilliPoints>(std::llround(points * 1000));
    if (std::fabs(points * 1000 - static_cast<double>(check_.points)) > 1e-6)
      mistakes_.add(value->position, "points have at most three decimals");
  }

  void checkRun(std::string_view key, const std::string& name) {
    if (lab_.run(name) != nullptr) return;
    std::vector<std::string_view> names;
    for (const LabRun& run : lab_.runs) names.emplace_back(run.name);
    mistakes_.add(keys_.position(key), "there is no run \"{}\"{}", name, didYouMean(name, names));
  }

  // Two runs that must come to the same have the same seed, whoever the student is.
  void checkSameSeed() {
    const LabRun *own = lab_.run(check_.run), *other = lab_.run(check_.sameAs);
    if (own == nullptr || other == nullptr) return;
    const bool differs = own->seed != other->seed || (own->seed != SeedSource::Scenario && own->seedName != other->seedName);
    if (differs)
      mistakes_.add(keys_.position("same_as"), "the runs \"{}\" and \"{}\" have seeds of their own: make one of them like the other",
                    own->name, other->name);
  }

  void need(std::string_view key) {
    if (!keys_.has(key)) mistakes_.add(position_, "a check of kind \"{}\" needs the key \"{}\"", nameOf(check_.kind), key);
  }

  void readKind() {
    switch (check_.kind) {
      case CheckKind::Answer: return readAnswer();
      case CheckKind::Metric: return readBand();
      case CheckKind::Sequence: return readSequence();
      case CheckKind::Event: return readEvents();
      case CheckKind::Invariant: return readLaw();
      case CheckKind::Digest: return readDigest();
      case CheckKind::Mutants: return readTest();
      case CheckKind::Step: return readStep();
      case CheckKind::Text:
        need("file");
        check_.file = keys_.text("file").value_or("");
        check_.words = keys_.number("words", 1, kLargestNumber).value_or(1);
        return;
      case CheckKind::Walks: return readWalks();
    }
  }

  // The [[column]] that takes the figure.
  void readMetric() {
    const auto path = keys_.text("metric");
    if (!path) return;
    const auto unit = unitOfMetric(*path);
    if (!unit) {
      mistakes_.add(keys_.position("metric"), "{}", unit.error().text);
      return;
    }
    CheckMetric metric;
    metric.path = *path;
    metric.unit = keys_.has("per") ? MetricUnit::Permille : *unit;
    metric.column = fmt::format("metric = {}\n", tomlText(*path));
    for (const std::string_view key : {"at", "since", "per"}) {
      const auto value = keys_.text(key);
      if (!value) continue;
      metric.column += fmt::format("{} = {}\n", key, tomlText(*value));
      metric.when += fmt::format(", {} {}", key, *value);
      const auto time = parseTime(*value);
      if (key == "at" && time) metric.at = *time;
    }
    check_.metric = metric;
  }

  void readAnswer() {
    need("question");
    check_.question = keys_.text("question").value_or("");
    check_.ofScenario = lab_.question(check_.question) == nullptr;
    readMetric();
    const int sources = (keys_.has("right") ? 1 : 0) + (keys_.has("metric") ? 1 : 0) + (keys_.has("event") ? 1 : 0);
    if (check_.ofScenario) {
      need("run");
      if (sources != 0)
        mistakes_.add(position_, "there is no [[question]] \"{}\", and if the scenario asks it, the run says what is right",
                      check_.question);
      if (keys_.has("tolerance")) mistakes_.add(keys_.position("tolerance"), "the tolerance of an [[ask]] stands in the scenario");
      return;
    }
    if (sources != 1)
      mistakes_.add(position_, "what is right must come from just one of right, metric (of a run) and event (of a run's trace)");
    if (!keys_.has("right")) need("run");
    MetricUnit unit = check_.metric ? check_.metric->unit : MetricUnit::Count;
    if (keys_.has("event")) readAsked();
    if (check_.field == "time") unit = MetricUnit::Time;
    check_.tolerance = readTolerance(keys_, "tolerance", unit, mistakes_);
    if (keys_.has("right")) readRight();
  }

  void readRight() {
    const TomlValue& value = *keys_.value("right");
    const auto add = [&](const TomlValue& item) {
      if (item.kind == TomlValue::Kind::Text) {
        check_.right.push_back(item.text);
      } else if (item.kind == TomlValue::Kind::Integer) {
        check_.right.push_back(fmt::format("{}", item.integer));
      } else {
        mistakes_.add(item.position, "right must be a text, a whole number or a list of them");
      }
    };
    if (value.kind == TomlValue::Kind::Array) {
      for (const TomlValue& item : value.array) add(item);
      check_.which = "all";
    } else {
      add(value);
    }
    const LabQuestion* question = lab_.question(check_.question);
    if (question == nullptr || question->choices.empty() || value.kind != TomlValue::Kind::Text) return;
    const bool known =
        std::ranges::any_of(question->choices, [&](const std::string& choice) { return choice.starts_with(value.text + ":"); });
    if (!known) mistakes_.add(value.position, "\"{}\" is none of the question's choices", value.text);
  }

  void readAsked() {
    static constexpr std::array<std::string_view, 4> kWhich{"first", "all", "any", "count"};
    const auto pattern = readEventPattern(keys_, position_, mistakes_);
    if (!pattern) return;
    check_.events.push_back(*pattern);
    check_.which = kWhich[keys_.word("which", kWhich).value_or(0)];
    if (check_.which == "count") return;
    need("field");
    check_.field = keys_.text("field").value_or("");
    const EventInfo& info = infoOf(pattern->kind);
    const bool known = check_.field == "time" || check_.field == "vm" || (check_.field == "gfn" && info.hasGfn) ||
                       fieldIndex(pattern->kind, check_.field).has_value();
    if (keys_.has("field") && !known)
      mistakes_.add(keys_.position("field"), "{} has no field \"{}\"; it has {}, {}time and vm", info.name, check_.field,
                    fmt::join(info.values, " "), info.hasGfn ? "gfn, " : "");
    if (check_.which == "any" && check_.field == "time")
      mistakes_.add(keys_.position("which"), "any is for names and numbers: for times ask for the first, or for all");
  }

  void readBand() {
    need("run");
    need("metric");
    readMetric();
    if (!check_.metric) return;
    const MetricUnit unit = check_.metric->unit;
    check_.least = readMetricValue(keys_, "min", unit, mistakes_);
    check_.most = readMetricValue(keys_, "max", unit, mistakes_);
    check_.full = readMetricValue(keys_, "full", unit, mistakes_);
    check_.none = readMetricValue(keys_, "none", unit, mistakes_);
    const bool isBand = keys_.has("full") && keys_.has("none");
    const bool isRange = keys_.has("min") || keys_.has("max");
    const bool isOther = keys_.has("same_as");
    if (isOther) {
      check_.sameAs = keys_.text("same_as").value_or("");
      checkRun("same_as", check_.sameAs);
      checkSameSeed();
      check_.tolerance = readTolerance(keys_, "tolerance", unit, mistakes_);
    } else if (keys_.has("tolerance")) {
      mistakes_.add(keys_.position("tolerance"), "tolerance goes with same_as: how far from the other run is still well");
    }
    if ((isBand ? 1 : 0) + (isRange ? 1 : 0) + (isOther ? 1 : 0) != 1 || keys_.has("full") != keys_.has("none"))
      mistakes_.add(position_, "a check of kind \"metric\" needs either min, max or both, or full and none, or same_as");
    if (isBand && check_.full && check_.full == check_.none) mistakes_.add(keys_.position("none"), "full and none are the same");
  }

  void readEvents() {
    need("run");
    if (const auto pattern = readEventPattern(keys_, position_, mistakes_)) check_.events.push_back(*pattern);
    check_.least = keys_.number("min", 0, kLargestNumber);
    check_.most = keys_.number("max", 0, kLargestNumber);
    if (!check_.least && !check_.most) check_.least = 1;
    if (check_.least && check_.most && *check_.least > *check_.most) mistakes_.add(keys_.position("min"), "min is greater than max");
  }

  void readSequence() {
    static constexpr std::array<std::string_view, 3> kStepKeys{"event", "vm", "where"};
    need("run");
    need("steps");
    check_.exactly = keys_.boolean("exactly").value_or(false);
    for (const TomlValue& step : keys_.tables("steps")) {
      const KeyReader stepKeys(step, "a step of a sequence", kStepKeys, mistakes_);
      if (const auto pattern = readEventPattern(stepKeys, step.position, mistakes_)) check_.events.push_back(*pattern);
    }
    if (keys_.has("steps") && check_.events.empty()) mistakes_.add(keys_.position("steps"), "a sequence needs steps: it has none");
  }

  void readLaw() {
    static constexpr std::array<std::string_view, 3> kLaws{"laws", "guests", "expectations"};
    need("run");
    need("law");
    if (const auto law = keys_.word("law", kLaws)) check_.law = static_cast<Law>(*law);
    const LabRun* run = lab_.run(check_.run);
    if (check_.law == Law::Laws && run != nullptr && !run->audit)
      mistakes_.add(keys_.position("law"), "the laws are looked at in runs with audit = true only");
  }

  void readDigest() {
    need("run");
    check_.sameAs = keys_.text("same_as").value_or("");
    check_.digest = keys_.text("digest").value_or("");
    if (keys_.has("same_as")) {
      checkRun("same_as", check_.sameAs);
      checkSameSeed();
    }
    if (keys_.has("same_as") == keys_.has("digest")) mistakes_.add(position_, "a check of kind \"digest\" needs either same_as or digest");
    constexpr std::size_t kDigits = 32;
    if (keys_.has("digest") && check_.digest.size() != kDigits)
      mistakes_.add(keys_.position("digest"), "a digest has 32 hexadecimal digits");
  }

  void readTest() {
    need("test");
    check_.test = keys_.text("test").value_or("");
    check_.mutants = readTextList(keys_, "mutants", mistakes_);
    for (const std::string& name : check_.mutants) {
      if (std::ranges::find(lab_.mutants, name, &Mutant::name) == lab_.mutants.end())
        mistakes_.add(keys_.position("mutants"), "there is no mutant \"{}\"", name);
      if (std::ranges::count(check_.mutants, name) > 1) mistakes_.add(keys_.position("mutants"), "the mutant \"{}\" is named twice", name);
    }
    if (check_.mutants.empty()) {
      for (const Mutant& mutant : lab_.mutants) check_.mutants.push_back(mutant.name);
    }
    if (check_.mutants.empty()) mistakes_.add(position_, "there are no mutants: what is the test to tell apart?");
  }

  void readWalks() {
    need("run");
    const LabRun* run = lab_.run(check_.run);
    if (run != nullptr && !run->walks) mistakes_.add(keys_.position("run"), "the run \"{}\" asks for no walks", run->name);
    check_.references = keys_.boolean("references").value_or(false);
    check_.bits = keys_.boolean("bits").value_or(false);
    if (check_.references && check_.bits) mistakes_.add(keys_.position("bits"), "references and bits are for two checks");
    for (const std::string& name : readTextList(keys_, "walks", mistakes_)) {
      const auto kind = std::ranges::find(kWalkKinds, name, [](WalkKind each) { return nameOf(each); });
      if (kind != kWalkKinds.end()) {
        check_.walks.push_back(*kind);
      } else {
        mistakes_.add(keys_.position("walks"), "there is no kind of walk \"{}\"", name);
      }
    }
  }

  void readStep() {
    need("step");
    check_.step = keys_.number("step", 1, kLargestNumber).value_or(0);
    if (check_.step > lab_.steps.size()) {
      mistakes_.add(keys_.position("step"), "there are {} steps", lab_.steps.size());
    } else if (check_.step > 0 && lab_.steps[check_.step - 1].did.empty()) {
      mistakes_.add(keys_.position("step"), "step {} does not say by what it is done (did = {{ ... }})", check_.step);
    }
  }

  const KeyReader& keys_;
  SourcePosition position_;
  Lab& lab_;
  Mistakes& mistakes_;
  Check check_;
};

}  // namespace

void readCheck(const KeyReader& keys, SourcePosition position, Lab& lab, Mistakes& mistakes) {
  if (auto check = CheckReader(keys, position, lab, mistakes).read()) lab.checks.push_back(std::move(*check));
}

}  // namespace overcommit
