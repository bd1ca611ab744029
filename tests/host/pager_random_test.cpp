// SPDX-License-Identifier: GPL-2.0-or-later
// Random operations with all techniques of reclaiming against a simple model: what every page must hold, and where it may be. The
// audit runs beside and compares everything after every step.
#include <array>
#include <map>
#include <set>

#include "host/audit.h"
#include "reclaim/bare_host.h"
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// What the model knows of a VM.
struct ModelVm {
  std::map<std::uint64_t, std::uint64_t> content;  // by gfn, of pages that hold anything; every other page is zero
  std::set<std::uint64_t> ballooned;
  std::optional<std::string> salt;
  bool sharing = true;
  bool diskIsBad = false;
};

// What a run reached, so that the tests can demand that it reached what they test.
struct Reached {
  std::uint64_t deaths = 0, swapIns = 0, unzips = 0, evictions = 0, shared = 0, breaks = 0, falseMatches = 0, pops = 0, samples = 0,
                largeTouches = 0;
  std::uint64_t refused = 0;  // by a full cache, or because a page does not fit
  Reached& operator+=(const Reached& other) {
    for (std::uint64_t Reached::*member :
         {&Reached::deaths, &Reached::swapIns, &Reached::unzips, &Reached::evictions, &Reached::shared, &Reached::breaks,
          &Reached::falseMatches, &Reached::pops, &Reached::samples, &Reached::largeTouches, &Reached::refused})
      this->*member += other.*member;
    return *this;
  }
};

class Play final : private EventListener {
 public:
  enum class Kind : std::uint8_t { Small, Large };
  explicit Play(std::uint64_t seed, Kind kind = Kind::Small) : random_(seed, "pager test"), weakHash_(seed % 2 == 1), kind_(kind) {
    const std::uint64_t base = kind == Kind::Large ? kLargePagePages : 0;
    BareHostSettings settings;
    settings.frames = Pages(3 * base + 60 + random_.below(240 + 3 * base));
    TraceHeader header;
    header.hostMemory = settings.frames;
    for (std::uint64_t i = 0, n = 1 + random_.below(4); i < n; ++i) {
      sizes_.emplace_back(2 * base + 32 + random_.below(120 + base));
      header.vms.push_back({"vm" + std::to_string(i), sizes_.back(), Pages(0), "none"});
    }
    settings.thresholds = thresholdsFor(settings.frames, bytesOf(settings.frames) * 100, MinFreeScale::SixPercent, random_.below(3) * 10);
    settings.sharing = quiet(static_cast<Salting>(seed % 3));
    settings.sharing.rate = FixedScanRate{random_.below(3) * 20'000, 60'000};
    if (weakHash_) settings.sharing.hash = &weakHash;
    reclaim_.swap = random_.below(8) == 0 ? HypervisorSwap::Forbidden : HypervisorSwap::Allowed;
    reclaim_.compression = random_.below(4) == 0 ? Compression::Off : Compression::On;
    settings.reclaim = reclaim_;
    settings.schedule.balancePeriod = milliseconds(20);
    settings.schedule.samplePeriod = milliseconds(1);
    settings.vms = header.vms.size();
    settings.windows = seed % 4 == 0 ? BareWindows::Present : BareWindows::Absent;
    if (seed % 5 != 0) quarters_ = seed % 5 == 1 ? QuarterSlots::Off : QuarterSlots::On;  // else a vintage without compression
    host_.emplace(settings);
    audit_.emplace(header, host_->machine(), host_->pager(), &host_->sharing());
    host_->log().addListener(*this);
    host_->log().addListener(*audit_);
    host_->begin();
    vms_.resize(sizes_.size());
    for (std::size_t i = 0; i < vms_.size(); ++i) add(i);
  }
  ~Play() override {
    for (std::size_t i = 0; i < vms_.size(); ++i) remove(i);
    audit_->sweep();
  }
  Play(const Play&) = delete;
  Play& operator=(const Play&) = delete;

