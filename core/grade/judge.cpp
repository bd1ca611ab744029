// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/judge.h"

#include <algorithm>

#include "grade/answer.h"
#include "policy/wide.h"
#include "scenario/ask.h"
#include "scenario/expectation.h"
#include "scenario/run_snapshot.h"
#include "trace/trace_reader.h"

namespace overcommit {
namespace {

constexpr std::size_t kMostListed = 20;  // events that a report names

std::string timeWords(VirtualTime time) { return formatValue(time.value(), MetricUnit::Time); }

void pass(CheckResult& result) {
  result.status = CheckStatus::Passed;
  result.points = result.most;
}

// The points for a share of what was wanted.
void give(CheckResult& result, MilliPoints points) {
  result.points = points;
  result.status = points == result.most && points > 0 ? CheckStatus::Passed : points > 0 ? CheckStatus::Partial : CheckStatus::Failed;
}

std::string range(std::optional<std::uint64_t> least, std::optional<std::uint64_t> most, const auto& words) {
  if (least && most) return *least == *most ? words(*least) : fmt::format("{} to {}", words(*least), words(*most));
  return least ? fmt::format("at least {}", words(*least)) : fmt::format("at most {}", words(*most));
}

class Judge {
 public:
  Judge(const Lab& lab, const Check& check, const Submission& submission, RunSource& runs)
      : lab_(lab), check_(check), submission_(submission), runs_(runs), result_(resultOf(check)) {
    result_.why = check.why;
    result_.mistake = check.mistake;
    result_.hint = check.hint;
  }

  Result<CheckResult> judge() {
    if (const auto judged = byKind(); !judged) return tl::unexpected(judged.error());
    tellOfCrashes();
    return result_;
  }

 private:
  Result<void> byKind() {
    switch (check_.kind) {
      case CheckKind::Answer: return answer();
      case CheckKind::Metric: return metric();
      case CheckKind::Sequence: return sequence();
      case CheckKind::Event: return events();
      case CheckKind::Invariant: return law();
      case CheckKind::Digest: return digest();
      case CheckKind::Mutants: return mutants();
      case CheckKind::Step: return step();
      case CheckKind::Text: return text();
      case CheckKind::Walks: return walks();
    }
    return {};
  }

  // The run that the check is about, or nullptr if nothing can be said about it: the result says why then.
  Result<const EngineResult*> theRun(const std::string& name) {
    const auto run = runs_.run(name);
    if (!run) return tl::unexpected(run.error());
    if (!(*run)->trouble) return &(*run)->result;
    result_.status = (*run)->isUnavailable ? CheckStatus::Skipped : CheckStatus::Failed;
    result_.got = *(*run)->trouble;
    result_.mistake.clear();  // it is about a run that came to its end
    if (result_.expected.empty()) result_.expected = "a run that ends well";
    if ((*run)->result.hasResult) result_.at = (*run)->at.value_or((*run)->result.end);
    return nullptr;
  }

  // A guest that was stopped explains most of what comes out otherwise.
  void tellOfCrashes() {
    const bool isFailure = result_.status == CheckStatus::Failed || result_.status == CheckStatus::Partial;
    if (!isFailure || check_.kind == CheckKind::Answer || check_.kind == CheckKind::Invariant || check_.run.empty()) return;
    const auto run = runs_.run(check_.run);
    if (run && !(*run)->trouble && !(*run)->result.crashes.empty())
      result_.got += fmt::format("; a guest was stopped: {}", fmt::join((*run)->result.crashes, "; "));
  }

  // All events of the run's trace, in order.
  Result<void> lookThrough(const EngineResult& run, const std::function<void(const Event&)>& visit) {
    const auto reader = TraceReader::open(run.trace);
    if (!reader) return tl::unexpected(reader.error());
    return forAllEvents(*reader, visit);
  }

  // --- answers

  Result<void> answer() {
    const std::string& id = check_.question;
    result_.what = fmt::format("your answer to \"{}\"", id);
    if (const LabQuestion* question = lab_.question(id)) result_.what += fmt::format(": {}", question->text);
    auto right = rightAnswer();
    if (!right) return tl::unexpected(right.error());
    if (!*right) return {};
    result_.expected = (*right)->words();
    if (!submission_.answers) {
      result_.got = fmt::format("answers.toml cannot be read: {}", submission_.answers.error().text);
      return {};
    }
    const TomlEntry* given = submission_.answers->find(id);
    if (given == nullptr) {
      result_.got = fmt::format("no answer: answers.toml has no \"{}\"", id);
      return {};
    }
    const auto verdict = (*right)->judge(given->value);
    result_.got = verdict.got;
    if (verdict.isRight) {
      pass(result_);
      result_.steps.clear();
    }
    return {};
  }

