// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/page_sharing.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <utility>

#include "base/hash.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kMillion = 1'000'000, kBillion = 1'000'000'000;

// For so many draws a policy is asked at once about the matches that they find.
constexpr std::uint64_t kDrawBatch = 64;

// A salt's number, spread over 64 bits; one to one, and 0 stays 0.
std::uint64_t spread(std::uint64_t number) {
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9u;
  number = (number ^ (number >> 27)) * 0x94d049bb133111ebu;
  return number ^ (number >> 31);
}

// Pages a second in millionths: the VMs' rounded up, the host's down, so that the cap is never passed.
std::uint64_t millionths(ScanRate rate) { return rate.pages * kMillion / rate.seconds; }
std::uint64_t millionthsUp(ScanRate rate) { return (rate.pages * kMillion + rate.seconds - 1) / rate.seconds; }

}  // namespace

std::uint64_t hashOfPage(std::span<const std::byte, kPageSize> page) { return hash64(page); }

PageSharing::PageSharing(MachineMemory& machine, EventLog& log, const Costs& costs, Pager& pager, ShareTable table, ShareSettings settings)
    : machine_(machine), log_(log), costs_(costs), pager_(pager), table_(std::move(table)), settings_(settings), now_(log.hostTime()) {
  setRates();
}

void PageSharing::add(VmMemory& vm, const VmShareSettings& settings, Random draws) {
  advanceTo(log_.hostTime());
  if (vm.id.value() >= vms_.size()) vms_.resize(vm.id.value() + std::size_t{1});
  Vm& added = vms_[vm.id.value()];
  invariant(added.memory == nullptr, "a VM is powered on once");
  added = Vm();
  added.memory = &vm;
  added.draws = draws;
  added.sharing = settings.sharing;
  added.salt = saltOf(settings);
  setRates();
}

void PageSharing::remove(const VmMemory& vm) {
  Vm* removed = find(vm.id);
  if (removed == nullptr) return;
  advanceTo(log_.hostTime());
  table_.removeAllOf(vm.id);
  removed->memory = nullptr;
  setRates();
}

void PageSharing::setRate(const ScanRateSetting& rate) {
  advanceTo(log_.hostTime());
  settings_.rate = rate;
  setRates();
}

void PageSharing::setSharing(const VmMemory& vm, VmSharing sharing) {
  advanceTo(log_.hostTime());
  if (Vm* found = find(vm.id)) found->sharing = sharing;
  setRates();
}

void PageSharing::setRates() {
  wanted_ = 0;
  cap_ = millionths(hostScanRate(settings_.rate, settings_.scale));
  for (Vm& vm : vms_) {
    if (vm.memory == nullptr) continue;
    vm.rate = vm.sharing == VmSharing::On ? vmScanRate(settings_.rate, settings_.scale, vm.memory->guest.memory()) : ScanRate();
    wanted_ += millionthsUp(vm.rate);
  }
}

void PageSharing::advanceTo(VirtualTime now) {
  if (now <= now_) return;
  const std::uint64_t passed = (now - now_).value();
  now_ = now;
  const std::uint64_t scanner = wanted_ <= cap_ ? passed : slowed_.of(passed, cap_, wanted_);
  for (Vm& vm : vms_) {
    if (vm.memory != nullptr) vm.due += vm.accrues.of(scanner, vm.rate.pages, vm.rate.seconds * kBillion);
  }
}

PageSharing::Vm* PageSharing::find(VmId vm) {
  return vm.value() < vms_.size() && vms_[vm.value()].memory != nullptr ? &vms_[vm.value()] : nullptr;
}

ShareCounters PageSharing::countersOf(VmId vm) const { return vm.value() < vms_.size() ? vms_[vm.value()].counters : ShareCounters(); }

// The salt goes into a page's hash by exclusive or. Two pages of equal bytes then have equal salted hashes if, and only if, their
// salts are equal, so that comparing hashes and bytes compares the salts too.
std::uint64_t PageSharing::saltOf(const VmShareSettings& settings) {
  if (settings_.salting == Salting::Off) return 0;
  if (!settings.salt) return settings_.salting == Salting::Given ? 0 : spread(++saltsGiven_);
  if (*settings.salt == "0") return 0;
  const auto [known, isNew] = salts_.try_emplace(*settings.salt);
  if (isNew) known->second = spread(++saltsGiven_);
  return known->second;
}

