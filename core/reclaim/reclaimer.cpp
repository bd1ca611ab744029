// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/reclaimer.h"

#include <algorithm>

#include "policy/min_funding.h"

namespace overcommit {
namespace {

// One page that neither fits the cache nor finds a slot says little of the VM's others: so many in a row say enough.
constexpr std::uint8_t kMostKeptInARow = 16;
// How many victims a policy is asked for at once.
constexpr std::uint64_t kVictimBatch = 32;

bool aboveLimit(const VmMemory& vm) { return vm.settings.limit && !vm.dead && vm.allocated() > *vm.settings.limit; }

}  // namespace

Reclaimer::Reclaimer(const Pager::Parts& parts, Pager& pager, PageSharing* sharing, const ReclaimSettings& settings)
    : parts_(parts), pager_(pager), sharing_(sharing), settings_(settings) {}

void Reclaimer::refuse(const VmMemory& vm, Gfn gfn, RefusalReason reason, std::uint64_t cause) {
  parts_.log.record(refusalOf(vm, gfn, reason, cause));
}

void Reclaimer::AnsweredAhead::clear() {
  questions.clear();
  candidates.clear();
  answers.clear();
  next = 0;
}

std::optional<std::uint32_t> Reclaimer::AnsweredAhead::find(std::span<const VictimCandidate> drawn) {
  if (next >= questions.size()) return std::nullopt;
  const auto [first, count] = questions[next].candidates;
  if (!std::ranges::equal(drawn, std::span(candidates).subspan(first, count), {}, &VictimCandidate::gfn, &VictimCandidate::gfn)) {
    clear();  // not what was expected: what follows will not be either
    return std::nullopt;
  }
  return answers[next++];
}

std::optional<Gfn> Reclaimer::drawCandidate(const VmMemory& vm, Random& draws, std::span<const Gfn> taken, Drawn when,
                                            std::uint64_t cause) {
  const auto among = [](std::span<const Gfn> gfns, Gfn gfn) { return std::ranges::find(gfns, gfn) != gfns.end(); };
  const auto drawn = [&](Gfn gfn) { return std::ranges::find(candidates_, gfn, &VictimCandidate::gfn) != candidates_.end(); };
  const auto mayGo = [&](Gfn gfn) { return pager_.isCandidate(vm, gfn) && !drawn(gfn) && !among(taken, gfn); };
  const std::uint64_t pages = vm.guest.memory().value();
  // Random pages, as ESX: no clash with the guest's own replacement. A VM of which little is resident would make blind draws
  // long, so that after some misses the next candidate behind a random page is taken.
  constexpr int kBlindDraws = 32;
  for (int draw = 0; draw < kBlindDraws; ++draw) {
    const Gfn gfn(draws.below(pages));
    if (!vm.guest.isPrivate(gfn)) continue;
    if (mayGo(gfn)) return gfn;
    if (when == Drawn::Ahead || pager_.isCandidate(vm, gfn)) continue;
    refuse(vm, gfn, vm.isTable(gfn) ? RefusalReason::PageTable : RefusalReason::RecentlyFaulted, cause);
  }
  const Gfn start(draws.below(pages));
  const auto firstIn = [&](Gfn from, Gfn end) -> std::optional<Gfn> {
    for (auto gfn = vm.guest.nextPrivate(from); gfn && *gfn < end; gfn = vm.guest.nextPrivate(gfn->next())) {
      if (mayGo(*gfn)) return gfn;
    }
    return std::nullopt;
  };
  const auto behind = firstIn(start, Gfn(pages));
  return behind ? behind : firstIn(Gfn(0), start);
}

void Reclaimer::drawCandidates(const VmMemory& vm, Random& draws, std::span<const Gfn> taken, Drawn when, std::uint64_t cause) {
  candidates_.clear();
  while (candidates_.size() < pager_.policies().victimCandidates()) {
    const auto gfn = drawCandidate(vm, draws, taken, when, cause);
    if (!gfn) return;
    const PageTimes::Times times = vm.times.of(*gfn);
    candidates_.push_back({*gfn, times.placed, times.seen, 1});
  }
}

// Draws what will be drawn next if each question is answered by its first candidate or one that is not drawn again, and asks about all
// of it at once. The draws themselves are not used up.
void Reclaimer::askAhead(const VmMemory& vm, Pages more) {
  AnsweredAhead& ahead = ahead_[vm.id.value()];
  ahead.clear();
  Random draws = vm.victims;
  std::vector<Gfn> taken;
  while (ahead.questions.size() < std::min(more.value(), kVictimBatch)) {
    drawCandidates(vm, draws, taken, Drawn::Ahead, 0);
    if (candidates_.empty()) break;
    const auto first = static_cast<std::uint32_t>(ahead.candidates.size());
    ahead.questions.push_back({vm.id, vm.clock.now(), {first, static_cast<std::uint32_t>(candidates_.size())}});
    ahead.candidates.insert(ahead.candidates.end(), candidates_.begin(), candidates_.end());
    if (candidates_.size() == 1) taken.push_back(candidates_.front().gfn);
  }
  ahead.answers.resize(ahead.questions.size());
  pager_.policies().victims(ahead.questions, ahead.candidates, ahead.answers);
}

std::optional<Gfn> Reclaimer::pickVictim(VmMemory& vm, Pages more, std::uint64_t cause) {
  std::optional<std::uint32_t> answer;
  if (pager_.policies().victimsInBatches()) {
    if (ahead_.size() <= vm.id.value()) ahead_.resize(vm.id.value() + std::size_t{1});
    const AnsweredAhead& ahead = ahead_[vm.id.value()];
    if (ahead.next == ahead.questions.size()) askAhead(vm, more);
  }
  drawCandidates(vm, vm.victims, {}, Drawn::Now, cause);
  if (candidates_.empty()) return std::nullopt;
  if (pager_.policies().victimsInBatches()) answer = ahead_[vm.id.value()].find(candidates_);
  if (!answer) {
    const VictimQuestion question{vm.id, vm.clock.now(), {0, static_cast<std::uint32_t>(candidates_.size())}};
    answer.emplace();
    pager_.policies().victims({&question, 1}, candidates_, {&*answer, 1});
  }
  return candidates_[*answer].gfn;
}

bool Reclaimer::canTakeFrom(const VmMemory& vm) const { return !vm.dead && (pager_.hasSwapRoom(vm) || mostZipFrames(vm) > Pages(0)); }

Pages Reclaimer::mostZipFrames(const VmMemory& vm) const {
  if (settings_.compression == Compression::Off || !vm.zip) return Pages(0);
  return std::min(Pages(vm.guest.memory().value() * settings_.zipMaxPercent / 100),
                  Pages(vm.allocated().value() * settings_.zipMaxAllocatedPercent / 100));
}

// In the order of API-MEM and KB1021095: share, compress, write.
Reclaimer::Taken Reclaimer::take(VmMemory& vm, Gfn gfn, std::uint64_t cause) {
  // A large page is broken, and those of its pages that are known to have an equal are shared at once (KB1021095).
  if (vm.guest.entry(gfn).large()) {
    pager_.breakLarge(vm, gfn, LargeBreakReason::Victim, cause);
    if (sharing_ != nullptr && sharing_->shareBroken() > Pages(0)) return {Fate::Shared};
  }
  if (sharing_ != nullptr) {
    const ShareAttempt shared = sharing_->tryShare(vm, gfn, ShareOccasion::BeforeSwap, cause);
    if (shared == ShareAttempt::Shared) return {Fate::Shared};
    if (shared == ShareAttempt::Alone) refuse(vm, gfn, RefusalReason::HashMiss, cause);
  }
  Taken taken;
  if (const Pages most = mostZipFrames(vm); most > Pages(0)) {
    const Pager::ZipOutcome zipped = pager_.zip(vm, gfn, most, cause);
    hostCpuTime_ += parts_.costs.zip;
    taken.writes = zipped.evicted;
    switch (zipped.result) {
      case ZipResult::Done: taken.fate = Fate::Zipped; return taken;
      case ZipResult::DoesNotFit: refuse(vm, gfn, RefusalReason::DoesNotFit, cause); break;
      case ZipResult::CacheFull: refuse(vm, gfn, RefusalReason::CacheFull, cause); break;
      case ZipResult::NotAdmitted: refuse(vm, gfn, RefusalReason::ByPolicy, cause); break;
      case ZipResult::NotACandidate:
      case ZipResult::NoFrame: break;
    }
  }
  const Taken written = write(vm, gfn, cause);
  return {written.fate, taken.writes + written.writes};
}

Reclaimer::Taken Reclaimer::write(VmMemory& vm, Gfn gfn, std::uint64_t cause) {
  const SwapOutResult swapped = pager_.swapOut(vm, gfn, cause);
  if (swapped == SwapOutResult::NoSpace) refuse(vm, gfn, RefusalReason::NoSwapSpace, cause);
  if (swapped == SwapOutResult::GateLocked) refuse(vm, gfn, RefusalReason::GateLocked, cause);
  return swapped == SwapOutResult::Done ? Taken{Fate::Swapped, 1} : Taken{};
}

std::vector<VmFunding> Reclaimer::fundingFor(const ReclaimRequest& request, Payers payers) const {
  std::vector<VmFunding> funding;
  funding.reserve(pager_.vms().size());
  for (const VmMemory* vm : pager_.vms()) {
    bool eligible = canTakeFrom(*vm) && (request.only == nullptr || request.only == vm);
    if (payers == Payers::Compressed) eligible = eligible && vm->zip && vm->zip->oldest();
    if (request.reason == ReclaimReason::FreeState) {
      eligible = eligible && payers != Payers::Anybody && vm->swapTarget > Pages(0);
    } else if (request.only == nullptr && payers == Payers::AboveTarget) {
      eligible = eligible && vm->allocated() > vm->target;
    }
    funding.push_back({vm->settings.shares, vm->allocated(), vm->settings.reservation, eligible, vm->active});
  }
  return funding;
}

Pages Reclaimer::reclaim(const ReclaimRequest& request) {
  if (settings_.swap == HypervisorSwap::Forbidden || request.wanted == Pages(0)) return Pages(0);
  const std::vector<VmMemory*>& vms = pager_.vms();
  // A VM whose disk failed is about to give back all that it has: on the same disk no other would fare better meanwhile.
  if (parts_.machine.free() > Pages(0) && std::ranges::any_of(vms, [](const VmMemory* vm) { return vm->dead.has_value(); }))
    return Pages(0);
  Payers payers = Payers::AboveTarget;
  std::vector<VmFunding> funding = fundingFor(request, payers);
  if (!leastFunded(funding, settings_.tax)) {
    payers = Payers::Anybody;
    funding = fundingFor(request, payers);
    if (!leastFunded(funding, settings_.tax)) return Pages(0);
  }

  Event start;
  start.kind = EventKind::ReclaimStart;
  start.cause = request.cause;
  start.vmTime = request.toucher ? request.toucher->clock.now() : parts_.log.hostTime();
  if (request.toucher) {
    start.vm = request.toucher->id;
    start.gfn = request.touched;
  }
  start.values = {static_cast<std::uint64_t>(request.reason), parts_.machine.free().value(), request.wanted.value(), 0};
  const std::uint64_t started = parts_.log.record(start);

  // What a limit counts are the VM's own pages; all else wants free frames. A page that takes a new frame of the compression cache
  // gains nothing by itself.
  const auto level = [&] {
    return request.reason == ReclaimReason::Limit ? request.only->guest.memory() - request.only->allocated() : parts_.machine.free();
  };
  for (AnsweredAhead& ahead : ahead_) ahead.clear();
  const Pages before = level();
  const Pages goal = before + request.wanted;
  // Somebody waits for these: then, in the end, compressed pages are written too, until a store frame becomes free.
  const bool blocking = request.reason == ReclaimReason::FreeState && pager_.freeState() == FreeState::Low;
  const bool waitedFor = blocking || request.reason == ReclaimReason::OutOfFrames || request.reason == ReclaimReason::Limit;
  const Payers last = waitedFor ? Payers::Compressed : Payers::Anybody;
  bool first = true;
  std::optional<std::size_t> paying;
  std::uint64_t cause = started;
  std::vector<std::uint8_t> keptInARow(vms.size());
  while (level() < goal) {
    const auto payer = leastFunded(funding, settings_.tax);
    if (!payer && payers != last) {
      payers = payers == Payers::AboveTarget ? Payers::Anybody : Payers::Compressed;
      funding = fundingFor(request, payers);
      continue;
    }
    if (!payer) break;
    VmMemory& vm = *vms[*payer];
    if (payer != paying) {
      Event victim = eventOf(vm, EventKind::VictimVm);
      victim.cause = started;
      victim.values = {funding[*payer].shares, funding[*payer].allocated.value(), funding[*payer].reservation.value(),
                       fundingMillionths(funding[*payer], settings_.tax)};
      cause = parts_.log.record(victim);
      paying = payer;
    }
    const auto gfn = payers == Payers::Compressed ? pager_.toEvict(vm) : pickVictim(vm, goal - level(), cause);
    const Taken taken = !gfn ? Taken{} : payers == Payers::Compressed ? write(vm, *gfn, cause) : take(vm, *gfn, cause);
    account(taken, request.toucher, first);
    if (vm.dead && parts_.machine.free() > Pages(0)) break;
    if (taken.fate == Fate::Kept) {
      if (!gfn || vm.dead || ++keptInARow[*payer] == kMostKeptInARow) funding[*payer].eligible = false;
      continue;
    }
    keptInARow[*payer] = 0;
    funding[*payer].allocated = vm.allocated();
    if (request.reason == ReclaimReason::FreeState) {
      vm.swapTarget -= std::min(vm.swapTarget, Pages(1));
      funding[*payer].eligible = vm.swapTarget > Pages(0);
    } else if (payers == Payers::AboveTarget) {
      funding[*payer].eligible = vm.allocated() > vm.target;
    }
    first = false;
  }
  const Pages done = level() - std::min(before, level());
  Event end;
  end.kind = EventKind::ReclaimEnd;
  end.vmTime = start.vmTime;
  end.cause = started;
  end.values = {done.value(), parts_.machine.free().value(), 0, 0};
  lastEnd_ = parts_.log.record(end);
  return done;
}

// Where the state lets nobody be swapped, only a limit that is part of a VM's target asks for it.
std::uint64_t Reclaimer::swapCause() const {
  if (pager_.freeState() > FreeState::Clear) return pager_.freeStateEvent();
  const auto asked = std::ranges::find_if(pager_.vms(), [](const VmMemory* vm) { return vm->swapTarget > Pages(0); });
  return asked == pager_.vms().end() ? 0 : (*asked)->targetEvent;
}

// Writes go to the disk behind all others. Who needs a frame now waits until the first page that was taken has made room.
void Reclaimer::account(const Taken& taken, VmMemory* toucher, bool first) {
  const VirtualTime now = toucher != nullptr ? toucher->clock.now() : parts_.log.hostTime();
  if (toucher != nullptr && first && taken.fate == Fate::Zipped) toucher->clock.advance(TimeUse::Reclaim, parts_.costs.zip);
  for (std::uint32_t i = 0; i < taken.writes; ++i) {
    const auto served = parts_.swapDisk.submit(now, parts_.costs.swapWrite);
    if (toucher == nullptr) {
      writesEnd_[nextWrite_] = now + served.total();
      nextWrite_ = (nextWrite_ + 1) % writesEnd_.size();
    } else if (first && i == 0) {
      toucher->clock.advance(TimeUse::DiskQueue, served.queued);
      toucher->clock.advance(TimeUse::Reclaim, served.service);
    }
  }
}

void Reclaimer::runSwapDaemon(VirtualTime now) {
  const auto diskTakes = [&] {
    return Pages(
        static_cast<std::uint64_t>(std::count_if(writesEnd_.begin(), writesEnd_.end(), [now](VirtualTime end) { return end <= now; })));
  };
  Pages wanted(0);
  for (VmMemory* vm : pager_.vms()) {
    wanted += vm->swapTarget;
    if (!aboveLimit(*vm) || vm->swapTarget == Pages(0)) continue;
    const Pages above = vm->allocated() - *vm->settings.limit;
    const Pages done = reclaim({ReclaimReason::Limit, std::min(above, diskTakes()), vm, nullptr, Gfn(0), vm->targetEvent});
    vm->swapTarget -= std::min(vm->swapTarget, done);
  }
  // Whoever has a swap target is to be brought down to its target, but not faster than the disk writes.
  if (wanted > Pages(0)) reclaim({ReclaimReason::FreeState, std::min(wanted, diskTakes()), nullptr, nullptr, Gfn(0), swapCause()});
}

}  // namespace overcommit