  // What is right, from wherever the check has it. Nothing: no run says it, and the result tells why.
  Result<std::optional<RightAnswer>> rightAnswer() {
    if (!check_.right.empty()) {
      const LabQuestion* question = lab_.question(check_.question);
      return RightAnswer::ofWords(
          check_.right, check_.which == "all" ? RightAnswer::Form::List : RightAnswer::Form::One,
          question != nullptr && !question->choices.empty() ? std::span(question->choices) : std::span<const std::string>());
    }
    const auto run = theRun(check_.run);
    if (!run) return tl::unexpected(run.error());
    if (*run == nullptr) return std::nullopt;
    if (check_.ofScenario) return askedAnswer(**run);
    if (!check_.events.empty()) return eventAnswer(**run);
    const auto value = figure(**run);
    if (!value) return std::nullopt;
    return RightAnswer::ofMetric(check_.metric->path, check_.metric->unit, *value, check_.tolerance.value_or(Tolerance{}));
  }

  Result<std::optional<RightAnswer>> askedAnswer(const EngineResult& run) {
    const auto asked = std::ranges::find(run.asked, check_.question, &EngineAsked::id);
    if (asked == run.asked.end())
      return failure("{}: the scenario of the run \"{}\" asks nothing that is called \"{}\", and the lab has no such [[question]]",
                     lab_.name, check_.run, check_.question);
    result_.what = fmt::format("your answer to \"{}\", asked at {}: {}", asked->id, timeWords(VirtualTime(asked->time)), asked->text);
    result_.at = VirtualTime(asked->about);
    result_.steps = asked->steps;
    if (!asked->answer) {
      result_.got = fmt::format("the run ended before {}", timeWords(VirtualTime(asked->about)));
      return std::nullopt;
    }
    return RightAnswer::ofMetric(asked->metric, asked->unit, *asked->answer, asked->tolerance);
  }

  Result<std::optional<RightAnswer>> eventAnswer(const EngineResult& run) {
    const auto reader = TraceReader::open(run.trace);
    if (!reader) return tl::unexpected(reader.error());
    const EventPattern& pattern = check_.events.front();
    std::vector<std::string> words;
    std::uint64_t count = 0, pages = 0;
    std::optional<std::uint64_t> time;
    auto looked = forMatchingEvents(*reader, pattern, [&](const Event& event) {
      ++count;
      if (!time) time = event.hostTime.value();
      if (count > 1 && check_.which == "first") return;
      if (check_.field == "vm") {
        words.push_back(event.vm.value() < reader->header().vms.size() ? reader->header().vms[event.vm.value()].name : "host");
      } else if (check_.field == "time") {
        words.push_back(timeWords(event.hostTime));
      } else if (check_.field == "gfn") {
        words.push_back(fmt::format("{:#x}", event.gfn.value()));
      } else if (const auto field = fieldIndex(pattern.kind, check_.field)) {
        words.push_back(fieldWord(pattern.kind, *field, event.values[*field]));
        pages = event.values[*field];
      }
    });
    if (!looked) return tl::unexpected(looked.error());
    if (time) result_.at = VirtualTime(*time);
    if (check_.which == "count") return RightAnswer::ofMetric("", MetricUnit::Count, count, check_.tolerance.value_or(Tolerance{}));
    if (count == 0) return failure("{}: check {}: the run has no event {}", lab_.name, check_.id, pattern.words());
    if (check_.which == "all") return RightAnswer::ofWords(words, RightAnswer::Form::List, {});
    if (check_.which == "any") return RightAnswer::ofWords(words, RightAnswer::Form::AnyOf, {});
    if (check_.field == "time") return RightAnswer::ofMetric("", MetricUnit::Time, *time, check_.tolerance.value_or(Tolerance{}));
    if (check_.field.ends_with("pages")) return RightAnswer::ofPages(pages, check_.tolerance.value_or(Tolerance{}));
    return RightAnswer::ofWords(words, RightAnswer::Form::One, {});
  }

  // --- metrics