std::uint64_t PageSharing::hashNow(const Vm& vm, Mfn mfn) {
  hostCpuTime_ += costs_.scanPage;
  return settings_.hash(std::as_const(machine_).bytes(mfn)) ^ vm.salt;
}

// Equal bytes and salts have equal hashes, so that the hinted page is hashed only if it differs: then its hash tells a page that has
// changed from a false match.
PageSharing::Hinted PageSharing::lookAtHinted(const Vm& vm, Mfn hinted, const Page& page) {
  const bool equal = std::memcmp(machine_.bytes(hinted).data(), machine_.bytes(page.mfn).data(), kPageSize) == 0;
  if (!equal || vm.salt != page.vm.salt) {
    if (hashNow(vm, hinted) != page.hash) return Hinted::Changed;
  } else {
    hostCpuTime_ += costs_.scanPage;  // the hypervisor that is modelled hashes it
  }
  return equal || believesHashes() ? Hinted::Equal : Hinted::Different;
}

bool PageSharing::believesHashes() const { return pager_.saboteur() == Saboteur::HashOnlyMatch; }

bool PageSharing::takesPart(const Vm& vm, Gfn gfn) const {
  return vm.sharing == VmSharing::On && !vm.memory->dead && !vm.memory->isTable(gfn);
}

ShareAttempt PageSharing::tryShare(VmMemory& memory, Gfn gfn, ShareOccasion occasion, std::uint64_t cause) {
  Vm* vm = find(memory.id);
  const NptEntry entry = memory.guest.entry(gfn);
  if (vm == nullptr || entry.place() != PagePlace::Private || !takesPart(*vm, gfn)) return ShareAttempt::NotEligible;

  const Page page{*vm, gfn, entry.mfn(), hashNow(*vm, entry.mfn())};
  for (ShareCounters* counters : {&counters_, &vm->counters}) ++counters->attempts;
  const ShareEntry own = table_.entry(page.mfn);
  invariant(own.kind() != ShareEntry::Kind::Shared, "a frame that stops being shared leaves the share table");
  if (own.kind() != ShareEntry::Kind::Empty) {
    const bool current = own.isOf(memory.id, gfn) && own.matches(page.hash);
    if (current && own.kind() == ShareEntry::Kind::Hint) return ShareAttempt::Alone;
    if (current && own.kind() == ShareEntry::Kind::Ineligible) return ShareAttempt::FalseMatch;
    if (current && entry.large()) return ShareAttempt::InLargePage;
    table_.remove(page.mfn);  // the page has changed, or the frame's owner has, or its large page was broken
  }

  const auto found = table_.find(page.hash);
  const bool isFirstZero = !found && occasion == ShareOccasion::BeforeSwap && !entry.large() && isZero(page.mfn);
  if (!found && !isFirstZero) {
    leaveHint(page, occasion);
    return ShareAttempt::Alone;
  }
  if (entry.large()) {
    table_.remember(page.mfn, page.hash, memory.id, gfn);
    return ShareAttempt::InLargePage;
  }
  const bool isShared = found && table_.entry(*found).kind() == ShareEntry::Kind::Shared;
  const ShareAttempt result = isFirstZero ? foundZeroFrame(page, cause)
                              : isShared  ? shareWithFrame(page, *found, cause)
                                          : shareWithHint(page, *found, occasion, cause);
  if (result == ShareAttempt::Shared) {
    for (ShareCounters* counters : {&counters_, &vm->counters}) ++counters->shared;
  }
  return result;
}

// Pager::share() wants a page that maps the frame; here there is only the frame: it has no list of its sharers.
ShareAttempt PageSharing::shareWithFrame(const Page& page, Mfn shared, std::uint64_t cause) {
  if (!matchWanted(page, shared, cause)) return ShareAttempt::Left;
  hostCpuTime_ += costs_.comparePage;
  const bool equal = std::memcmp(machine_.bytes(page.mfn).data(), machine_.bytes(shared).data(), kPageSize) == 0;
  if (!equal && !believesHashes()) return falseMatch(page, cause);
  pager_.shareFrame(*page.vm.memory, page.gfn, shared, cause);
  return ShareAttempt::Shared;
}