  void step() {
    const std::size_t i = random_.below(vms_.size());
    log().setHostTime(log().hostTime() + microseconds(random_.below(2000)));
    if (!vms_[i]) return add(i);
    before_.assign(vms_.size(), 0);
    for (std::size_t j = 0; j < vms_.size(); ++j) {
      if (vms_[j]) before_[j] = memory(j).counters.swapOuts + memory(j).counters.zips;
    }
    switch (random_.below(20)) {
      case 0:
      case 1:
      case 2: read(i); break;
      case 3:
      case 4:
      case 5:
      case 6:
        for (int n = 0; n < 4 && !memory(i).dead; ++n) write(i);
        break;
      case 7: swapOut(i); break;
      case 8:
      case 9: zip(i); break;
      case 10: share(i); break;
      case 11: shareBeforeSwap(i); break;
      case 12:
      case 13: lock(i); break;
      case 14: unlock(i); break;
      case 15: settings(i); break;
      case 16:
        host_->scheduler().run(log().hostTime());
        host_->reclaimer().runSwapDaemon(log().hostTime());
        break;
      case 17: host_->sharing().scan(log().hostTime()); break;
      case 18: revoke(i); break;
      default: rare(i); break;
    }
    check();
  }

  [[nodiscard]] std::string digest() { return log().digest().text(); }
  [[nodiscard]] Reached reached() {
    Reached sum = reached_;
    for (std::size_t i = 0; i < vms_.size(); ++i) {
      if (vms_[i]) addCounters(sum, memory(i).counters);
    }
    sum.shared += host_->sharing().counters().shared;
    sum.falseMatches += host_->sharing().counters().falseMatches;
    return sum;
  }

 private:
  void onEvent(const Event& event) override {
    if (event.kind == EventKind::Sample) ++reached_.samples;
    if (event.kind == EventKind::SwapOut && event.values[1] != 0) ++reached_.evictions;
    if (event.kind == EventKind::Sample) invariant(event.values[1] <= event.values[0], "no more pages were touched than sampled");
  }
  EventLog& log() { return host_->log(); }
  VmMemory& memory(std::size_t i) { return host_->vm(static_cast<std::uint16_t>(i)); }
  NptEntry entry(std::size_t i, Gfn gfn) { return memory(i).guest.entry(gfn); }
  static void addCounters(Reached& sum, const MemoryCounters& counters) {
    sum.swapIns += counters.swapIns;
    sum.unzips += counters.unzips;
    sum.breaks += counters.breaks;
    sum.pops += counters.pops;
    sum.largeTouches += counters.largeTouches;
  }

  void add(std::size_t i) {
    BareVmSettings settings;
    settings.memory = sizes_[i];
    settings.settings = {Pages(random_.below(4) == 0 ? random_.below(sizes_[i].value()) : 0), std::nullopt, 1 + random_.below(2000)};
    settings.zip = quarters_;
    settings.largePages = kind_ == Kind::Large ? LargeBacking::On : LargeBacking::Off;
    if (random_.below(2) == 0) settings.sharing.salt = std::to_string(random_.below(3));
    VmMemory* on = host_->powerOn(static_cast<std::uint16_t>(i), settings);
    if (on == nullptr) return;
    vms_[i] = std::make_unique<ModelVm>();
    vms_[i]->salt = settings.sharing.salt;
    on->balloon = {Pages(sizes_[i].value() * 65 / 100), Pages(0), static_cast<BalloonDriver>(random_.below(3))};
  }

  void remove(std::size_t i) {
    if (!vms_[i]) return;
    addCounters(reached_, memory(i).counters);
    host_->powerOff(static_cast<std::uint16_t>(i));
    vms_[i].reset();
  }

