// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/student_policies.h"

#include <algorithm>
#include <cstring>

#include "student/wire.h"

namespace overcommit {
namespace {

using policy::RequestKind;

template <typename Value>
void put(PolicyProcess& process, std::size_t at, std::span<const Value> values) {
  using Theirs = decltype(wire::of(std::declval<const Value&>()));
  auto* to = reinterpret_cast<Theirs*>(process.buffer() + at);
  for (const Value& value : values) *to++ = wire::of(value);
}

template <typename Answer>
bool ask(PolicyProcess& process, RequestKind kind, std::size_t questions, std::size_t items, std::span<Answer> answers) {
  return process.ask(kind, static_cast<std::uint32_t>(questions), static_cast<std::uint32_t>(items), false, std::as_writable_bytes(answers),
                     sizeof(Answer));
}

// Batches larger than a request are asked in pieces; without an answer, those that were there stay.
template <typename Question, typename Answer>
void askInPieces(PolicyProcess& process, RequestKind kind, std::span<const Question> questions, std::span<Answer> answers) {
  for (std::size_t at = 0; at < questions.size(); at += policy::kMostQuestions) {
    const std::size_t count = std::min<std::size_t>(questions.size() - at, policy::kMostQuestions);
    put(process, policy::kQuestionsAt, questions.subspan(at, count));
    if (!ask(process, kind, count, 0, answers.subspan(at, count))) return;
  }
}

template <typename Question, typename Candidate>
void askAboutCandidates(PolicyProcess& process, RequestKind kind, std::span<const Question> questions,
                        std::span<const Candidate> candidates, std::span<std::uint32_t> answers, std::vector<Question>& piece,
                        std::vector<Candidate>& theirs) {
  for (std::size_t at = 0; at < questions.size(); at += policy::kMostQuestions) {
    piece.clear();
    theirs.clear();
    for (std::size_t i = at; i < std::min<std::size_t>(questions.size(), at + policy::kMostQuestions); ++i) {
      Question question = questions[i];
      const auto own = candidates.subspan(question.candidates.first, question.candidates.count);
      question.candidates.first = static_cast<std::uint32_t>(theirs.size());
      theirs.insert(theirs.end(), own.begin(), own.end());
      piece.push_back(question);
    }
    put(process, policy::kQuestionsAt, std::span<const Question>(piece));
    put(process, policy::kItemsAt, std::span<const Candidate>(theirs));
    if (!ask(process, kind, piece.size(), theirs.size(), answers.subspan(at, piece.size()))) return;
  }
}

class StudentMatch final : public MatchPolicy {
 public:
  explicit StudentMatch(PolicyProcess& process) : process_(process) {}
  [[nodiscard]] std::uint32_t mostWithContents() const override { return process_.hello().wants_bytes != 0 ? policy::kMostQuestions : 0; }
  void show(std::uint32_t question, std::span<const std::byte, kPageSize> page, std::span<const std::byte, kPageSize> known) override {
    std::byte* const at = process_.buffer() + policy::kBytesAt + std::size_t{2} * question * kPageSize;
    std::memcpy(at, page.data(), kPageSize);
    std::memcpy(at + kPageSize, known.data(), kPageSize);
  }
  void match(std::span<const MatchQuestion> questions, std::span<MatchAnswer> answers) override {
    if (mostWithContents() == 0) return askInPieces(process_, RequestKind::Match, questions, answers);
    if (questions.empty()) return;  // most scans find nothing that is known
    put(process_, policy::kQuestionsAt, questions);
    process_.ask(RequestKind::Match, static_cast<std::uint32_t>(questions.size()), 0, true, std::as_writable_bytes(answers),
                 sizeof(MatchAnswer));
  }

 private:
  PolicyProcess& process_;
};

class StudentVictim final : public VictimPolicy {
 public:
  explicit StudentVictim(PolicyProcess& process) : process_(process) {}
  [[nodiscard]] std::uint32_t candidatesWanted() const override { return process_.hello().candidates_wanted; }
  void choose(std::span<const VictimQuestion> questions, std::span<const VictimCandidate> candidates,
              std::span<std::uint32_t> answers) override {
    askAboutCandidates(process_, RequestKind::Victim, questions, candidates, answers, piece_, theirs_);
  }

 private:
  PolicyProcess& process_;
  std::vector<VictimQuestion> piece_;
  std::vector<VictimCandidate> theirs_;
};

class StudentZip final : public ZipPolicy {
 public:
  explicit StudentZip(PolicyProcess& process) : process_(process) {}
  void admit(std::span<const ZipQuestion> questions, std::span<ZipAnswer> answers) override {
    askInPieces(process_, RequestKind::Admit, questions, answers);
  }
  [[nodiscard]] std::uint32_t candidatesWanted() const override { return process_.hello().candidates_wanted; }
  void evict(std::span<const EvictQuestion> questions, std::span<const ZippedCandidate> candidates,
             std::span<std::uint32_t> answers) override {
    askAboutCandidates(process_, RequestKind::Evict, questions, candidates, answers, piece_, theirs_);
  }