  // The check's figure. Nothing: the run ended too early; the result says so.
  std::optional<std::uint64_t> figure(const EngineResult& run) {
    const auto found = run.columns.find("check." + check_.id);
    if (found != run.columns.end() && found->second) return found->second;
    result_.got = fmt::format("nothing: the run ended after {}, too early to say", timeWords(run.end));
    result_.at = run.end;
    return std::nullopt;
  }

  Result<void> metric() {
    const CheckMetric& metric = *check_.metric;
    const auto words = [&](std::uint64_t value) { return metricWords(metric.path, metric.unit, value); };
    result_.what = fmt::format("{}{} in the run \"{}\"", metric.path, metric.when.empty() ? "" : metric.when + ",", check_.run);
    const bool isBand = check_.full.has_value();
    std::optional<std::uint64_t> other;
    if (!check_.sameAs.empty()) {
      const auto same = theRun(check_.sameAs);
      if (!same) return tl::unexpected(same.error());
      if (*same == nullptr || !(other = figure(**same))) return {};
    }
    const Tolerance tolerance = check_.tolerance.value_or(Tolerance{});
    result_.expected = other    ? fmt::format("{}, as in the run \"{}\"{}", words(*other), check_.sameAs,
                                           check_.tolerance ? ", give or take " + tolerance.text(metric.unit) : "")
                       : isBand ? fmt::format("{} for all points, none from {} on", words(*check_.full), words(*check_.none))
                                : range(check_.least, check_.most, words);
    const auto run = theRun(check_.run);
    if (!run) return tl::unexpected(run.error());
    if (*run == nullptr) return {};
    const auto value = figure(**run);
    if (!value) return {};
    result_.got = words(*value);
    result_.at = std::min(metric.at.value_or((*run)->end), (*run)->end);
    if (other) {
      if (tolerance.accepts(*other, *value)) pass(result_);
      return {};
    }
    if (!isBand) {
      if ((!check_.least || *value >= *check_.least) && (!check_.most || *value <= *check_.most)) pass(result_);
      return {};
    }
    giveShare(*value);
    return {};
  }

  // Linear between none and full, in whole thousandths of a point, rounded down: equal on every machine.
  void giveShare(std::uint64_t value) {
    const std::uint64_t full = *check_.full, none = *check_.none;
    const bool up = full > none;
    if (up ? value >= full : value <= full) return pass(result_);
    if (up ? value <= none : value >= none) return give(result_, 0);
    const std::uint64_t got = up ? value - none : none - value, all = up ? full - none : none - full;
    give(result_, static_cast<MilliPoints>(static_cast<Wide>(result_.most) * got / all));
  }

  // --- events

  Result<void> events() {
    const EventPattern& pattern = check_.events.front();
    const auto number = [](std::uint64_t value) { return fmt::format("{}", value); };
    result_.what = fmt::format("events of the run \"{}\": {}", check_.run, pattern.words());
    result_.expected = check_.most && *check_.most == 0 ? "none" : range(check_.least, check_.most, number);
    const auto run = theRun(check_.run);
    if (!run) return tl::unexpected(run.error());
    if (*run == nullptr) return {};
    const auto reader = TraceReader::open((*run)->trace);
    if (!reader) return tl::unexpected(reader.error());
    std::uint64_t count = 0;
    std::optional<VirtualTime> first;
    auto looked = forMatchingEvents(*reader, pattern, [&](const Event& event) {
      ++count;
      if (!first) first = event.hostTime;
    });
    if (!looked) return looked;
    result_.got = count == 0 ? "none" : fmt::format("{}, the first at {}", count, timeWords(*first));
    result_.at = first.value_or((*run)->end);
    if ((!check_.least || count >= *check_.least) && (!check_.most || count <= *check_.most)) pass(result_);
    return {};
  }