  [[nodiscard]] Gfn page(std::size_t i) { return Gfn(random_.below(sizes_[i].value())); }
  [[nodiscard]] std::uint64_t expected(std::size_t i, Gfn gfn) const {
    const auto found = vms_[i]->content.find(gfn.value());
    return found == vms_[i]->content.end() ? 0 : found->second;
  }
  // Few different contents, so that pages can be shared; they compress to nothing, a quarter, a half, or not at all.
  static void fill(std::span<std::byte, kPageSize> bytes, std::uint64_t content) {
    constexpr std::array<std::size_t, 4> kRandomBytes{0, 512, 1536, kPageSize};
    const std::size_t until = content == 0 ? 0 : kRandomBytes[content % 4];
    Random noise(content, "content of a page");
    for (std::size_t at = 0; at < kPageSize; at += 8) {
      const std::uint64_t word = at < until ? noise.next() : content;
      std::memcpy(&bytes[at], &word, 8);
    }
  }
  static const std::array<std::byte, kPageSize>& pageOf(std::uint64_t content) {
    static std::map<std::uint64_t, std::array<std::byte, kPageSize>> known;
    const auto [found, isNew] = known.try_emplace(content);
    if (isNew) fill(found->second, content);
    return found->second;
  }
  static bool holds(std::span<const std::byte, kPageSize> bytes, std::uint64_t content) {
    return std::memcmp(bytes.data(), pageOf(content).data(), kPageSize) == 0;
  }
  static constexpr std::uint64_t kContents = 14;

  // Resolves; nothing if the VM died, which it may only for a reason.
  std::optional<std::span<std::byte, kPageSize>> resolve(std::size_t i, Gfn gfn, Access access) {
    VmMemory& vm = memory(i);
    const PagePlace place = vm.guest.entry(gfn).place();
    const MemoryCounters counters = vm.counters;
    const bool mustKeepLimit = vm.settings.limit && vm.allocated() <= *vm.settings.limit && canBeTakenFrom(i) && !anyIsDead();
    std::byte* bytes = host_->access(vm, gfn, access);
    if (bytes == nullptr) {
      invariant(vm.dead.has_value(), "a VM that died knows why");
      return std::nullopt;
    }
    vms_[i]->ballooned.erase(gfn.value());
    const NptEntry entry = vm.guest.entry(gfn);
    invariant(entry.present() && (access == Access::Read || entry.writable()), "a resolved page can be accessed as asked");
    invariant(entry.accessed(), "an accessed page counts as touched");
    const MemoryCounters& now = vm.counters;
    const bool touched = place == PagePlace::Untouched || place == PagePlace::Ballooned;
    invariant(now.firstTouches + now.largeTouches - counters.firstTouches - counters.largeTouches == (touched ? 1u : 0u),
              "a touch of an untouched page is counted once");
    invariant(now.pops - counters.pops == (place == PagePlace::Ballooned ? 1u : 0u), "a pop is counted once");
    const std::uint64_t swapIns = now.swapIns - counters.swapIns, unzips = now.unzips - counters.unzips;
    // To find a frame for a zipped page, the page itself may be thrown out of the cache.
    invariant(swapIns + unzips == (place == PagePlace::Swapped || place == PagePlace::Zipped ? 1u : 0u), "a way back is counted once");
    invariant(place != PagePlace::Swapped || unzips == 0, "a swapped page comes from the disk");
    if (mustKeepLimit && vm.allocated() > *vm.settings.limit)
      invariant(candidates(i) <= 1, "a limit is exceeded only if nothing can be taken from the VM");  // a page left the recent ones
    return std::span<std::byte, kPageSize>(bytes, kPageSize);
  }

  void read(std::size_t i) {
    const Gfn gfn = page(i);
    const auto bytes = resolve(i, gfn, Access::Read);
    if (bytes) invariant(holds(*bytes, expected(i, gfn)), "a page that is read holds what was written last");
  }

  void write(std::size_t i) {
    const Gfn gfn = page(i);
    const auto bytes = resolve(i, gfn, Access::Write);
    if (!bytes) return;
    invariant(holds(*bytes, expected(i, gfn)), "a page that is written holds what was written last");
    const std::uint64_t content = random_.below(kContents);
    vms_[i]->content[gfn.value()] = content;
    std::memcpy(bytes->data(), pageOf(content).data(), kPageSize);
  }

  [[nodiscard]] bool isCandidate(std::size_t i, Gfn gfn) {
    return entry(i, gfn).place() == PagePlace::Private && !memory(i).isTable(gfn) && !memory(i).recent.contains(gfn);
  }

