// SPDX-License-Identifier: GPL-2.0-or-later
// The host asks its policies: who answers otherwise changes what happens, who answers nonsense changes nothing but the trace.
#include <array>
#include <map>
#include <set>

#include "policy/builtin_policies.h"
#include "support/overcommitted_host.h"
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

RunConfig crowded() { return overcommittedHost(800, 1500); }

// What a run came to. `refusals`: of the answers of policies, by reason.
struct Ran {
  std::string digest;
  std::uint64_t shares = 0, zips = 0, swapOuts = 0, blocks = 0, operations = 0;
  std::map<std::uint64_t, std::uint64_t> refusals;
  std::vector<Event> events;
  [[nodiscard]] std::uint64_t refused(RefusalReason reason) const {
    const auto found = refusals.find(static_cast<std::uint64_t>(reason));
    return found == refusals.end() ? 0 : found->second;
  }
};

Ran runWith(const Policies& policies, RunConfig config = crowded()) {
  TestHost test(std::move(config), {}, policies);
  for (const EventKind kind : {EventKind::Refusal, EventKind::Share, EventKind::Zip, EventKind::Unzip, EventKind::SwapOut,
                               EventKind::TargetSet, EventKind::Discard})
    test.keep(kind);
  Ran ran;
  if (!test.start()) {
    ran.digest = test.error();
    return ran;
  }
  invariant(test.runUntilOff(seconds(600)), "the VMs end");
  ran.digest = test.digest();
  for (std::size_t i = 0; i < 3; ++i) {
    invariant(test.vm(i).state() == VmState::Off, "no VM crashes: " + test.vm(i).crashReason());
    ran.zips += test.vm(i).counters().zips;
    ran.swapOuts += test.vm(i).counters().swapOuts;
    ran.operations += test.vm(i).meter().operations();
  }
  ran.events = test.events();
  ran.shares = test.count(EventKind::Share);
  ran.blocks = test.count(EventKind::Block);
  for (const Event& event : ran.events) {
    if (event.kind == EventKind::Refusal) ++ran.refusals[event.values[0]];
  }
  return ran;
}

class LeaveAll final : public MatchPolicy {
 public:
  void match(std::span<const MatchQuestion> questions, std::span<MatchAnswer> answers) override {
    largest = std::max(largest, questions.size());
    for (const MatchQuestion& question : questions)
      sound = sound && question.hash == question.knownHash && question.salt == question.knownSalt;
    std::ranges::fill(answers, MatchAnswer::Leave);
  }
  std::size_t largest = 0;
  bool sound = true;
};

// Of many candidates the one with the lowest frame number.
class LowestVictim final : public VictimPolicy {
 public:
  [[nodiscard]] std::uint32_t candidatesWanted() const override { return 16; }
  void choose(std::span<const VictimQuestion> questions, std::span<const VictimCandidate> candidates,
              std::span<std::uint32_t> answers) override {
    largest = std::max(largest, questions.size());
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const auto own = candidates.subspan(questions[i].candidates.first, questions[i].candidates.count);
      for (const VictimCandidate& page : own) {
        sound = sound && page.placed <= page.seen && page.seen <= questions[i].now;
        sound = sound && std::ranges::count(own, page.gfn, &VictimCandidate::gfn) == 1;
        seenLater = seenLater || page.placed < page.seen;
      }
      answers[i] = static_cast<std::uint32_t>(std::ranges::min_element(own, {}, &VictimCandidate::gfn) - own.begin());
    }
  }
  std::size_t largest = 0;
  bool sound = true, seenLater = false;
};

class ThirdOldestLeaves final : public ZipPolicy {
 public:
  explicit ThirdOldestLeaves(ZipAnswer admission = ZipAnswer::Zip) : admission_(admission) {}
  void admit(std::span<const ZipQuestion>, std::span<ZipAnswer> answers) override { std::ranges::fill(answers, admission_); }
  [[nodiscard]] std::uint32_t candidatesWanted() const override { return 3; }
  void evict(std::span<const EvictQuestion> questions, std::span<const ZippedCandidate> candidates,
             std::span<std::uint32_t> answers) override {
    for (std::size_t i = 0; i < questions.size(); ++i) answers[i] = questions[i].candidates.count - 1;
    sound = sound && std::ranges::is_sorted(candidates, {}, &ZippedCandidate::zipped);
  }
  bool sound = true;

 private:
  ZipAnswer admission_;
};

class AlwaysState final : public FreeStatePolicy {
 public:
  explicit AlwaysState(FreeState state) : state_(state) {}
  void next(std::span<const FreeStateQuestion>, std::span<FreeState> answers) override { std::ranges::fill(answers, state_); }

 private:
  FreeState state_;
};