  Result<void> sequence() {
    std::string wanted;
    for (const EventPattern& pattern : check_.events) wanted += fmt::format("{}{}", wanted.empty() ? "" : ", then ", pattern.words());
    result_.what = fmt::format("the order of events in the run \"{}\"", check_.run);
    result_.expected = wanted + (check_.exactly ? ", and no others of these kinds" : "");
    const auto run = theRun(check_.run);
    if (!run) return tl::unexpected(run.error());
    if (*run == nullptr) return {};
    const auto reader = TraceReader::open((*run)->trace);
    if (!reader) return tl::unexpected(reader.error());
    std::vector<EventMatcher> matchers;
    for (const EventPattern& pattern : check_.events) {
      auto matcher = EventMatcher::create(*reader, pattern);
      if (!matcher) return tl::unexpected(matcher.error());
      matchers.push_back(*matcher);
    }
    std::size_t next = 0;
    std::vector<std::string> seen;
    std::optional<VirtualTime> wrong;
    auto looked = forAllEvents(*reader, [&](const Event& event) {
      std::vector<bool> fits;
      for (EventMatcher& matcher : matchers) fits.push_back(matcher.matches(event));
      const bool isOfKinds = std::ranges::any_of(check_.events, [&](const EventPattern& pattern) { return pattern.kind == event.kind; });
      if (!isOfKinds) return;
      if (seen.size() < kMostListed) seen.push_back(eventWords(event));
      if (next < matchers.size() && fits[next]) {
        ++next;
      } else if (check_.exactly && !wrong) {
        wrong = event.hostTime;
      }
    });
    if (!looked) return looked;
    result_.got = seen.empty() ? "no such event" : fmt::format("{}", fmt::join(seen, ", "));
    if (next < matchers.size())
      result_.got += fmt::format("; step {} ({}) did not come in its turn", next + 1, check_.events[next].words());
    result_.at = wrong.value_or((*run)->end);
    if (next == matchers.size() && !wrong) pass(result_);
    return {};
  }

  static std::string eventWords(const Event& event) {
    const EventInfo& info = infoOf(event.kind);
    std::string words(info.name);
    if (!info.values[0].empty()) words += fmt::format(" ({} {})", info.values[0], fieldWord(event.kind, 0, event.values[0]));
    return fmt::format("{} at {}", words, timeWords(event.hostTime));
  }

  // --- laws, digests, tests

  Result<void> law() {
    switch (check_.law) {
      case Law::Laws:
        result_.what = fmt::format("the two laws, after every event of the run \"{}\"", check_.run);
        result_.expected = "every page is in exactly one place, and frames are conserved";
        break;
      case Law::Guests:
        result_.what = fmt::format("the guests of the run \"{}\"", check_.run);
        result_.expected = "no guest is stopped: each finds in its memory what it wrote there";
        break;
      case Law::Expectations:
        result_.what = fmt::format("what the scenario of the run \"{}\" expects", check_.run);
        result_.expected = "all of it holds";
        break;
    }
    const auto run = theRun(check_.run);
    if (!run) return tl::unexpected(run.error());
    if (*run == nullptr) return {};
    result_.at = (*run)->end;
    const std::vector<std::string>& wrong = check_.law == Law::Expectations ? (*run)->unfulfilled : (*run)->crashes;
    result_.got = wrong.empty() ? "so it is" : fmt::format("{}", fmt::join(wrong, "; "));
    if (wrong.empty()) pass(result_);
    return {};
  }

  Result<void> digest() {
    result_.what = fmt::format("the digest of the run \"{}\"", check_.run);
    std::string wanted = check_.digest;
    if (!check_.sameAs.empty()) {
      const auto other = theRun(check_.sameAs);
      if (!other) return tl::unexpected(other.error());
      if (*other == nullptr) return {};
      wanted = (*other)->digest;
    }
    result_.expected = check_.sameAs.empty() ? wanted : fmt::format("{}, as that of the run \"{}\"", wanted, check_.sameAs);
    const auto run = theRun(check_.run);
    if (!run) return tl::unexpected(run.error());
    if (*run == nullptr) return {};
    result_.got = (*run)->digest;
    if ((*run)->digest == wanted) pass(result_);
    return {};
  }

  Result<void> mutants() {
    result_.what = fmt::format("your test {}, against a sound engine and {} that are not", check_.test, check_.mutants.size());
    result_.expected = "it passes on the sound engine and fails on each of the others";
    const auto sound = runs_.test(check_, nullptr);
    if (!sound) return tl::unexpected(sound.error());
    if (sound->trouble || !sound->result.crashes.empty() || !sound->result.unfulfilled.empty()) {
      const std::vector<std::string>& wrong = sound->result.crashes.empty() ? sound->result.unfulfilled : sound->result.crashes;
      result_.got =
          sound->trouble ? *sound->trouble : fmt::format("on a sound engine it fails, so it proves nothing: {}", fmt::join(wrong, "; "));
      if (sound->isUnavailable) result_.status = CheckStatus::Skipped;
      return {};
    }
    std::vector<std::string> killed, alive;
    for (const std::string& name : check_.mutants) {
      const auto mutant = std::ranges::find(lab_.mutants, name, &Mutant::name);
      const auto run = runs_.test(check_, &*mutant);
      if (!run) return tl::unexpected(run.error());
      const bool isKilled = run->trouble || !run->result.crashes.empty() || !run->result.unfulfilled.empty();
      (isKilled ? killed : alive).push_back(fmt::format("{} ({})", mutant->name, mutant->text));
    }
    result_.got = fmt::format("{} of {} found out", killed.size(), check_.mutants.size());
    if (!alive.empty()) result_.got += fmt::format("; it lets through: {}", fmt::join(alive, "; "));
    if (alive.empty()) {
      pass(result_);
    } else {
      give(result_, result_.most * killed.size() / check_.mutants.size());
    }
    return {};
  }