ShareAttempt PageSharing::shareWithHint(const Page& page, Mfn hinted, ShareOccasion occasion, std::uint64_t cause) {
  const ShareEntry hint = table_.entry(hinted);
  const Vm* other = hintedVm(hinted);
  const Hinted state = other != nullptr ? lookAtHinted(*other, hinted, page) : Hinted::Changed;
  if (state == Hinted::Changed) {
    table_.remove(hinted);
    leaveHint(page, occasion);
    if (other == nullptr) return ShareAttempt::Alone;
    for (ShareCounters* counters : {&counters_, &page.vm.counters}) ++counters->changedHints;
    refuse(page, RefusalReason::HintChanged, cause);
    return ShareAttempt::HintChanged;
  }
  if (other->memory->guest.entry(hint.gfn()).large()) {
    if (occasion != ShareOccasion::BeforeSwap) {
      table_.remember(hinted, page.hash, hint.vm(), hint.gfn());
      leaveHint(page, occasion);
    }
    return ShareAttempt::InLargePage;
  }
  if (occasion != ShareOccasion::Scan && other->memory->recent.contains(hint.gfn())) return ShareAttempt::Alone;
  if (!matchWanted(page, hinted, cause)) return ShareAttempt::Left;

  hostCpuTime_ += costs_.comparePage;
  if (state == Hinted::Different) return falseMatch(page, cause);
  pager_.shareAlone(*other->memory, hint.gfn(), cause);
  pager_.shareFrame(*page.vm.memory, page.gfn, hinted, cause);
  const bool zero = isZero(hinted);
  table_.hintToShared(hinted, page.hash, zero ? ShareEntry::Holds::ZeroPage : ShareEntry::Holds::AnyPage);
  if (zero) {
    zeroFrames_.push_back(hinted);
    Event event;
    event.kind = EventKind::ZeroFrame;
    event.vmTime = log_.hostTime();
    event.mfn = hinted;
    event.cause = cause;
    log_.record(event);
  }
  return ShareAttempt::Shared;
}

// W02 (section 6, boot): a guest that clears its memory is rescued by sharing before swap. Waiting for a scan to come across two zero
// pages would send the first thousands to the disk.
ShareAttempt PageSharing::foundZeroFrame(const Page& page, std::uint64_t cause) {
  table_.insertHint(page.mfn, page.hash, page.vm.memory->id, page.gfn);
  pager_.shareAlone(*page.vm.memory, page.gfn, cause);
  table_.hintToShared(page.mfn, page.hash, ShareEntry::Holds::ZeroPage);
  zeroFrames_.push_back(page.mfn);
  return ShareAttempt::Shared;
}

const PageSharing::Vm* PageSharing::hintedVm(Mfn hinted) const {
  const ShareEntry hint = table_.entry(hinted);
  const Frame& frame = machine_.frame(hinted);
  if (hint.vm().value() >= vms_.size() || frame.use != FrameUse::Private || frame.vm != hint.vm() || frame.gfn != hint.gfn())
    return nullptr;
  const Vm& vm = vms_[hint.vm().value()];
  return vm.memory != nullptr && takesPart(vm, hint.gfn()) ? &vm : nullptr;
}

// Of pages that are hinted, and of frames, only those with the same salted hash are ever found, so that the known page's own hash follows
// from its salt. A shared frame is found by the hash that its sharers' salt gives: it counts as having the salt of the page.
MatchQuestion PageSharing::questionAbout(const Page& page, Mfn known) const {
  const ShareEntry entry = table_.entry(known);
  MatchQuestion question;
  question.hash = question.knownHash = page.hash ^ page.vm.salt;
  question.salt = question.knownSalt = page.vm.salt;
  question.vm = page.vm.memory->id;
  question.gfn = page.gfn;
  if (entry.kind() == ShareEntry::Kind::Shared) {
    question.known = KnownAs::Shared;
    question.knownVm = kNoVm;
    question.sharers = machine_.frame(known).references;
  } else {
    question.knownVm = entry.vm();
    question.knownSalt = vms_[entry.vm().value()].salt;
    question.knownHash = page.hash ^ question.knownSalt;
  }
  return question;
}

