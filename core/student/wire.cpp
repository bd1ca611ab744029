// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/wire.h"

namespace overcommit::wire {
namespace {

// Whoever adds to a question of the seam finds out here that policies are not told.
static_assert(sizeof(MatchQuestion) == sizeof(policy::MatchQuestion) && sizeof(VictimQuestion) == sizeof(policy::VictimQuestion) &&
              sizeof(VictimCandidate) == sizeof(policy::VictimCandidate) && sizeof(ZippedCandidate) == sizeof(policy::ZippedCandidate) &&
              sizeof(EvictQuestion) == sizeof(policy::EvictQuestion) &&
              sizeof(FreeStateThresholds) == sizeof(policy::FreeStateThresholds) &&
              sizeof(FreeStateQuestion) == sizeof(policy::FreeStateQuestion) &&
              sizeof(TargetsQuestion) == sizeof(policy::TargetsQuestion) && sizeof(VmClaim) == sizeof(policy::VmClaim) &&
              sizeof(ZipQuestion) == sizeof(policy::ZipQuestion) + 8);

// Answers come as they are, one a byte or word.
template <typename Ours, typename Theirs>
constexpr bool kSame = sizeof(Ours) == sizeof(Theirs) && std::is_same_v<std::underlying_type_t<Ours>, std::underlying_type_t<Theirs>>;
static_assert(kSame<MatchAnswer, policy::MatchAnswer> && kSame<ZipAnswer, policy::ZipAnswer> && kSame<FreeState, policy::FreeState>);
static_assert(sizeof(Pages) == sizeof(std::uint64_t) && kArePlain<Pages>);
static_assert(static_cast<int>(MatchAnswer::CompareAndShare) == static_cast<int>(policy::MatchAnswer::CompareAndShare));
static_assert(static_cast<int>(ZipAnswer::Zip) == static_cast<int>(policy::ZipAnswer::Zip));
static_assert(static_cast<int>(FreeState::High) == static_cast<int>(policy::FreeState::High) &&
              static_cast<int>(FreeState::Clear) == static_cast<int>(policy::FreeState::Clear) &&
              static_cast<int>(FreeState::Soft) == static_cast<int>(policy::FreeState::Soft) &&
              static_cast<int>(FreeState::Hard) == static_cast<int>(policy::FreeState::Hard) &&
              static_cast<int>(FreeState::Low) == static_cast<int>(policy::FreeState::Low));
static_assert(static_cast<int>(KnownAs::Shared) == static_cast<int>(policy::KnownAs::Shared));
static_assert(static_cast<int>(IdleTaxCurve::Progressive) == static_cast<int>(policy::TaxCurve::Progressive));
static_assert(kMostCandidates == policy::kMostCandidates && kMaxVms == policy::kMostVms && kPageSize == policy::kPageBytes);

}  // namespace

policy::MatchQuestion of(const MatchQuestion& question) {
  policy::MatchQuestion out{};
  out.hash = question.hash;
  out.known_hash = question.knownHash;
  out.salt = question.salt;
  out.known_salt = question.knownSalt;
  out.gfn = question.gfn.value();
  out.vm = question.vm.value();
  out.known_vm = question.knownVm.value();
  out.known = static_cast<policy::KnownAs>(question.known);
  out.sharers = question.sharers;
  return out;
}

policy::VictimQuestion of(const VictimQuestion& question) {
  policy::VictimQuestion out{};
  out.now = question.now.value();
  out.first = question.candidates.first;
  out.count = question.candidates.count;
  out.vm = question.vm.value();
  return out;
}

policy::VictimCandidate of(const VictimCandidate& candidate) {
  return {candidate.gfn.value(), candidate.placed.value(), candidate.seen.value(), candidate.sharers, 0};
}

policy::ZipQuestion of(const ZipQuestion& question) {
  return {question.gfn.value(), question.frames.value(), question.mostFrames.value(), question.bytes, question.vm.value(), 0};
}

policy::EvictQuestion of(const EvictQuestion& question) {
  policy::EvictQuestion out{};
  out.now = question.now.value();
  out.first = question.candidates.first;
  out.count = question.candidates.count;
  out.vm = question.vm.value();
  return out;
}

policy::ZippedCandidate of(const ZippedCandidate& candidate) {
  return {candidate.gfn.value(), candidate.zipped.value(), candidate.bytes, 0};
}

policy::FreeStateQuestion of(const FreeStateQuestion& question) {
  policy::FreeStateQuestion out{};
  const FreeStateThresholds& at = question.thresholds;
  out.free = question.free.value();
  out.thresholds = {at.high.value(), at.soft.value(), at.hard.value(), at.low.value(), at.hysteresis.value(), at.clear.value()};
  out.current = static_cast<policy::FreeState>(question.current);
  return out;
}

policy::TargetsQuestion of(const TargetsQuestion& question) {
  policy::TargetsQuestion out{};
  out.available = question.available.value();
  out.tax_percent = question.tax.percent;
  out.curve = static_cast<policy::TaxCurve>(question.tax.curve);
  return out;
}

policy::VmClaim of(const VmClaim& claim) {
  return {claim.shares,         claim.configured.value(), claim.reservation.value(),
          claim.active.value(), claim.limit.value(),      claim.wanted.value()};
}

}  // namespace overcommit::wire