  void swapOut(std::size_t i) {
    VmMemory& vm = memory(i);
    const Gfn gfn = page(i);
    const bool candidate = isCandidate(i, gfn) || entry(i, gfn).place() == PagePlace::Zipped;
    const bool full = vm.swap.full();
    const SwapOutResult result = host_->pager().swapOut(vm, gfn, 0);
    if (result == SwapOutResult::DiskError) {
      invariant(vms_[i]->diskIsBad && candidate && !full, "only a bad disk fails");
    } else {
      invariant(result == (!candidate ? SwapOutResult::NotACandidate
                           : full     ? SwapOutResult::NoSpace
                                      : SwapOutResult::Done),
                "a page is swapped out if it can be");
    }
    asked(i);
  }

  void zip(std::size_t i) {
    VmMemory& vm = memory(i);
    const Gfn gfn = page(i);
    const bool candidate = vm.zip && isCandidate(i, gfn);
    const Pages most(random_.below(8));
    const std::uint64_t content = expected(i, gfn);
    const bool fits = content == 0 || content % 4 != 3, nothing = content == 0 || content % 4 == 0;
    const Pages frames = vm.zip ? vm.zip->frames() : Pages(0);
    const Pager::ZipOutcome outcome = host_->pager().zip(vm, gfn, most, 0);
    switch (outcome.result) {
      case ZipResult::Done:
        invariant(candidate && fits && entry(i, gfn).place() == PagePlace::Zipped, "a candidate that fits is zipped");
        invariant(vm.zip->frames() <= std::max(most, frames), "a cache does not grow beyond what it may have");
        invariant(!nothing || vm.zip->frames() <= frames, "a same-filled page takes no frame");
        break;
      case ZipResult::NotACandidate: invariant(!candidate, "only what is no candidate is none"); break;
      case ZipResult::DoesNotFit: invariant(candidate && !fits, "what fits is not refused"); break;
      case ZipResult::CacheFull:
        invariant(candidate && fits && !nothing && vm.zip->frames() >= most, "a cache with room is not full");
        break;
      case ZipResult::NotAdmitted: invariant(candidate && fits && most == Pages(0), "the built-in policy admits what fits"); break;
      case ZipResult::NoFrame: invariant(candidate && host_->machine().free() == Pages(0), "a free frame can be taken"); break;
    }
    reached_.refused += outcome.result == ZipResult::CacheFull || outcome.result == ZipResult::DoesNotFit ? 1u : 0u;
    asked(i);
  }

  // Two pages are scanned, one after the other: if they are equal and may be shared, they are now.
  void share(std::size_t i) {
    const std::size_t j = random_.below(vms_.size());
    if (!vms_[j]) return;
    const Gfn gfn = page(i);
    Gfn other = page(j);
    for (int n = 0; n < 64 && expected(i, gfn) != expected(j, other); ++n) other = page(j);
    if (i == j && gfn == other) return;
    const bool eligible = maybeShared(i, gfn) && maybeShared(j, other) && !entry(i, gfn).large() && !entry(j, other).large();
    const bool equal = expected(i, gfn) == expected(j, other), sameSalt = i == j || shareSalt(i, j);
    tryShare(i, gfn, ShareOccasion::Scan);
    tryShare(j, other, ShareOccasion::Scan);
    const NptEntry a = entry(i, gfn), b = entry(j, other);
    const bool one = a.shared() && b.shared() && a.mfn() == b.mfn();
    invariant(!one || (equal && sameSalt), "only equal pages of one salt are one frame");
    if (eligible && equal && sameSalt && !weakHash_) invariant(one, "equal pages that were both scanned are one frame");
  }
  [[nodiscard]] bool maybeShared(std::size_t i, Gfn gfn) {
    return entry(i, gfn).place() == PagePlace::Private && !memory(i).isTable(gfn) && vms_[i]->sharing && !memory(i).dead;
  }
  [[nodiscard]] bool shareSalt(std::size_t i, std::size_t j) {
    switch (host_->sharing().settings().salting) {
      case Salting::Off: return true;
      case Salting::Given: return vms_[i]->salt.value_or("0") == vms_[j]->salt.value_or("0");
      case Salting::PerVm: return vms_[i]->salt && vms_[i]->salt == vms_[j]->salt;
    }
    return false;
  }
  void shareBeforeSwap(std::size_t i) {
    const Gfn gfn = page(i);
    if (isCandidate(i, gfn)) tryShare(i, gfn, ShareOccasion::BeforeSwap);
  }
  void tryShare(std::size_t i, Gfn gfn, ShareOccasion occasion) {
    const bool possible = maybeShared(i, gfn);
    const ShareAttempt attempt = host_->sharing().tryShare(memory(i), gfn, occasion, 0);
    invariant((attempt == ShareAttempt::NotEligible) == !possible, "private pages of VMs that take part are tried");
    invariant(attempt != ShareAttempt::FalseMatch || weakHash_, "a good hash does not collide");
    invariant((attempt == ShareAttempt::Shared) == (possible && entry(i, gfn).shared()), "a page that was shared is");
  }

