// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/ask.h"

#include <algorithm>

#include "base/random.h"
#include "base/units.h"
#include "host/host.h"
#include "scenario/expectation.h"
#include "trace/event.h"

namespace overcommit {
namespace {

constexpr std::size_t kMostAsks = 1000;
constexpr std::size_t kMostSteps = 100;
constexpr std::string_view kLater = "@about";

// visit(what stands in braces, where the brace begins, how long it is with its braces); false: a brace is not closed.
template <typename Visit>
bool forEachPlaceholder(std::string_view text, Visit visit) {
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return false;
    visit(text.substr(at + 1, end - at - 1), at, end + 1 - at);
    at = end + 1;
  }
  return true;
}

std::string withVm(std::string_view text, std::string_view vm) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t brace = std::min(text.find("{vm}", at), text.size());
    out += text.substr(at, brace - at);
    if (brace < text.size()) out += vm;
    at = brace + 4;
  }
  return out;
}

std::vector<std::string> vmNames(const RunConfig& config) {
  std::vector<std::string> names;
  for (const VmConfig& vm : config.vms) names.push_back(vm.name);
  return names;
}

std::optional<std::vector<std::string>> readTexts(const KeyReader& keys, std::string_view key, Mistakes& mistakes) {
  const TomlValue* value = keys.value(key);
  if (value == nullptr) return std::vector<std::string>();
  if (value->kind != TomlValue::Kind::Array || value->array.size() > kMostSteps) {
    mistakes.add(value->position, "{} must be a list of at most {} texts", key, kMostSteps);
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const TomlValue& item : value->array) {
    if (const auto text = readText(item, key, mistakes)) texts.push_back(*text);
  }
  return texts;
}

class AskReader {
 public:
  AskReader(const TomlValue& table, const RunConfig& config, std::span<const std::string> names, Mistakes& mistakes)
      : table_(table), keys_(table, "ask", mistakes), config_(config), names_(names), mistakes_(mistakes) {}

  std::optional<Ask> read() {
    for (const std::string_view key : {"id", "time", "text", "metric"}) keys_.require(key);
    ask_.id = keys_.text("id").value_or("");
    const bool isPlain = std::ranges::all_of(
        ask_.id, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
    if (keys_.has("id") && (!isPlain || ask_.id.empty()))
      mistakes_.add(keys_.position("id"), "the id of a question has letters, digits, - and _ only");
    ask_.time = instant("time").value_or(VirtualTime());
    ask_.about = instant("about").value_or(ask_.time);
    if (ask_.about < ask_.time) mistakes_.add(keys_.position("about"), "about is before time: nobody predicts what has been");
    ask_.grows = keys_.boolean("grows").value_or(false);
    if (ask_.grows && ask_.about == ask_.time) mistakes_.add(keys_.position("grows"), "grows needs about, a later instant");
    const auto vms = readTexts(keys_, "vm", mistakes_);
    const auto steps = readTexts(keys_, "steps", mistakes_);
    if (vms) ask_.vms = *vms;
    if (steps) ask_.steps = *steps;
    ask_.text = keys_.text("text").value_or("");
    const auto metric = keys_.text("metric");
    if (!metric || !vms) return std::nullopt;
    ask_.metric = *metric;
    if (ask_.metric.find('{') != std::string::npos && ask_.vms.empty())
      mistakes_.add(keys_.position("metric"), "{{vm}} needs the key vm: the VMs to choose from");
    const std::vector<std::string> choices = ask_.vms.empty() ? std::vector<std::string>{""} : ask_.vms;
    for (const std::string& vm : choices) {
      if (!checkFor(vm)) return std::nullopt;  // looking for a suggestion takes time
    }
    return ask_;
  }

 private:
  std::optional<VirtualTime> instant(std::string_view key) const {
    const auto time = keys_.time(key);
    if (time && config_.duration > VirtualTime() && *time > config_.duration)
      mistakes_.add(keys_.position(key), "{} is {}, after the end of the run ({})", key, formatTime(*time), formatTime(config_.duration));
    return time;
  }

  bool checkFor(const std::string& vm) {
    const auto metric = findMetric(withVm(ask_.metric, vm), names_);
    if (!metric) {
      mistakes_.add(keys_.position("metric"), "{}", metric.error().text);
      return false;
    }
    if (const auto tolerance = readTolerance(keys_, "tolerance", metric->unit(), mistakes_)) ask_.tolerance = *tolerance;
    bool good = checkText(ask_.text, keys_.position("text"), vm, false);
    for (const std::string& step : ask_.steps) good = good && checkText(step, keys_.position("steps"), vm, true);
    return good;
  }

  bool checkText(const std::string& text, SourcePosition position, const std::string& vm, bool isStep) {
    std::optional<Error> wrong;
    const bool closed = forEachPlaceholder(withVm(text, vm), [&](std::string_view inside, std::size_t, std::size_t) {
      if (isStep && inside == "answer") return;
      if (!isStep && (inside == "answer" || inside.ends_with(kLater))) {
        wrong = Error{fmt::format("{{{}}} in the question gives the answer away", inside)};
        return;
      }
      if (inside.ends_with(kLater)) inside.remove_suffix(kLater.size());
      const auto found = findMetric(inside, names_);
      if (!found && !wrong) wrong = found.error();
    });
    if (!closed) wrong = Error{"a brace is not closed: metrics are written {host.free}"};
    if (wrong) mistakes_.add(position, "{}", wrong->text);
    return !wrong;
  }

  const TomlValue& table_;
  KeyReader keys_;
  const RunConfig& config_;
  std::span<const std::string> names_;
  Mistakes& mistakes_;
  Ask ask_;
};

}  // namespace