 private:
  PolicyProcess& process_;
  std::vector<EvictQuestion> piece_;
  std::vector<ZippedCandidate> theirs_;
};

class StudentFreeState final : public FreeStatePolicy {
 public:
  explicit StudentFreeState(PolicyProcess& process) : process_(process) {}
  void next(std::span<const FreeStateQuestion> questions, std::span<FreeState> answers) override {
    askInPieces(process_, RequestKind::FreeState, questions, answers);
  }

 private:
  PolicyProcess& process_;
};

class StudentTargets final : public TargetsPolicy {
 public:
  explicit StudentTargets(PolicyProcess& process) : process_(process) {}
  void targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<Pages> answers) override {
    put(process_, policy::kQuestionsAt, std::span(&question, 1));
    put(process_, policy::kItemsAt, vms);
    ask(process_, RequestKind::Targets, 1, vms.size(), answers);
  }

 private:
  PolicyProcess& process_;
};

}  // namespace

class StudentPolicies::Behind {
 public:
  std::optional<StudentMatch> match;
  std::optional<StudentVictim> victim;
  std::optional<StudentZip> zip;
  std::optional<StudentFreeState> freeState;
  std::optional<StudentTargets> targets;
  PolicyProcess* walker = nullptr;
};

StudentPolicies::StudentPolicies() : behind_(std::make_unique<Behind>()) {}
StudentPolicies::~StudentPolicies() = default;

PolicyResult<std::unique_ptr<StudentPolicies>> StudentPolicies::start(const std::vector<BuiltPolicy>& built,
                                                                      const PolicySettings& settings) {
  std::unique_ptr<StudentPolicies> all(new StudentPolicies());
  for (const BuiltPolicy& policy : built) {
    const bool given =
        std::ranges::any_of(all->processes_, [&](const auto& other) { return other->source().subject == policy.source.subject; });
    if (given)
      return tl::unexpected(PolicyFailure{PolicyTrouble::NotFound,
                                          fmt::format("there are two {} policies, and one decides", infoOf(policy.source.subject).name)});
    auto started = PolicyProcess::start(policy, settings);
    if (!started) return tl::unexpected(started.error());
    PolicyProcess& process = **started;
    all->processes_.push_back(std::move(*started));
    all->hashes_.push_back(policy.workspace->hash());
    switch (policy.source.subject) {
      case PolicySubject::Match: all->behind_->match.emplace(process); break;
      case PolicySubject::Victim: all->behind_->victim.emplace(process); break;
      case PolicySubject::Zip: all->behind_->zip.emplace(process); break;
      case PolicySubject::FreeState: all->behind_->freeState.emplace(process); break;
      case PolicySubject::Targets: all->behind_->targets.emplace(process); break;
      case PolicySubject::Walk: all->behind_->walker = &process; break;
    }
  }
  return all;
}

Policies StudentPolicies::asked() {
  const auto orNone = [](auto& policy) { return policy ? &*policy : nullptr; };
  return {orNone(behind_->match), orNone(behind_->victim), orNone(behind_->zip), orNone(behind_->freeState), orNone(behind_->targets)};
}

PolicyProcess* StudentPolicies::walker() { return behind_->walker; }

void StudentPolicies::reportTo(EventLog& log) {
  for (const auto& process : processes_) {
    const auto record = [&log, subject = static_cast<std::uint64_t>(process->source().subject)](EventKind kind, std::string_view text) {
      Event event;
      event.kind = kind;
      event.vmTime = log.hostTime();
      event.values[0] = subject;
      event.text = text.substr(0, kEventTextMax);
      log.record(std::move(event));
    };
    process->onPrinted = [record](std::string_view line) { record(EventKind::PolicyPrinted, line); };
    process->onFailure = [record](const PolicyFailure& failure) { record(EventKind::PolicyFailed, failure.text); };
  }
}

const PolicyFailure* StudentPolicies::failure() const {
  for (const auto& process : processes_) {
    if (process->failure()) return &*process->failure();
  }
  return nullptr;
}

std::vector<PolicyOutcome> StudentPolicies::outcomes() const {
  std::vector<PolicyOutcome> all;
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    const PolicyProcess& process = *processes_[i];
    all.push_back({process.source(), hashes_[i], process.requests(), process.questions(), process.failure()});
  }
  return all;
}

void StudentPolicies::finish() {
  for (const auto& process : processes_) process->finish();
}

}  // namespace overcommit