  void lock(std::size_t i) {
    ModelVm& vm = *vms_[i];
    const Gfn gfn(random_.below(sizes_[i].value() + 2));
    const BalloonResult expected = gfn.value() >= sizes_[i].value()     ? BalloonResult::BadPage
                                   : memory(i).isTable(gfn)             ? BalloonResult::Pinned
                                   : vm.ballooned.contains(gfn.value()) ? BalloonResult::AlreadyLocked
                                                                        : BalloonResult::Done;
    invariant(host_->pager().lock(memory(i), gfn) == expected, "a page is locked once");
    if (expected != BalloonResult::Done) return;
    vm.ballooned.insert(gfn.value());
    vm.content.erase(gfn.value());
  }

  void unlock(std::size_t i) {
    ModelVm& vm = *vms_[i];
    const Gfn gfn(random_.below(sizes_[i].value() + 2));
    const BalloonResult expected = gfn.value() >= sizes_[i].value()     ? BalloonResult::BadPage
                                   : vm.ballooned.contains(gfn.value()) ? BalloonResult::Done
                                                                        : BalloonResult::AlreadyUnlocked;
    invariant(host_->pager().unlock(memory(i), gfn) == expected, "a page is unlocked once");
    vm.ballooned.erase(gfn.value());
  }

  // What sampling does to a page: it stays what and where it is.
  void revoke(std::size_t i) {
    const Gfn gfn = page(i);
    const NptEntry before = entry(i, gfn);
    if (!before.present()) return;
    memory(i).guest.sample(gfn);
    const NptEntry after = entry(i, gfn);
    invariant(after.place() == before.place() && after.mfn() == before.mfn() && !after.accessed(), "a sampled page only loses its A bit");
    if (random_.below(2) == 0) resolve(i, gfn, Access::Read);
  }

  void settings(std::size_t i) {
    MemorySettings& settings = memory(i).settings;
    if (random_.below(2) == 0) {
      settings.limit = random_.below(3) == 0 ? std::nullopt : std::optional(Pages(random_.below(sizes_[i].value() + 1)));
    } else {
      settings.reservation = Pages(random_.below(sizes_[i].value() / 2));
      settings.shares = random_.below(3000);
    }
    host_->scheduler().expire(BalanceReason::Setting, 0);
  }

