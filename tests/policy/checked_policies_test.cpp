// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/checked_policies.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "support/test.h"

using namespace overcommit;

namespace {

// Gives every question the same answer, or none.
struct SameAnswer final : MatchPolicy, VictimPolicy, ZipPolicy, FreeStatePolicy, TargetsPolicy {
  std::optional<std::uint64_t> answer;
  std::vector<std::uint64_t> given;  // of targets: one for each VM
  std::uint32_t wanted = 1;

  void match(std::span<const MatchQuestion>, std::span<MatchAnswer> answers) override { fill(answers); }
  [[nodiscard]] std::uint32_t candidatesWanted() const override { return wanted; }
  void choose(std::span<const VictimQuestion>, std::span<const VictimCandidate>, std::span<std::uint32_t> answers) override {
    fill(answers);
  }
  void admit(std::span<const ZipQuestion>, std::span<ZipAnswer> answers) override { fill(answers); }
  void evict(std::span<const EvictQuestion>, std::span<const ZippedCandidate>, std::span<std::uint32_t> answers) override { fill(answers); }
  void next(std::span<const FreeStateQuestion>, std::span<FreeState> answers) override { fill(answers); }
  void targets(const TargetsQuestion&, std::span<const VmClaim>, std::span<Pages> answers) override {
    for (std::size_t i = 0; i < std::min(answers.size(), given.size()); ++i) answers[i] = Pages(given[i]);
  }

  [[nodiscard]] Policies all() { return {this, this, this, this, this}; }

 private:
  template <typename Answer>
  void fill(std::span<Answer> answers) const {
    if (!answer) return;
    for (Answer& each : answers) each = static_cast<Answer>(*answer);
  }
};

constexpr FreeStateThresholds kFourOfSeam{Pages(1000), Pages(640), Pages(320), Pages(160), Pages(40)};

MatchQuestion matchAbout(std::uint64_t salt, std::uint64_t knownSalt) {
  MatchQuestion question;
  question.hash = question.knownHash = 5;
  question.salt = salt;
  question.knownSalt = knownSalt;
  question.vm = VmId(3);
  question.gfn = Gfn(70);
  return question;
}

VmClaim seamClaim(std::uint64_t configured, std::uint64_t reservation, std::uint64_t limit) {
  VmClaim claim;
  claim.shares = 1000;
  claim.configured = Pages(configured);
  claim.reservation = Pages(reservation);
  claim.limit = Pages(limit);
  return claim;
}

}  // namespace

class CheckedPoliciesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() {
    policy_ = SameAnswer();
    wrong_.clear();
    checked_.report = [this](const WrongAnswer& answer) { wrong_.push_back(answer); };
  }

  void rightAnswersAreFollowedWhateverTheyAre() {
    policy_.answer = 0;
    QCOMPARE(checked_.match(matchAbout(1, 1)), MatchAnswer::Leave);
    QCOMPARE(checked_.zip({VmId(0), Gfn(0), 100, Pages(0), Pages(10)}), ZipAnswer::Swap);
    QCOMPARE(checked_.freeState({FreeState::Low, Pages(0), kFourOfSeam}), FreeState::High);
    policy_.answer = 2;
    const std::vector<ZippedCandidate> zipped(3);
    QCOMPARE(checked_.evict({VmId(0), VirtualTime(0), {0, 3}}, zipped), 2u);
    QCOMPARE(victim(3), 2u);
    QVERIFY(wrong_.empty());
  }

  void pagesOfDifferentSaltAreNeverLetThrough() {
    policy_.answer = static_cast<std::uint64_t>(MatchAnswer::CompareAndShare);
    QCOMPARE(checked_.match(matchAbout(1, 2)), MatchAnswer::Leave);
    QCOMPARE(wrong_.size(), 1u);
    QCOMPARE(wrong_[0].which, RefusalReason::WrongMatch);
    QCOMPARE(wrong_[0].vm, VmId(3));
    QCOMPARE(wrong_[0].gfn, Gfn(70));
    QVERIFY(wrong_[0].text.starts_with("answered 1 (compare and share) for pages of salts 1 and 2; "));
    QCOMPARE(checked_.match(matchAbout(2, 2)), MatchAnswer::CompareAndShare);
    QCOMPARE(wrong_.size(), 1u);
  }

  void inABatchOnlyTheWrongAnswerIsReplaced() {
    policy_.answer = static_cast<std::uint64_t>(MatchAnswer::CompareAndShare);
    const std::vector<MatchQuestion> questions{matchAbout(1, 1), matchAbout(1, 2), matchAbout(0, 0)};
    std::vector<MatchAnswer> answers(3);
    checked_.match(questions, answers);
    QVERIFY(answers == (std::vector{MatchAnswer::CompareAndShare, MatchAnswer::Leave, MatchAnswer::CompareAndShare}));
    QCOMPARE(wrong_.size(), 1u);
  }

  void indexBehindTheCandidatesIsWrong() {
    policy_.answer = 3;
    QCOMPARE(victim(3), 0u);
    QCOMPARE(wrong_.size(), 1u);
    QCOMPARE(wrong_[0].which, RefusalReason::WrongVictim);
    const std::vector<ZippedCandidate> zipped(3);
    QCOMPARE(checked_.evict({VmId(0), VirtualTime(0), {0, 3}}, zipped), 0u);
    QCOMPARE(wrong_[1].which, RefusalReason::WrongEviction);
    for (const WrongAnswer& wrong : wrong_)
      QCOMPARE(wrong.text, std::string("answered 3; it may be the index of one of the 3 candidates, 0 to 2"));
  }

  void nothingIsZippedWhereThereMayBeNoCache() {
    policy_.answer = static_cast<std::uint64_t>(ZipAnswer::Zip);
    QCOMPARE(checked_.zip({VmId(0), Gfn(8), 100, Pages(0), Pages(0)}), ZipAnswer::Swap);
    QCOMPARE(wrong_.size(), 1u);
    QCOMPARE(wrong_[0].which, RefusalReason::WrongZip);
    QCOMPARE(wrong_[0].gfn, Gfn(8));
    QVERIFY(wrong_[0].text.starts_with("answered 1 (zip) where there may be no cache"));
  }

  void stateThatTheVintageDoesNotHaveIsWrong() {
    policy_.answer = static_cast<std::uint64_t>(FreeState::Clear);
    QCOMPARE(checked_.freeState({FreeState::High, Pages(100), kFourOfSeam}), FreeState::Low);
    QCOMPARE(wrong_.size(), 1u);
    QCOMPARE(wrong_[0].which, RefusalReason::WrongFreeState);
    QVERIFY(wrong_[0].text.starts_with("answered 1; it may be 0 (high), 2 (soft), 3 (hard) or 4 (low)"));
    FreeStateThresholds five = kFourOfSeam;
    five.clear = Pages(1000);
    five.high = Pages(4000);
    QCOMPARE(checked_.freeState({FreeState::High, Pages(100), five}), FreeState::Clear);
    policy_.answer = 5;
    QCOMPARE(checked_.freeState({FreeState::High, Pages(100), five}), FreeState::Low);
    QCOMPARE(wrong_.size(), 2u);
    QCOMPARE(wrong_[1].text, std::string("answered 5; it may be 0 (high), 1 (clear), 2 (soft), 3 (hard) or 4 (low)"));
  }

  void targetsMayUseWhatIsAvailableAndNotAPageMore() {
    const std::vector<VmClaim> vms{seamClaim(1000, 100, 1000), seamClaim(1000, 0, 500)};
    policy_.given = {900, 300};
    QVERIFY(targets(1200, vms) == (std::vector{Pages(900), Pages(300)}));
    QVERIFY(wrong_.empty());
    QVERIFY(targets(1199, vms) == allocationTargets(Pages(1199), vms, {}));
    QCOMPARE(wrong_.size(), 1u);
    QCOMPARE(wrong_[0].which, RefusalReason::WrongTargets);
    QCOMPARE(wrong_[0].vm, kNoVm);
    QCOMPARE(wrong_[0].text, std::string("answered targets of 1200 pages together; they may have 1199, what is available"));
  }

  void targetBelowAReservationOrAboveALimitIsWrong() {
    const std::vector<VmClaim> vms{seamClaim(1000, 100, 1000), seamClaim(1000, 0, 500)};
    const std::vector<Pages> builtin = allocationTargets(Pages(1200), vms, {});
    for (const std::vector<std::uint64_t>& given :
         std::vector<std::vector<std::uint64_t>>{{99, 300}, {100, 501}, {1001, 0}, {~std::uint64_t{0}, 2}, {100}, {}}) {
      policy_.given = given;
      wrong_.clear();
      QVERIFY(targets(1200, vms) == builtin);
      QCOMPARE(wrong_.size(), 1u);
      if (given.size() == 2 && given[0] == 99)
        QVERIFY(wrong_[0].text.starts_with("answered 99 as target 0; it may be 100 (its reservation) to 1000 pages"));
    }
    policy_.given = {100, 500};
    wrong_.clear();
    QVERIFY(targets(1200, vms) == (std::vector{Pages(100), Pages(500)}));
    QVERIFY(wrong_.empty());
  }

  void reservationsThatDoNotFitAreNoFault() {
    const std::vector<VmClaim> vms{seamClaim(1000, 100, 1000), seamClaim(1000, 200, 1000)};
    policy_.given = {100, 200};
    QVERIFY(targets(50, vms) == (std::vector{Pages(100), Pages(200)}));
    QVERIFY(wrong_.empty());
  }

  void policyThatSaysNothingIsWrongEveryTime() {
    QCOMPARE(checked_.match(matchAbout(1, 1)), MatchAnswer::CompareAndShare);
    QCOMPARE(victim(2), 0u);
    QCOMPARE(checked_.zip({VmId(0), Gfn(0), 100, Pages(0), Pages(10)}), ZipAnswer::Zip);
    QCOMPARE(checked_.freeState({FreeState::High, Pages(100), kFourOfSeam}), FreeState::Low);
    QCOMPARE(wrong_.size(), 4u);
    QCOMPARE(wrong_[0].text, std::string("gave no answer, or 255; it may be 0 (leave) or 1 (compare and share)"));
  }

  void candidatesAreOneAtLeastAndNotTooMany() {
    policy_.wanted = 0;
    QCOMPARE(CheckedPolicies(policy_.all()).victimCandidates(), 1u);
    QCOMPARE(CheckedPolicies(policy_.all()).evictionCandidates(), 1u);
    policy_.wanted = 7;
    QCOMPARE(CheckedPolicies(policy_.all()).victimCandidates(), 7u);
    policy_.wanted = ~0u;
    QCOMPARE(CheckedPolicies(policy_.all()).victimCandidates(), kMostCandidates);
    QCOMPARE(CheckedPolicies(policy_.all()).evictionCandidates(), kMostCandidates);
    QCOMPARE(CheckedPolicies().victimCandidates(), 1u);
  }

  void withoutAPolicyTheBuiltInOneIsAskedAndNotInBatches() {
    CheckedPolicies builtin;
    QVERIFY(!builtin.matchesInBatches() && !builtin.victimsInBatches());
    QVERIFY(checked_.matchesInBatches() && checked_.victimsInBatches());
    QCOMPARE(builtin.match(matchAbout(1, 1)), MatchAnswer::CompareAndShare);
    QCOMPARE(builtin.freeState({FreeState::High, Pages(100), kFourOfSeam}), FreeState::Low);
    QCOMPARE(builtin.zip({VmId(0), Gfn(0), 100, Pages(0), Pages(10)}), ZipAnswer::Zip);
  }

 private:
  std::uint32_t victim(std::uint32_t candidates) {
    const VictimQuestion question{VmId(0), VirtualTime(0), {0, candidates}};
    const std::vector<VictimCandidate> all(candidates);
    std::uint32_t answer = 0;
    checked_.victims({&question, 1}, all, {&answer, 1});
    return answer;
  }
  std::vector<Pages> targets(std::uint64_t available, const std::vector<VmClaim>& vms) {
    std::vector<Pages> answers(vms.size());
    checked_.targets({Pages(available), {}}, vms, answers);
    return answers;
  }

  SameAnswer policy_;
  std::vector<WrongAnswer> wrong_;
  CheckedPolicies checked_{policy_.all()};
};

OVERCOMMIT_TEST(CheckedPoliciesTest)
#include "checked_policies_test.moc"
