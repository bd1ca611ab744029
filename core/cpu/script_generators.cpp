// SPDX-License-Identifier: GPL-2.0-or-later
// Scripts without end by a rule instead of a file: which pages an operation touches. Integer arithmetic only, so that every
// machine gives the same sequence.
#include <algorithm>
#include <array>
#include <span>

#include "base/nearest.h"
#include "base/random.h"
#include "cpu/script.h"

namespace overcommit {
namespace {

using Kind = ScriptStep::Kind;
using Content = ScriptStep::Content;

constexpr std::uint64_t kAlways = 1000;  // permille

// The arguments all generators have.
constexpr std::array kCommonArguments{
    ScriptArgument{"working_set", "bytes", 0, "memory that is used, from page 0 on; 0: all of it"},
    ScriptArgument{"touches", "count", 16, "pages that an operation touches"},
    ScriptArgument{"write", "permille", 300, "touches that write; the others read and check"},
    ScriptArgument{"same", "permille", 0, "pages whose content is equal in all VMs"},
    ScriptArgument{"text", "permille", 500, "of the other pages, those that compress well"},
    ScriptArgument{"work", "time", 100'000, "time that an operation takes besides its memory"},
    ScriptArgument{"operations", "count", 0, "power off after so many; 0: never"},
    ScriptArgument{"fill", "count", 1, "1: every page of the working set is written once before the first operation; 0: not"},
};
constexpr std::array kZipfArguments{
    ScriptArgument{"skew", "count", 1, "1 to 3: the page of rank r is touched 1 / r^skew as often as the first"},
};
constexpr std::array kPhasesArguments{
    ScriptArgument{"phases", "count", 2, "parts of the memory that are used one after the other, each of the working set's size"},
    ScriptArgument{"phase_operations", "count", 1000, "operations until the next phase"},
};

struct Generator {
  std::string_view name;
  std::string_view meaning;
  std::span<const ScriptArgument> own;
};
constexpr std::array kGenerators{
    Generator{"sequential", "page after page, from the first again after the last", {}},
    Generator{"uniform", "every page equally likely", {}},
    Generator{"zipf", "a few pages often, many seldom", kZipfArguments},
    Generator{"phases", "every page of one part of the memory equally likely, then another part", kPhasesArguments},
};

std::vector<ScriptArgument> argumentsOf(const Generator& generator) {
  std::vector<ScriptArgument> all(kCommonArguments.begin(), kCommonArguments.end());
  all.insert(all.end(), generator.own.begin(), generator.own.end());
  return all;
}

// Which page is touched next.
class PageChoice {
 public:
  virtual ~PageChoice() = default;
  virtual std::uint64_t next(Random& random, std::uint64_t operation) = 0;
};

class SequentialChoice final : public PageChoice {
 public:
  explicit SequentialChoice(std::uint64_t pages) : pages_(pages) {}
  std::uint64_t next(Random&, std::uint64_t) override { return at_++ % pages_; }

 private:
  std::uint64_t pages_, at_ = 0;
};

// Uniform within one of `phases` parts of `pages` pages, by the number of the operation. One phase: uniform.
class PhasedChoice final : public PageChoice {
 public:
  PhasedChoice(std::uint64_t pages, std::uint64_t phases, std::uint64_t operationsAPhase)
      : pages_(pages), phases_(phases), operationsAPhase_(operationsAPhase) {}
  std::uint64_t next(Random& random, std::uint64_t operation) override {
    return operation / operationsAPhase_ % phases_ * pages_ + random.below(pages_);
  }

 private:
  std::uint64_t pages_, phases_, operationsAPhase_;
};

// Ranks are dealt to pages at random, so that the pages in frequent use are scattered. Very large working sets are dealt in
// groups of pages, which keeps the tables small.
class ZipfChoice final : public PageChoice {
 public:
  ZipfChoice(std::uint64_t pages, std::uint64_t skew, Random& random) : pages_(pages), groupPages_((pages + kMostRanks - 1) / kMostRanks) {
    const std::uint64_t groups = (pages + groupPages_ - 1) / groupPages_;
    cumulative_.reserve(groups);
    groupOfRank_.reserve(groups);
    std::uint64_t sum = 0;
    for (std::uint64_t rank = 1; rank <= groups; ++rank) {
      std::uint64_t weight = kWeightOfFirst;
      for (std::uint64_t i = 0; i < skew; ++i) weight /= rank;
      sum += std::max<std::uint64_t>(weight, 1);
      cumulative_.push_back(sum);
      groupOfRank_.push_back(rank - 1);
    }
    for (std::uint64_t i = groups; i > 1; --i) std::swap(groupOfRank_[i - 1], groupOfRank_[random.below(i)]);
  }
  std::uint64_t next(Random& random, std::uint64_t) override {
    const std::uint64_t draw = random.below(cumulative_.back());
    const auto rank = std::upper_bound(cumulative_.begin(), cumulative_.end(), draw) - cumulative_.begin();
    const std::uint64_t first = groupOfRank_[static_cast<std::size_t>(rank)] * groupPages_;
    return first + random.below(std::min(groupPages_, pages_ - first));
  }

 private:
  static constexpr std::uint64_t kMostRanks = 65536;
  static constexpr std::uint64_t kWeightOfFirst = std::uint64_t{1} << 40;
  std::uint64_t pages_, groupPages_;
  std::vector<std::uint64_t> cumulative_, groupOfRank_;
};

struct OperationRule {
  std::uint64_t pages = 0;  // all that may be touched
  std::uint64_t touches = 0, write = 0, same = 0, text = 0;
  VirtualTime work;
  std::uint64_t operations = 0;
  bool fill = false;
};

class GeneratedScript final : public ScriptSource {
 public:
  GeneratedScript(const OperationRule& rule, std::unique_ptr<PageChoice> choice, Random random)
      : rule_(rule), choice_(std::move(choice)), random_(random), filled_(rule.fill ? 0 : rule.pages) {}

  std::optional<ScriptStep> next() override {
    if (filled_ < rule_.pages) return writeTo(filled_++);
    if (rule_.operations != 0 && operation_ == rule_.operations) return std::nullopt;
    if (touch_ < rule_.touches) {
      ++touch_;
      const std::uint64_t page = choice_->next(random_, operation_);
      if (random_.below(kAlways) < rule_.write) return writeTo(page);
      ScriptStep step;
      step.kind = Kind::Read;
      step.gfn = Gfn(page);
      return step;
    }
    touch_ = 0;
    ++operation_;
    ScriptStep step;
    step.kind = Kind::Operation;
    step.time = rule_.work;
    return step;
  }

 private:
  // A page keeps its class of content for good; what it holds changes with every write, except where all VMs hold the same.
  ScriptStep writeTo(std::uint64_t page) {
    ScriptStep step;
    step.kind = Kind::Write;
    step.gfn = Gfn(page);
    Random classOf(page, "content class of a page");
    if (classOf.below(kAlways) < rule_.same) {
      step.content = Content::Same;
      step.value = page;
    } else {
      step.content = classOf.below(kAlways) < rule_.text ? Content::Text : Content::Random;
      step.value = ++writes_;
    }
    return step;
  }

  OperationRule rule_;
  std::unique_ptr<PageChoice> choice_;
  Random random_;
  std::uint64_t filled_;
  std::uint64_t operation_ = 0, touch_ = 0, writes_ = 0;
};

// The value of each argument: given or default.
class Values {
 public:
  Values(const std::vector<ScriptArgument>& known, const std::vector<NamedValue>& given) : known_(known), given_(given) {}
  [[nodiscard]] std::uint64_t operator[](std::string_view name) const {
    for (const NamedValue& value : given_) {
      if (value.name == name) return value.value;
    }
    const auto argument = std::find_if(known_.begin(), known_.end(), [name](const ScriptArgument& a) { return a.name == name; });
    invariant(argument != known_.end(), "a generator asks for arguments it declares");
    return argument->fallback;
  }
  [[nodiscard]] std::optional<Error> problem() const {
    std::vector<std::string_view> names;
    for (const ScriptArgument& argument : known_) names.push_back(argument.name);
    for (const NamedValue& value : given_) {
      const auto argument = std::find_if(known_.begin(), known_.end(), [&](const ScriptArgument& a) { return a.name == value.name; });
      if (argument == known_.end()) return Error{fmt::format("it has no argument \"{}\"{}", value.name, didYouMean(value.name, names))};
      if (argument->unit == "permille" && value.value > kAlways) {
        return Error{fmt::format("{} = {} is more than 1000 permille", value.name, value.value)};
      }
    }
    return std::nullopt;
  }

 private:
  const std::vector<ScriptArgument>& known_;
  const std::vector<NamedValue>& given_;
};

}  // namespace

std::vector<ScriptGeneratorInfo> scriptGenerators() {
  std::vector<ScriptGeneratorInfo> all;
  for (const Generator& generator : kGenerators) all.push_back({generator.name, generator.meaning, argumentsOf(generator)});
  return all;
}

Result<std::unique_ptr<ScriptSource>> makeScriptGenerator(std::string_view name, const std::vector<NamedValue>& arguments, Pages memory,
                                                          std::uint64_t seed) {
  const auto generator = std::find_if(kGenerators.begin(), kGenerators.end(), [name](const Generator& g) { return g.name == name; });
  if (generator == kGenerators.end()) {
    std::vector<std::string_view> names;
    for (const Generator& known : kGenerators) names.push_back(known.name);
    return failure("there is no script generator \"{}\"{}", name, didYouMean(name, names));
  }
  const auto refuse = [name](std::string_view why) { return failure("script generator {}: {}", name, why); };
  const std::vector<ScriptArgument> known = argumentsOf(*generator);
  const Values value(known, arguments);
  if (const auto problem = value.problem()) return refuse(problem->text);
  if (value["fill"] > 1) return refuse("fill is 0 or 1");
  if (value["touches"] == 0) return refuse("an operation must touch at least one page");

  const bool phased = name == "phases";
  const std::uint64_t phases = phased ? value["phases"] : 1;
  if (phases == 0 || phases > memory.value()) return refuse("phases must be at least 1 and at most the VM's pages");
  if (phased && value["phase_operations"] == 0) return refuse("a phase must last at least one operation");
  const std::uint64_t whole = memory.value() / phases;
  const std::uint64_t workingSet = value["working_set"] == 0 ? whole : pagesOf(Bytes(value["working_set"])).value();
  if (workingSet == 0 || workingSet > whole) {
    return refuse(fmt::format("a working set of {} pages in {} {} does not fit the VM's {} pages", workingSet, phases,
                              phases == 1 ? "part" : "parts", memory.value()));
  }

  OperationRule rule;
  rule.pages = workingSet * phases;
  rule.touches = value["touches"];
  rule.write = value["write"];
  rule.same = value["same"];
  rule.text = value["text"];
  rule.work = VirtualTime(value["work"]);
  rule.operations = value["operations"];
  rule.fill = value["fill"] == 1;

  Random random(seed, "script generator");
  std::unique_ptr<PageChoice> choice;
  if (name == "sequential") choice = std::make_unique<SequentialChoice>(workingSet);
  if (name == "uniform") choice = std::make_unique<PhasedChoice>(workingSet, 1, 1);
  if (phased) choice = std::make_unique<PhasedChoice>(workingSet, phases, value["phase_operations"]);
  if (name == "zipf") {
    const std::uint64_t skew = value["skew"];
    if (skew < 1 || skew > 3) return refuse("skew is 1, 2 or 3");
    choice = std::make_unique<ZipfChoice>(workingSet, skew, random);
  }
  invariant(choice != nullptr, "every generator chooses pages");
  return std::make_unique<GeneratedScript>(rule, std::move(choice), random);
}

}  // namespace overcommit