  void rare(std::size_t i) {
    ModelVm& vm = *vms_[i];
    switch (random_.below(10)) {
      case 0: return remove(i);
      case 1: host_->pager().unlockAll(memory(i), 0); return vm.ballooned.clear();
      case 2:
        reclaim_.swap =
            reclaim_.swap == HypervisorSwap::Allowed && random_.below(4) == 0 ? HypervisorSwap::Forbidden : HypervisorSwap::Allowed;
        reclaim_.compression = random_.below(4) == 0 ? Compression::Off : Compression::On;
        reclaim_.zipMaxPercent = 5 + random_.below(60);
        return host_->reclaimer().setSettings(reclaim_);
      case 3:
        host_->disk(static_cast<std::uint16_t>(i)).inject(static_cast<PageFileFault>(random_.below(4)), random_.below(3));
        vm.diskIsBad = true;
        return;
      case 4: {
        const Pages wanted(random_.below(40));
        return static_cast<void>(host_->reclaimer().reclaim({ReclaimReason::Target, wanted, nullptr, nullptr, Gfn(0), 0}));
      }
      case 5:
        vm.sharing = random_.below(3) != 0;
        return host_->sharing().setSharing(memory(i), vm.sharing ? VmSharing::On : VmSharing::Off);
      case 6:
        if (const Gfn gfn = page(i); entry(i, gfn).large()) host_->pager().breakLarge(memory(i), gfn, LargeBreakReason::Pressure, 0);
        return;
      default: return read(i);
    }
  }
  // A page was taken because this test asked for it, whatever the reservation.
  void asked(std::size_t i) { before_[i] = memory(i).counters.swapOuts + memory(i).counters.zips; }

  [[nodiscard]] bool canBeTakenFrom(std::size_t i) {
    if (reclaim_.swap == HypervisorSwap::Forbidden || !vms_[i] || memory(i).dead || memory(i).swap.full()) return false;
    if (memory(i).allocated() <= memory(i).settings.reservation) return false;
    return candidates(i) > 0;
  }
  [[nodiscard]] std::uint64_t candidates(std::size_t i) {
    std::uint64_t count = 0;
    for (Gfn gfn; gfn.value() < sizes_[i].value(); gfn = gfn.next()) count += isCandidate(i, gfn) ? 1u : 0u;
    return count;
  }
  // While a VM whose disk failed has not given back its frames yet, nothing is swapped, not even for a limit.
  [[nodiscard]] bool anyIsDead() {
    for (std::size_t i = 0; i < vms_.size(); ++i) {
      if (vms_[i] && memory(i).dead) return true;
    }
    return false;
  }
  [[nodiscard]] bool anythingCanBeTaken() {
    for (std::size_t i = 0; i < vms_.size(); ++i) {
      if (canBeTakenFrom(i)) return true;
    }
    return false;
  }

  void check() {
    audit_->sweep();
    const auto wrong = host_->machine().audit();
    invariant(!wrong, wrong ? *wrong : "");
    const Pager& pager = host_->pager();
    invariant(pager.freeState() == nextFreeState(pager.freeState(), host_->machine().free(), pager.thresholds()),
              "the free state is evaluated at every allocation and release");
    // One step may kill two VMs; burying the first makes room.
    const bool nothingLeft = host_->machine().free() == Pages(0) && !anythingCanBeTaken();
    for (std::size_t i = 0; i < vms_.size(); ++i) {
      if (!vms_[i]) continue;
      VmMemory& vm = memory(i);
      if (i < before_.size() && vm.counters.swapOuts + vm.counters.zips > before_[i])
        invariant(vm.allocated() >= vm.settings.reservation, "a reservation is never undercut");
      const VmClock& clock = host_->clock(static_cast<std::uint16_t>(i));
      VirtualTime sum;
      for (std::size_t use = 0; use < kTimeUses; ++use) sum += clock.spent(static_cast<TimeUse>(use));
      invariant(sum == clock.elapsed(), "the time account adds up");
      if (vm.dead) {
        died(i, nothingLeft);
        continue;
      }
      invariant(vm.guest.count(PagePlace::Ballooned) == Pages(vms_[i]->ballooned.size()), "the balloon holds what was locked");
      invariant(vm.guest.count(PagePlace::Swapped) == vm.swap.used(), "every used slot holds a page");
      for (int n = 0; n < 3; ++n) checkPage(i, page(i));
      vm.mustBlock = false;
    }
    if (++checks_ % 64 != 0) return;
    for (std::size_t i = 0; i < vms_.size(); ++i) {
      if (!vms_[i]) continue;
      for (Gfn gfn; gfn.value() < sizes_[i].value(); gfn = gfn.next()) checkPage(i, gfn);
    }
  }