std::vector<Ask> readAsks(std::span<const TomlValue> tables, const RunConfig& config, Mistakes& mistakes) {
  std::vector<Ask> asks;
  if (tables.size() > kMostAsks) {
    mistakes.add(tables.front().position, "more than {} questions", kMostAsks);
    return asks;
  }
  const std::vector<std::string> names = vmNames(config);
  for (const TomlValue& table : tables) {
    auto ask = AskReader(table, config, names, mistakes).read();
    if (!ask) break;
    if (std::ranges::find(asks, ask->id, &Ask::id) != asks.end())
      mistakes.add(table.position, "there are two questions \"{}\": give one an id of its own", ask->id);
    asks.push_back(std::move(*ask));
  }
  return asks;
}

std::string metricWords(std::string_view metric, MetricUnit unit, std::uint64_t value) {
  if (metric == "host.state" && value < kFreeStates) return std::string(nameOf(static_cast<FreeState>(value)));
  if (unit == MetricUnit::Permille)
    return value % 10 == 0 ? fmt::format("{} %", value / 10) : fmt::format("{}.{} %", value / 10, value % 10);
  if (unit == MetricUnit::Size && value % kPageSize == 0 && value != 0) {
    const std::string size = formatBytes(Bytes(value));
    const auto exact = parseBytes(size);
    // Rounded sizes hide what a prediction may be off by.
    return exact && exact->value() == value ? size : fmt::format("{} ({} pages)", size, value / kPageSize);
  }
  return formatValue(value, unit);
}

AskRecorder::AskRecorder(const Ask& ask, const RunConfig& config) : ask_(ask) {
  const std::vector<std::string> names = vmNames(config);
  std::string vm;
  if (!ask_.vms.empty()) vm = ask_.vms[Random(config.seed, "question " + ask_.id).below(ask_.vms.size())];
  ask_.text = withVm(ask_.text, vm);
  ask_.metric = withVm(ask_.metric, vm);
  for (std::string& step : ask_.steps) step = withVm(step, vm);
  const auto answer = findMetric(ask_.metric, names);
  invariant(answer.has_value(), "the metrics of a question are checked when it is read");
  answer_ = *answer;
  const auto collect = [&](const std::string& text) {
    forEachPlaceholder(text, [&](std::string_view inside, std::size_t, std::size_t) {
      std::string_view path = inside;
      if (path.ends_with(kLater)) path.remove_suffix(kLater.size());
      if (const auto found = findMetric(path, names)) slots_.emplace(std::string(inside), Slot{*found, ""});
    });
  };
  collect(ask_.text);
  for (const std::string& step : ask_.steps) collect(step);
  asked_.id = ask_.id;
  asked_.time = ask_.time;
  asked_.about = ask_.about;
  asked_.metric = ask_.metric;
  asked_.unit = answer_.unit();
  asked_.tolerance = ask_.tolerance;
}

std::string AskRecorder::filled(std::string_view text) const {
  std::string out;
  std::size_t done = 0;
  forEachPlaceholder(text, [&](std::string_view inside, std::size_t at, std::size_t length) {
    out += text.substr(done, at - done);
    const auto slot = slots_.find(std::string(inside));
    if (inside == "answer") {
      out += asked_.answer ? metricWords(asked_.metric, asked_.unit, *asked_.answer) : "unknown";
    } else if (slot != slots_.end()) {
      out += slot->second.value.empty() ? "unknown" : slot->second.value;
    }
    done = at + length;
  });
  out += text.substr(done);
  return out;
}

void AskRecorder::askNow(const Host& host) {
  isAsked_ = true;
  before_ = readMetric(host, answer_);
  for (auto& [inside, slot] : slots_) {
    if (!inside.ends_with(kLater)) slot.value = metricWords(inside, slot.reference.unit(), readMetric(host, slot.reference));
  }
  asked_.text = filled(ask_.text);
}

void AskRecorder::answerNow(const Host& host) {
  const std::uint64_t value = readMetric(host, answer_);
  asked_.answer = !ask_.grows ? value : value > before_ ? value - before_ : 0;
  for (auto& [inside, slot] : slots_) {
    if (inside.ends_with(kLater))
      slot.value = metricWords(std::string_view(inside).substr(0, inside.size() - kLater.size()), slot.reference.unit(),
                               readMetric(host, slot.reference));
  }
}

bool AskRecorder::see(const Host& host) {
  const bool now = !isAsked_ && host.now() >= ask_.time;
  if (now) askNow(host);
  if (isAsked_ && !asked_.answer && host.now() >= ask_.about) answerNow(host);
  return now;
}

AskedQuestion AskRecorder::finish(const Host& host, bool settled) {
  if (!isAsked_ && settled) askNow(host);
  if (isAsked_ && !asked_.answer && settled) answerNow(host);
  asked_.steps.clear();
  for (const std::string& step : ask_.steps) asked_.steps.push_back(filled(step));
  return asked_;
}

}  // namespace overcommit