// The first VM gets what it may have, the others share what is left.
class FirstVmFirst final : public TargetsPolicy {
 public:
  void targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<Pages> answers) override {
    Pages left = question.available;
    for (std::size_t i = 0; i < vms.size(); ++i) {
      answers[i] = std::min(vms[i].configured, left);
      left = left - answers[i];
    }
  }
};

// Answers by chance, of which a part is nonsense: a seed's answers are always the same.
class Madman final : public MatchPolicy, public VictimPolicy, public ZipPolicy, public FreeStatePolicy, public TargetsPolicy {
 public:
  explicit Madman(std::uint64_t seed, bool alwaysWrong = false) : draws_(seed, "madman"), alwaysWrong_(alwaysWrong) {}
  void match(std::span<const MatchQuestion>, std::span<MatchAnswer> answers) override { fill(answers, 2); }
  [[nodiscard]] std::uint32_t candidatesWanted() const override { return alwaysWrong_ ? 1 : 5; }
  void choose(std::span<const VictimQuestion>, std::span<const VictimCandidate>, std::span<std::uint32_t> answers) override {
    fill(answers, 5);
  }
  void admit(std::span<const ZipQuestion>, std::span<ZipAnswer> answers) override { fill(answers, 2); }
  void evict(std::span<const EvictQuestion>, std::span<const ZippedCandidate>, std::span<std::uint32_t> answers) override {
    fill(answers, 5);
  }
  void next(std::span<const FreeStateQuestion>, std::span<FreeState> answers) override { fill(answers, 5); }
  void targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<Pages> answers) override {
    for (std::size_t i = 0; i < vms.size(); ++i)
      answers[i] = Pages(alwaysWrong_ ? ~std::uint64_t{0} - i : draws_.below(question.available.value() / 2 + 1));
  }
  [[nodiscard]] Policies all() { return {this, this, this, this, this}; }

 private:
  // `right`: answers below it are right, or may be.
  template <typename Answer>
  void fill(std::span<Answer> answers, std::uint64_t right) {
    for (Answer& answer : answers)
      answer = static_cast<Answer>(alwaysWrong_ ? 200 + draws_.below(50) : draws_.below(right + right / 4 + 1));
  }
  Random draws_;
  bool alwaysWrong_;
};

constexpr std::array kWrong{RefusalReason::WrongMatch,    RefusalReason::WrongVictim,    RefusalReason::WrongZip,
                            RefusalReason::WrongEviction, RefusalReason::WrongFreeState, RefusalReason::WrongTargets};

}  // namespace

class PolicySeamTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    builtin_ = runWith({});
    const std::string sums = fmt::format("{} shares, {} zips, {} swap-outs", builtin_.shares, builtin_.zips, builtin_.swapOuts);
    QVERIFY2(builtin_.shares > 500 && builtin_.zips > 200 && builtin_.swapOuts > 500, sums.c_str());
    for (const RefusalReason reason : kWrong) QCOMPARE(builtin_.refused(reason), 0u);
    QCOMPARE(builtin_.refused(RefusalReason::ByPolicy), 0u);
  }

  // Asked in batches and ahead of the time, the same answers have the same effect to the last event.
  void builtInPoliciesBehindTheSeamDecideTheSame() {
    BuiltinPolicies policies;
    QCOMPARE(runWith(policies.all()).digest, builtin_.digest);
  }

  void matchPolicyThatLeavesAllPagesAloneSharesNothing() {
    LeaveAll policy;
    const Ran ran = runWith({.match = &policy});
    QCOMPARE(ran.shares, 0u);
    QVERIFY(ran.refused(RefusalReason::ByPolicy) > 100);
    QVERIFY(policy.sound);
    QVERIFY(policy.largest > 1);
    QCOMPARE(ran.operations, builtin_.operations);
  }

  void victimPolicyChoosesWhichPagesGo() {
    LowestVictim policy;
    const Ran ran = runWith({.victim = &policy});
    QVERIFY(policy.sound);
    QVERIFY(policy.seenLater);
    QVERIFY(policy.largest > 1);
    QVERIFY(2 * meanVictim(ran) < meanVictim(builtin_));
    QCOMPARE(ran.operations, builtin_.operations);
  }

  void zipPolicyThatAdmitsNothingLeavesTheCacheEmpty() {
    ThirdOldestLeaves policy(ZipAnswer::Swap);
    const Ran ran = runWith({.zip = &policy});
    QCOMPARE(ran.zips, 0u);
    QVERIFY(ran.swapOuts > builtin_.swapOuts);
    QVERIFY(ran.refused(RefusalReason::ByPolicy) > 100);
  }

  void zipPolicyChoosesWhichPageLeavesTheCache() {
    ThirdOldestLeaves policy;
    const Ran ran = runWith({.zip = &policy});
    QVERIFY(policy.sound);
    QCOMPARE(evictedPlaces(builtin_), (std::set<std::size_t>{0}));
    QCOMPARE(evictedPlaces(ran), (std::set<std::size_t>{2}));
  }

  void freeStatePolicyDecidesWhetherAnythingIsReclaimedInTime() {
    AlwaysState high(FreeState::High), low(FreeState::Low);
    const Ran relaxed = runWith({.freeState = &high});
    const Ran strict = runWith({.freeState = &low});
    QVERIFY(strict.blocks > relaxed.blocks);
    for (const Event& event : relaxed.events) {
      if (event.kind == EventKind::ReclaimStart) QVERIFY(event.values[0] != static_cast<std::uint64_t>(ReclaimReason::FreeState));
    }
    QCOMPARE(relaxed.operations, builtin_.operations);
    QCOMPARE(strict.operations, builtin_.operations);
  }

  void targetsPolicyDecidesWhoHasHowMuch() {
    FirstVmFirst policy;
    const Ran ran = runWith({.targets = &policy});
    QVERIFY(lowestTarget(ran, 0) > lowestTarget(builtin_, 0) + mebibytes(3).value());
    QVERIFY(lowestTarget(ran, 2) <= lowestTarget(builtin_, 2));
    QCOMPARE(ran.refused(RefusalReason::WrongTargets), 0u);
  }

  void nonsenseIsReportedAndTheBuiltInAnswerUsed() {
    Madman policy(1, true);
    const Ran ran = runWith(policy.all());
    for (const RefusalReason reason : kWrong) QVERIFY2(ran.refused(reason) > 0, std::string(nameOf(reason)).c_str());
    QCOMPARE(ran.shares, builtin_.shares);
    QCOMPARE(ran.zips, builtin_.zips);
    QCOMPARE(ran.swapOuts, builtin_.swapOuts);
    QCOMPARE(ran.blocks, builtin_.blocks);
    QCOMPARE(ran.operations, builtin_.operations);
  }

  // Contents and laws hold under any answers: the audit runs, and the VMs check what they read.
  void answersByChanceAreSurvived_data() {
    QTest::addColumn<int>("seed");
    for (int seed = 1; seed <= (full() ? 40 : 2); ++seed) QTest::addRow("%d", seed) << seed;
  }
  void answersByChanceAreSurvived() {
    QFETCH(const int, seed);
    Madman policy(static_cast<std::uint64_t>(seed));
    const Ran ran = runWith(policy.all());
    QCOMPARE(ran.operations, builtin_.operations);
    QVERIFY(ran.refused(RefusalReason::WrongVictim) > 0);
    Madman again(static_cast<std::uint64_t>(seed));
    QCOMPARE(runWith(again.all()).digest, ran.digest);
  }

 private:
  static double meanVictim(const Ran& ran) {
    double sum = 0, pages = 0;
    for (const Event& event : ran.events) {
      const bool taken = event.kind == EventKind::Zip || (event.kind == EventKind::SwapOut && event.values[1] == 0);
      if (!taken) continue;
      sum += static_cast<double>(event.gfn.value());
      ++pages;
    }
    return sum / pages;
  }

  // Where pages that were thrown out of a full cache stood in its order, the last places of nearly empty ones aside.
  static std::set<std::size_t> evictedPlaces(const Ran& ran) {
    std::map<std::uint16_t, std::vector<Gfn>> caches;
    std::set<std::size_t> places;
    for (const Event& event : ran.events) {
      std::vector<Gfn>& cache = caches[event.vm.value()];
      if (event.kind == EventKind::Zip && event.values[2] != 0) cache.push_back(event.gfn);
      const auto found = std::ranges::find(cache, event.gfn);
      if (found == cache.end()) continue;
      if (event.kind == EventKind::SwapOut && cache.size() >= 3) places.insert(static_cast<std::size_t>(found - cache.begin()));
      if (event.kind == EventKind::SwapOut || event.kind == EventKind::Unzip || event.kind == EventKind::Discard) cache.erase(found);
    }
    return places;
  }

  static std::uint64_t lowestTarget(const Ran& ran, std::uint16_t vm) {
    std::uint64_t lowest = ~std::uint64_t{0};
    for (const Event& event : ran.events) {
      // As long as all three are there.
      if (event.kind == EventKind::PowerOff) break;
      if (event.kind == EventKind::TargetSet && event.vm == VmId(vm)) lowest = std::min(lowest, event.values[0]);
    }
    return lowest;
  }

  Ran builtin_;
};

OVERCOMMIT_TEST(PolicySeamTest)
#include "policy_seam_test.moc"