  void checkPage(std::size_t i, Gfn gfn) {
    std::array<std::byte, kPageSize> bytes{};
    invariant(host_->pager().look(memory(i), gfn, bytes), "every page can be looked at");
    invariant(holds(bytes, expected(i, gfn)), "a page holds what was written last, wherever it is");
    invariant((entry(i, gfn).place() == PagePlace::Ballooned) == vms_[i]->ballooned.contains(gfn.value()),
              "only locked pages are ballooned");
  }

  void died(std::size_t i, bool nothingLeft) {
    const std::string& why = *memory(i).dead;
    ++reached_.deaths;
    if (why.find("no free frame") != std::string::npos) {
      invariant(nothingLeft, "a VM dies of want of memory only when nothing can be reclaimed");
    } else {
      invariant(vms_[i]->diskIsBad && why.find(memory(i).name + ".vswp") != std::string::npos, "a VM dies of its own disk, by name");
    }
    remove(i);
  }

  Random random_;
  const bool weakHash_;
  const Kind kind_;
  std::optional<QuarterSlots> quarters_;
  ReclaimSettings reclaim_;
  std::optional<BareHost> host_;
  std::optional<Audit> audit_;
  std::vector<Pages> sizes_;
  std::vector<std::unique_ptr<ModelVm>> vms_;
  std::vector<std::uint64_t> before_;
  Reached reached_;
  std::uint64_t checks_ = 0;
};

constexpr int kSteps = 600;
constexpr std::uint64_t kSeedsPerGroup = 20;

}  // namespace

class PagerRandomTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void randomOperationsLeaveEveryPageAsTheModelSays_data() {
    QTest::addColumn<quint64>("first");
    const quint64 groups = full() ? 100 : 10;
    for (quint64 group = 0; group < groups; ++group) QTest::addRow("seeds from %llu", group * kSeedsPerGroup) << group * kSeedsPerGroup;
  }

  void randomOperationsLeaveEveryPageAsTheModelSays() {
    QFETCH(quint64, first);
    Reached sum;
    for (std::uint64_t seed = first; seed < first + kSeedsPerGroup; ++seed) {
      Play play(seed);
      for (int step = 0; step < kSteps; ++step) play.step();
      sum += play.reached();
    }
    // The test must reach what it tests.
    const auto reaches = [](const char* what, std::uint64_t count, std::uint64_t least) {
      QVERIFY2(count >= least * kSeedsPerGroup / 8, qPrintable(QString("%1 %2").arg(count).arg(what)));
    };
    reaches("deaths", sum.deaths, 1);
    reaches("swap-ins", sum.swapIns, 20);
    reaches("unzips", sum.unzips, 20);
    reaches("pages swapped out of a cache", sum.evictions, 1);
    reaches("pages shared", sum.shared, 40);
    reaches("breaks", sum.breaks, 20);
    reaches("false matches", sum.falseMatches, 20);
    reaches("pops", sum.pops, 20);
    reaches("sampling periods", sum.samples, 10);
    QVERIFY(sum.refused > 0);
  }

  void randomOperationsWithLargePagesLeaveEveryPageAsTheModelSays() {
    Reached sum;
    for (std::uint64_t seed = 0; seed < (full() ? 200u : 20u); ++seed) {
      Play play(seed, Play::Kind::Large);
      for (int step = 0; step < kSteps / 2; ++step) play.step();
      sum += play.reached();
    }
    QVERIFY2(sum.largeTouches > 20 && sum.swapIns > 0 && sum.shared > 20,
             qPrintable(QString("%1 large touches, %2 swap-ins, %3 shared").arg(sum.largeTouches).arg(sum.swapIns).arg(sum.shared)));
  }

  void sameOperationsGiveTheSameDigest() {
    const auto digestOf = [](std::uint64_t seed) {
      Play play(seed);
      for (int step = 0; step < kSteps; ++step) play.step();
      return play.digest();
    };
    for (std::uint64_t seed = 0; seed < 5; ++seed) QCOMPARE(digestOf(seed), digestOf(seed));
    QVERIFY(digestOf(1) != digestOf(2));
  }
};

OVERCOMMIT_TEST(PagerRandomTest)
#include "pager_random_test.moc"