bool PageSharing::matchWanted(const Page& page, Mfn known, std::uint64_t cause) {
  const MatchQuestion question = questionAbout(page, known);
  const auto asked = std::ranges::find(askedAhead_, question);
  MatchAnswer answer = MatchAnswer::Leave;
  if (asked != askedAhead_.end()) {
    answer = answeredAhead_[static_cast<std::size_t>(asked - askedAhead_.begin())];
  } else {
    if (pager_.policies().matchSeesContents()) show(0, page.mfn, known);
    answer = pager_.policies().match(question);
  }
  if (answer == MatchAnswer::CompareAndShare) return true;
  refuse(page, question.salt == question.knownSalt ? RefusalReason::ByPolicy : RefusalReason::SaltDiffers, cause);
  return false;
}

// Draws ahead, without using the draws up, and asks about everything that they would have the policy asked for as things stand now.
void PageSharing::askAhead(Vm& vm, std::uint64_t draws) {
  askedAhead_.clear();
  Random ahead = vm.draws;
  for (std::uint64_t i = 0; i < draws; ++i) {
    const Gfn gfn(ahead.below(vm.memory->guest.memory().value()));
    const NptEntry entry = vm.memory->guest.entry(gfn);
    if (entry.place() != PagePlace::Private || !takesPart(vm, gfn)) continue;
    const auto hashOf = [this](const Vm& of, Mfn mfn) { return settings_.hash(std::as_const(machine_).bytes(mfn)) ^ of.salt; };
    const Page page{vm, gfn, entry.mfn(), hashOf(vm, entry.mfn())};
    const auto found = table_.find(page.hash);
    if (!found || *found == page.mfn) continue;
    if (table_.entry(*found).kind() == ShareEntry::Kind::Hint) {
      const Vm* other = hintedVm(*found);
      if (other == nullptr || hashOf(*other, *found) != page.hash) continue;
    }
    if (pager_.policies().matchSeesContents()) {
      if (askedAhead_.size() == pager_.policies().mostMatchesWithContents()) break;
      show(static_cast<std::uint32_t>(askedAhead_.size()), page.mfn, *found);
    }
    askedAhead_.push_back(questionAbout(page, *found));
  }
  answeredAhead_.resize(askedAhead_.size());
  pager_.policies().match(askedAhead_, answeredAhead_);
}

void PageSharing::show(std::uint32_t question, Mfn page, Mfn known) {
  pager_.policies().show(question, std::as_const(machine_).bytes(page), std::as_const(machine_).bytes(known));
}

ShareAttempt PageSharing::falseMatch(const Page& page, std::uint64_t cause) {
  table_.setIneligible(page.mfn, page.hash, page.vm.memory->id, page.gfn);
  for (ShareCounters* counters : {&counters_, &page.vm.counters}) ++counters->falseMatches;
  refuse(page, RefusalReason::FalseMatch, cause);
  return ShareAttempt::FalseMatch;
}

void PageSharing::leaveHint(const Page& page, ShareOccasion occasion) {
  if (occasion != ShareOccasion::BeforeSwap) table_.insertHint(page.mfn, page.hash, page.vm.memory->id, page.gfn);
}

// Only what is rare is recorded. That nothing has a page's hash is the fate of nearly every page that is scanned; and that a page with
// other salt would match cannot be seen, since the salt is in the hash.
void PageSharing::refuse(const Page& page, RefusalReason reason, std::uint64_t cause) {
  log_.record(refusalOf(*page.vm.memory, page.gfn, reason, cause));
}

bool PageSharing::isZero(Mfn mfn) const {
  const std::span<const std::byte, kPageSize> bytes = std::as_const(machine_).bytes(mfn);
  return bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, kPageSize - 1) == 0;
}

