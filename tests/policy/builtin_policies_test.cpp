// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/builtin_policies.h"

#include <vector>

#include "support/test.h"

using namespace overcommit;

namespace {

MatchQuestion matchOf(std::uint64_t hash, std::uint64_t knownHash, std::uint64_t salt, std::uint64_t knownSalt) {
  MatchQuestion question;
  question.hash = hash;
  question.knownHash = knownHash;
  question.salt = salt;
  question.knownSalt = knownSalt;
  question.vm = VmId(1);
  question.knownVm = VmId(2);
  return question;
}

ZipQuestion zipOf(std::uint32_t bytes, std::uint64_t mostFrames) {
  ZipQuestion question;
  question.vm = VmId(0);
  question.bytes = bytes;
  question.mostFrames = Pages(mostFrames);
  return question;
}

}  // namespace

// Each test asks through the interface, as the host does.
class BuiltinPoliciesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void pagesMatchIfHashAndSaltAreEqual() {  // KB2097593
    const std::vector<MatchQuestion> questions{matchOf(7, 7, 0, 0), matchOf(7, 8, 0, 0), matchOf(7, 7, 1, 2), matchOf(7, 7, 5, 5)};
    std::vector<MatchAnswer> answers(questions.size());
    policies_.match->match(questions, answers);
    QCOMPARE(answers, (std::vector{MatchAnswer::CompareAndShare, MatchAnswer::Leave, MatchAnswer::Leave, MatchAnswer::CompareAndShare}));
  }

  void victimIsTheFirstOfTheDrawnCandidates() {  // W02 3.3: random within the VM
    QCOMPARE(policies_.victim->candidatesWanted(), 1u);
    std::vector<VictimCandidate> candidates(5);
    std::vector<VictimQuestion> questions(2);
    questions[0].candidates = {0, 2};
    questions[1].candidates = {2, 3};
    std::vector<std::uint32_t> answers{9, 9};
    policies_.victim->choose(questions, candidates, answers);
    QCOMPARE(answers, (std::vector<std::uint32_t>{0, 0}));
  }

  void pageIsZippedIfItFitsHalfAPageToTheByte() {  // DOC-ZIP, LTB
    const std::vector<ZipQuestion> questions{zipOf(2048, 10), zipOf(2049, 10), zipOf(0, 10), zipOf(1024, 0)};
    std::vector<ZipAnswer> answers(questions.size());
    policies_.zip->admit(questions, answers);
    QCOMPARE(answers, (std::vector{ZipAnswer::Zip, ZipAnswer::Swap, ZipAnswer::Zip, ZipAnswer::Swap}));
  }

  void pageThatWasZippedFirstLeavesAFullCache() {  // LTB
    QCOMPARE(policies_.zip->candidatesWanted(), 1u);
    std::vector<ZippedCandidate> candidates(3);
    std::vector<EvictQuestion> questions(1);
    questions[0].candidates = {0, 3};
    std::vector<std::uint32_t> answers{9};
    policies_.zip->evict(questions, candidates, answers);
    QCOMPARE(answers[0], 0u);
  }

  void nextStateIsThatOfTheFreeStateModel() {
    const FreeStateThresholds thresholds{Pages(1000), Pages(640), Pages(320), Pages(160), Pages(40)};
    std::vector<FreeStateQuestion> questions;
    for (const FreeState current : {FreeState::High, FreeState::Soft, FreeState::Hard, FreeState::Low}) {
      for (std::uint64_t free = 0; free < 1100; ++free) questions.push_back({current, Pages(free), thresholds});
    }
    std::vector<FreeState> answers(questions.size());
    policies_.freeState->next(questions, answers);
    for (std::size_t i = 0; i < questions.size(); ++i)
      QCOMPARE(answers[i], nextFreeState(questions[i].current, questions[i].free, thresholds));
  }

  void targetsAreThoseOfTheAllocation() {
    std::vector<VmClaim> vms(3);
    for (std::uint64_t i = 0; i < vms.size(); ++i) {
      vms[i].shares = 1000 * (i + 1);
      vms[i].configured = Pages(1000);
      vms[i].active = Pages(200 * i);
    }
    const TargetsQuestion question{Pages(1500), {75, IdleTaxCurve::Flat}};
    std::vector<Pages> answers(vms.size());
    policies_.targets->targets(question, vms, answers);
    QCOMPARE(answers, allocationTargets(Pages(1500), vms, question.tax));
  }

  void emptyBatchesAreAnswered() {
    policies_.match->match({}, {});
    policies_.victim->choose({}, {}, {});
    policies_.zip->admit({}, {});
    policies_.zip->evict({}, {}, {});
    policies_.freeState->next({}, {});
    policies_.targets->targets({}, {}, {});
  }

 private:
  BuiltinPolicies builtin_;
  Policies policies_ = builtin_.all();
};

OVERCOMMIT_TEST(BuiltinPoliciesTest)
#include "builtin_policies_test.moc"