  // --- page walks

  [[nodiscard]] bool isWanted(WalkKind kind) const {
    return check_.walks.empty() || std::ranges::find(check_.walks, kind) != check_.walks.end();
  }

  Result<void> walks() {
    const LabWalks& asked = *lab_.run(check_.run)->walks;
    std::vector<std::string_view> kinds;
    for (const WalkKind kind : check_.walks) kinds.push_back(nameOf(kind));
    result_.what = fmt::format("your answers to walks of {} at {} in the run \"{}\"{}{}", asked.vm, timeWords(asked.at), check_.run,
                               kinds.empty() ? "" : ", of the kind ", fmt::join(kinds, ", "));
    result_.expected = check_.references ? "all right, and each by as many references to machine memory as the hardware makes"
                       : check_.bits     ? "all right, with the accessed and dirty bits that the hardware sets in the guest's tables"
                                         : "all right: the same end, and the same addresses";
    const auto run = theRun(check_.run);
    if (!run) return tl::unexpected(run.error());
    if (*run == nullptr) return {};
    result_.at = asked.at;
    std::uint64_t all = 0, well = 0;
    std::string first;
    for (const WalkMarks& marks : (*run)->walks) {
      if (!isWanted(marks.kind)) continue;
      all += marks.asked;
      well += check_.references ? marks.counted : check_.bits ? marks.marked : marks.right;
      if (first.empty()) first = marks.wrong;
      if (first.empty() && check_.references) first = marks.miscounted;
      if (first.empty() && check_.bits) first = marks.mismarked;
    }
    if (all == 0) return failure("{}: check {}: the run \"{}\" came across no such walk", lab_.name, check_.id, check_.run);
    result_.got = fmt::format("{} of {}{}{}", well, all, first.empty() ? "" : "; the first that is not: ", first);
    if (well == all) pass(result_);
    return {};
  }

  // --- steps of a tour, texts

  Result<void> step() {
    const LabStep& step = lab_.steps[check_.step - 1];
    result_.what = fmt::format("step {}: {}", check_.step, step.title);
    result_.expected = step.text;
    if (!submission_.tour) {
      result_.got = fmt::format("tour.toml cannot be read: {}", submission_.tour.error().text);
      return {};
    }
    const auto isDone = [&](const TomlValue& did) {
      return std::ranges::all_of(step.did, [&](const TomlEntry& wanted) {
        const TomlEntry* found = did.find(wanted.key);
        return found != nullptr && found->value.kind == wanted.value.kind && found->value.text == wanted.value.text &&
               found->value.integer == wanted.value.integer && found->value.boolean == wanted.value.boolean;
      });
    };
    const bool done = std::ranges::any_of(*submission_.tour, isDone);
    result_.got = done ? "done" : "not done";
    if (done) pass(result_);
    return {};
  }

  Result<void> text() {
    result_.what = fmt::format("your text in {}, which a person reads", check_.file);
    result_.expected = check_.words == 1 ? "a text" : fmt::format("a text of at least {} words", check_.words);
    const auto text = readSubmitted(submission_, check_.file);
    std::uint64_t words = 0;
    bool inWord = false;
    for (const char c : text ? std::string_view(*text) : std::string_view()) {
      const bool isBlank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
      if (!isBlank && !inWord) ++words;
      inWord = !isBlank;
    }
    result_.got = text ? fmt::format("{} words", words) : text.error().text;
    if (words >= check_.words) result_.status = CheckStatus::Manual;
    return {};
  }

  const Lab& lab_;
  const Check& check_;
  const Submission& submission_;
  RunSource& runs_;
  CheckResult result_;
};

}  // namespace

Result<CheckResult> judgeCheck(const Lab& lab, const Check& check, const Submission& submission, RunSource& runs) {
  return Judge(lab, check, submission, runs).judge();
}

}  // namespace overcommit