void PageSharing::sharedFrameGone(Mfn mfn) {
  const ShareEntry entry = table_.entry(mfn);
  if (entry.kind() != ShareEntry::Kind::Shared) return;
  if (entry.zeroPage()) std::erase(zeroFrames_, mfn);
  table_.remove(mfn);
}

std::uint64_t PageSharing::draw(Vm& vm, std::uint64_t pages) {
  if (pages == 0) return 0;
  const std::uint64_t cause = recordScan(vm, pages, 0);
  std::uint64_t hits = 0;
  const std::uint64_t memory = vm.memory->guest.memory().value();
  std::array<Gfn, kDrawBatch> drawn;
  for (std::uint64_t left = pages; left > 0;) {
    const std::uint64_t batch = std::min(left, kDrawBatch);
    if (pager_.policies().matchesInBatches()) askAhead(vm, batch);
    for (std::uint64_t i = 0; i < batch; ++i) drawn[i] = Gfn(vm.draws.below(memory));
    hits += scanDrawn(*vm.memory, std::span(drawn).first(batch), cause).value();
    left -= batch;
  }
  askedAhead_.clear();
  count(vm, pages, hits);
  return hits;
}

// Pages that are drawn at random are in no cache, and nothing but the draw tells which comes next: so it is fetched while the one before
// it is hashed.
void PageSharing::fetch(const VmMemory& memory, Gfn gfn) const {
  const NptEntry entry = memory.guest.entry(gfn);
  if (entry.place() != PagePlace::Private) return;
  const std::byte* bytes = std::as_const(machine_).bytes(entry.mfn()).data();
  constexpr std::size_t kCacheLine = 64;
  for (std::size_t at = 0; at < kPageSize; at += kCacheLine) __builtin_prefetch(bytes + at);
}

Pages PageSharing::scanDrawn(VmMemory& memory, std::span<const Gfn> drawn, std::uint64_t cause) {
  Pages hits;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    if (i + 1 < drawn.size()) fetch(memory, drawn[i + 1]);
    if (tryShare(memory, drawn[i], ShareOccasion::Scan, cause) == ShareAttempt::Shared) hits += Pages(1);
  }
  return hits;
}

Pages PageSharing::rememberedIn(const VmMemory& vm, Gfn first) const {
  const Mfn mfn = vm.guest.entry(first).mfn();
  Pages remembered;
  for (std::uint64_t i = 0; i < kLargePagePages; ++i) {
    if (table_.entry(mfn.next(i)).kind() == ShareEntry::Kind::Remembered) remembered += Pages(1);
  }
  return remembered;
}

Pages PageSharing::shareBroken() {
  Pages shared;
  for (const Broken& broken : std::exchange(broken_, {})) {
    Vm* vm = find(broken.vm);
    if (vm == nullptr || vm->sharing == VmSharing::Off || vm->memory->dead) continue;
    VmMemory& memory = *vm->memory;
    std::uint64_t pages = 0, hits = 0;
    for (std::uint64_t i = 0; i < kLargePagePages; ++i) {
      const Gfn gfn = broken.first.next(i);
      const NptEntry entry = memory.guest.entry(gfn);
      if (entry.place() != PagePlace::Private || memory.recent.contains(gfn)) continue;
      const ShareEntry::Kind kind = table_.entry(entry.mfn()).kind();
      if (kind != ShareEntry::Kind::Remembered && brokenPages_ == BrokenPages::Known) continue;
      ++pages;
      if (tryShare(memory, gfn, ShareOccasion::Broken, broken.event) == ShareAttempt::Shared) ++hits;
    }
    if (pages > 0) recordScan(*vm, pages, broken.event);
    count(*vm, pages, hits);
    shared += Pages(hits);
  }
  return shared;
}

std::uint64_t PageSharing::recordScan(const Vm& vm, std::uint64_t pages, std::uint64_t cause) {
  Event event = eventOf(*vm.memory, EventKind::Scan);
  event.cause = cause;
  event.values = {pages, vm.counters.hits, 0, 0};
  return log_.record(event);
}

void PageSharing::count(Vm& vm, std::uint64_t pages, std::uint64_t hits) {
  for (ShareCounters* counters : {&counters_, &vm.counters}) {
    counters->scanned += pages;
    counters->hits += hits;
  }
}

Pages PageSharing::scanPages(VmMemory& memory, Pages pages) {
  Vm* vm = find(memory.id);
  if (vm == nullptr || vm->sharing == VmSharing::Off || memory.dead || pages == Pages(0)) return Pages(0);
  return Pages(draw(*vm, pages.value()));
}

void PageSharing::scan(VirtualTime now) {
  advanceTo(now);
  shareBroken();
  for (Vm& vm : vms_) {
    const std::uint64_t pages = std::exchange(vm.due, 0);
    if (pages > 0 && vm.memory != nullptr && !vm.memory->dead) draw(vm, pages);
  }
}

SharedPages PageSharing::sharedPagesOf(const VmMemory& vm) const {
  SharedPages shared;
  Pages left = vm.guest.count(PagePlace::Shared);
  for (Gfn gfn; left > Pages(0); gfn = gfn.next()) {
    const NptEntry entry = vm.guest.entry(gfn);
    if (entry.place() != PagePlace::Shared) continue;
    left -= Pages(1);
    ++shared.bySharers[machine_.frame(entry.mfn()).references];
    if (table_.entry(entry.mfn()).zeroPage()) shared.zero += Pages(1);
  }
  return shared;
}

VmSavings PageSharing::savingsOf(const VmMemory& vm) const {
  const SharedPages shared = sharedPagesOf(vm);
  return {vm.guest.count(PagePlace::Shared), shared.zero, SavingSplit().next(shared.bySharers)};
}

HostSavings PageSharing::savings() const {
  HostSavings savings{Pages(0), machine_.count(FrameUse::Shared), Pages(0)};
  for (const VmMemory* vm : pager_.vms()) savings.shared += vm->guest.count(PagePlace::Shared);
  for (const Mfn mfn : zeroFrames_) savings.zero += Pages(machine_.frame(mfn).references);
  return savings;
}

std::optional<std::string> PageSharing::audit() const {
  if (auto wrong = table_.audit()) return wrong;
  if (Pages(table_.sharedFrames()) != machine_.count(FrameUse::Shared)) return "the share table does not hold all shared frames";
  std::set<std::uint64_t> hashes;
  std::uint64_t zeroFrames = 0;
  std::vector<std::uint64_t> saltOf(machine_.frames().value());  // of shared frames: what their VMs must have
  for (Mfn mfn; mfn.value() < machine_.frames().value(); mfn = mfn.next()) {
    const ShareEntry entry = table_.entry(mfn);
    if (entry.kind() == ShareEntry::Kind::Hint && (entry.vm().value() >= vms_.size() || vms_[entry.vm().value()].memory == nullptr))
      return fmt::format("the hint of machine frame {} is of a VM that is gone", mfn.value());
    if (entry.kind() != ShareEntry::Kind::Shared) continue;
    if (!hashes.insert(entry.hash()).second) return fmt::format("two shared frames have the hash of machine frame {}", mfn.value());
    saltOf[mfn.value()] = entry.hash() ^ settings_.hash(std::as_const(machine_).bytes(mfn));
    if (entry.zeroPage() != isZero(mfn)) return fmt::format("the share table is wrong about machine frame {} being zero", mfn.value());
    if (entry.zeroPage()) ++zeroFrames;
  }
  if (zeroFrames != zeroFrames_.size()) return "the list of shared zero frames is not that of the table";
  for (const Vm& vm : vms_) {
    if (vm.memory == nullptr) continue;
    for (Gfn gfn; gfn.value() < vm.memory->guest.memory().value(); gfn = gfn.next()) {
      const NptEntry entry = vm.memory->guest.entry(gfn);
      if (entry.place() != PagePlace::Shared) continue;
      if (vm.memory->isTable(gfn)) return fmt::format("{} frame {} is a page table and shared", vm.memory->name, gfn.value());
      if (saltOf[entry.mfn().value()] != vm.salt)
        return fmt::format("{} frame {} shares machine frame {} across salts, or that frame was written to", vm.memory->name, gfn.value(),
                           entry.mfn().value());
    }
  }
  return std::nullopt;
}

}  // namespace overcommit
