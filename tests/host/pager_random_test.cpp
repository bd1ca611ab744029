// SPDX-License-Identifier: GPL-2.0-or-later
// Random operations on the pager against a simple model: what every page must hold, and where it may be. The audit runs beside and
// compares everything after every step.
#include <QTemporaryDir>
#include <map>
#include <set>

#include "host/audit.h"
#include "reclaim/memory_scheduler.h"
#include "reclaim/reclaimer.h"
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// A VM without a CPU, and what the model knows of it.
struct ModelVm {
  VmClock clock{VirtualTime(0)};
  std::unique_ptr<VmMemory> memory;
  std::vector<Mfn> tables;
  FaultyPageFile* disk = nullptr;
  bool diskIsBad = false;
  std::map<std::uint64_t, std::uint64_t> content;  // by gfn, of pages that hold anything; every other page is zero
  std::set<std::uint64_t> ballooned;
};

class Play {
 public:
  enum class Kind : std::uint8_t { Small, Large };
  explicit Play(std::uint64_t seed, Kind kind = Kind::Small) : random_(seed, "pager test"), disk_(0), kind_(kind) {
    const std::uint64_t base = kind == Kind::Large ? kLargePagePages : 0;
    frames_ = Pages(3 * base + 60 + random_.below(240 + 3 * base));
    TraceHeader header;
    header.hostMemory = frames_;
    for (std::uint64_t i = 0, n = 1 + random_.below(4); i < n; ++i) {
      header.vms.push_back({"vm" + std::to_string(i), Pages(2 * base + 32 + random_.below(120 + base)), Pages(0), "none"});
    }
    machine_ = *MachineMemory::create(frames_, FreedFrames::FillWithJunk);
    thresholds_ = thresholdsFor(frames_, bytesOf(frames_) * 100, MinFreeScale::SixPercent, random_.below(3) * 10);
    swap_ = random_.below(8) == 0 ? HypervisorSwap::Forbidden : HypervisorSwap::Allowed;
    pager_.emplace(Pager::Parts{*machine_, log_, costs_, disk_}, thresholds_);
    reclaimer_.emplace(Pager::Parts{*machine_, log_, costs_, disk_}, *pager_, nullptr, reclaimSettings());
    pager_->setFrameSource(*reclaimer_);
    scheduler_.emplace(Pager::Parts{*machine_, log_, costs_, disk_}, *pager_, ScheduleSettings{});
    audit_ = std::make_unique<Audit>(header, *machine_, *pager_, nullptr);
    log_.addListener(*audit_);
    for (const TraceVm& vm : header.vms) {
      names_.push_back(vm.name);
      sizes_.push_back(vm.memory);
    }
    vms_.resize(names_.size());
    for (std::size_t i = 0; i < vms_.size(); ++i) add(i);
  }
  ~Play() {
    for (std::size_t i = 0; i < vms_.size(); ++i) remove(i);
    audit_->sweep();
  }
  Play(const Play&) = delete;
  Play& operator=(const Play&) = delete;

  void step() {
    const std::size_t i = random_.below(vms_.size());
    log_.setHostTime(log_.hostTime() + microseconds(random_.below(2000)));
    if (!vms_[i]) return add(i);
    before_.clear();
    for (const auto& vm : vms_) before_.push_back(vm ? vm->memory->counters.swapOuts : 0);
    switch (random_.below(16)) {
      case 0:
      case 1:
      case 2: read(i); break;
      case 3:
      case 4:
      case 5:
      case 6:
        for (int n = 0; n < 4 && !vms_[i]->memory->dead; ++n) write(i);
        break;
      case 7:
      case 8: swapOut(i); break;
      case 9: share(i); break;
      case 10:
      case 11: lock(i); break;
      case 12: unlock(i); break;
      case 13: settings(i); break;
      case 14:
        scheduler_->run(log_.hostTime());
        reclaimer_->runSwapDaemon(log_.hostTime());
        break;
      default: rare(i); break;
    }
    check();
  }

  [[nodiscard]] std::string digest() const { return log_.digest().text(); }
  [[nodiscard]] std::uint64_t deaths() const { return deaths_; }
  [[nodiscard]] std::uint64_t swapIns() const {
    std::uint64_t sum = swapIns_;
    for (const auto& vm : vms_) sum += vm ? vm->memory->counters.swapIns : 0;
    return sum;
  }
  [[nodiscard]] std::uint64_t shared() const { return shared_; }
  [[nodiscard]] std::uint64_t largeTouches() const { return largeTouches_; }

 private:
  Event eventOf(std::size_t i, EventKind kind) {
    Event event;
    event.kind = kind;
    event.vm = VmId(static_cast<std::uint16_t>(i));
    event.vmTime = log_.hostTime();
    return event;
  }

  void add(std::size_t i) {
    const Pages size = sizes_[i];
    if (machine_->free() < NestedPageTable::tablesFor(size) + pager_->emergencyFrames()) return;
    auto vm = std::make_unique<ModelVm>();
    vm->clock = VmClock(log_.hostTime());
    Event on = eventOf(i, EventKind::PowerOn);
    on.text = names_[i];
    on.values[0] = size.value();
    log_.record(on);
    while (Pages(vm->tables.size()) < NestedPageTable::tablesFor(size)) {
      vm->tables.push_back(*machine_->takeOverhead(on.vm));
      Event take = eventOf(i, EventKind::OverheadTake);
      take.mfn = vm->tables.back();
      take.values[0] = static_cast<std::uint64_t>(OverheadUse::NestedPageTable);
      pager_->evaluateFreeState(log_.record(take));
    }
    const std::string file = names_[i] + ".vswp";
    const Pages reservation(random_.below(4) == 0 ? random_.below(size.value()) : 0);
    const Pages slots = size - reservation;
    auto disk = std::make_unique<FaultyPageFile>(*createPageFile(directory_.path().toStdString(), file, slots), file);
    vm->disk = disk.get();
    vm->memory =
        std::make_unique<VmMemory>(on.vm, names_[i], GuestPhysicalMemory(*machine_, NestedPageTable(*machine_, size, vm->tables), nullptr),
                                   vm->clock, SwapFile(std::move(disk), file, slots), Random(random_.next(), "victims"));
    vm->memory->settings = {reservation, std::nullopt, 1 + random_.below(2000)};
    vm->memory->tablesFirst = Gfn(4);
    vm->memory->tablesEnd = Gfn(8);
    if (kind_ == Kind::Large) vm->memory->largeBacking = LargeBacking::On;
    pager_->add(*vm->memory);
    vms_[i] = std::move(vm);
  }

  void remove(std::size_t i) {
    if (!vms_[i]) return;
    swapIns_ += vms_[i]->memory->counters.swapIns;
    pager_->remove(*vms_[i]->memory, 0);
    for (const Mfn mfn : vms_[i]->tables) {
      machine_->release(mfn);
      Event give = eventOf(i, EventKind::OverheadGive);
      give.mfn = mfn;
      pager_->evaluateFreeState(log_.record(give));
    }
    log_.record(eventOf(i, EventKind::PowerOff));
    vms_[i].reset();
  }

  [[nodiscard]] ReclaimSettings reclaimSettings() const {
    ReclaimSettings settings;
    settings.swap = swap_;
    return settings;
  }
  [[nodiscard]] Gfn page(std::size_t i) { return Gfn(random_.below(sizes_[i].value())); }
  [[nodiscard]] std::uint64_t expected(std::size_t i, Gfn gfn) const {
    const auto found = vms_[i]->content.find(gfn.value());
    return found == vms_[i]->content.end() ? 0 : found->second;
  }
  // Few different contents, so that pages can be shared.
  static void fill(std::span<std::byte, kPageSize> bytes, std::uint64_t content) {
    for (std::size_t at = 0; at < kPageSize; at += 8) {
      const std::uint64_t word = content == 0 ? 0 : content * 0x9e3779b97f4a7c15u + at;
      std::memcpy(&bytes[at], &word, 8);
    }
  }
  static bool holds(std::span<const std::byte, kPageSize> bytes, std::uint64_t content) {
    std::array<std::byte, kPageSize> right{};
    fill(right, content);
    return std::memcmp(bytes.data(), right.data(), kPageSize) == 0;
  }

  // Resolves; nothing if the VM died, which it may only for a reason.
  std::optional<std::span<std::byte, kPageSize>> resolve(std::size_t i, Gfn gfn, Access access) {
    ModelVm& vm = *vms_[i];
    const PagePlace place = vm.memory->guest.entry(gfn).place();
    const MemoryCounters counters = vm.memory->counters;
    if (pager_->resolve(*vm.memory, gfn, access) == Resolution::Dead) {
      invariant(vm.memory->dead.has_value(), "a VM that died knows why");
      return std::nullopt;
    }
    vm.ballooned.erase(gfn.value());
    const NptEntry entry = vm.memory->guest.entry(gfn);
    invariant(entry.present() && (access == Access::Read || entry.writable()), "a resolved page can be accessed as asked");
    const MemoryCounters& now = vm.memory->counters;
    const bool touched = place == PagePlace::Untouched || place == PagePlace::Ballooned;
    invariant(now.firstTouches + now.largeTouches - counters.firstTouches - counters.largeTouches == (touched ? 1u : 0u),
              "a touch of an untouched page is counted once");
    largeTouches_ += now.largeTouches - counters.largeTouches;
    invariant(now.pops - counters.pops == (place == PagePlace::Ballooned ? 1u : 0u), "a pop is counted once");
    invariant(now.swapIns - counters.swapIns == (place == PagePlace::Swapped ? 1u : 0u), "a swap-in is counted once");
    return machine_->bytes(entry.mfn());
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
    const std::uint64_t content = random_.below(12);
    vms_[i]->content[gfn.value()] = content;
    fill(*bytes, content);
  }

  void swapOut(std::size_t i) {
    ModelVm& vm = *vms_[i];
    const Gfn gfn = page(i);
    const bool candidate =
        vm.memory->guest.entry(gfn).place() == PagePlace::Private && !vm.memory->isTable(gfn) && !vm.memory->recent.contains(gfn);
    const bool full = vm.memory->swap.full();
    const SwapOutResult result = pager_->swapOut(*vm.memory, gfn, 0);
    if (result == SwapOutResult::DiskError) {
      invariant(vm.diskIsBad && candidate && !full, "only a bad disk fails");
    } else {
      invariant(result == (!candidate ? SwapOutResult::NotACandidate
                           : full     ? SwapOutResult::NoSpace
                                      : SwapOutResult::Done),
                "a page is swapped out if it can be");
    }
    before_[i] = vm.memory->counters.swapOuts;  // asked for, whatever the reservation
  }

  void share(std::size_t i) {
    const std::size_t j = random_.below(vms_.size());
    if (!vms_[j]) return;
    const Gfn gfn = page(i);
    Gfn other = page(j);
    for (int n = 0; n < 64 && expected(i, gfn) != expected(j, other); ++n) other = page(j);
    const NptEntry a = vms_[i]->memory->guest.entry(gfn), b = vms_[j]->memory->guest.entry(other);
    const bool possible = !a.large() && !b.large() && a.place() == PagePlace::Private && b.present() && a.mfn() != b.mfn() &&
                          !vms_[i]->memory->isTable(gfn) && !vms_[j]->memory->isTable(other);
    const bool equal = expected(i, gfn) == expected(j, other);
    const ShareResult result = pager_->share(*vms_[i]->memory, gfn, *vms_[j]->memory, other, 0);
    invariant(result == (!possible ? ShareResult::NotPrivate
                         : equal   ? ShareResult::Shared
                                   : ShareResult::Differs),
              "equal private pages can be shared");
    if (result == ShareResult::Shared) {
      ++shared_;
      invariant(vms_[i]->memory->guest.entry(gfn).mfn() == vms_[j]->memory->guest.entry(other).mfn(), "shared pages are one frame");
    }
  }

  void lock(std::size_t i) {
    ModelVm& vm = *vms_[i];
    const Gfn gfn(random_.below(sizes_[i].value() + 2));
    const BalloonResult expected = gfn.value() >= sizes_[i].value()     ? BalloonResult::BadPage
                                   : vm.memory->isTable(gfn)            ? BalloonResult::Pinned
                                   : vm.ballooned.contains(gfn.value()) ? BalloonResult::AlreadyLocked
                                                                        : BalloonResult::Done;
    invariant(pager_->lock(*vm.memory, gfn) == expected, "a page is locked once");
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
    invariant(pager_->unlock(*vm.memory, gfn) == expected, "a page is unlocked once");
    vm.ballooned.erase(gfn.value());
  }

  void settings(std::size_t i) {
    MemorySettings& settings = vms_[i]->memory->settings;
    if (random_.below(2) == 0) {
      settings.limit = random_.below(3) == 0 ? std::nullopt : std::optional(Pages(random_.below(sizes_[i].value() + 1)));
    } else {
      settings.reservation = Pages(random_.below(sizes_[i].value() / 2));
      settings.shares = random_.below(3000);
    }
  }

  void rare(std::size_t i) {
    ModelVm& vm = *vms_[i];
    switch (random_.below(8)) {
      case 0: return remove(i);
      case 1: pager_->unlockAll(*vm.memory, 0); return vm.ballooned.clear();
      case 2:
        swap_ = swap_ == HypervisorSwap::Allowed && random_.below(4) == 0 ? HypervisorSwap::Forbidden : HypervisorSwap::Allowed;
        return reclaimer_->setSettings(reclaimSettings());
      case 3:
        vm.disk->inject(static_cast<PageFileFault>(random_.below(4)), random_.below(3));
        vm.diskIsBad = true;
        return;
      case 4: return static_cast<void>(reclaimer_->reclaim({ReclaimReason::Target, Pages(random_.below(40)), nullptr, nullptr, Gfn(0), 0}));
      case 5:
        if (const Gfn gfn = page(i); vm.memory->guest.entry(gfn).large())
          pager_->breakLarge(*vm.memory, gfn, LargeBreakReason::Pressure, 0);
        return;
      default: return read(i);
    }
  }

  [[nodiscard]] bool anythingCanBeTaken() const {
    if (swap_ == HypervisorSwap::Forbidden) return false;
    for (std::size_t i = 0; i < vms_.size(); ++i) {
      if (!vms_[i] || vms_[i]->memory->dead || vms_[i]->memory->swap.full()) continue;
      const VmMemory& memory = *vms_[i]->memory;
      if (memory.allocated() <= memory.settings.reservation) continue;
      for (Gfn gfn; gfn.value() < sizes_[i].value(); gfn = gfn.next()) {
        if (memory.guest.entry(gfn).place() == PagePlace::Private && !memory.isTable(gfn) && !memory.recent.contains(gfn)) return true;
      }
    }
    return false;
  }

  void check() {
    audit_->sweep();
    const auto wrong = machine_->audit();
    invariant(!wrong, wrong ? *wrong : "");
    invariant(pager_->freeState() == nextFreeState(pager_->freeState(), machine_->free(), pager_->thresholds()),
              "the free state is evaluated at every allocation and release");
    // One step may kill two VMs; burying the first makes room.
    const bool nothingLeft = machine_->free() == Pages(0) && !anythingCanBeTaken();
    for (std::size_t i = 0; i < vms_.size(); ++i) {
      if (!vms_[i]) continue;
      ModelVm& vm = *vms_[i];
      if (vm.memory->counters.swapOuts > before_[i] && i < before_.size())
        invariant(vm.memory->allocated() >= vm.memory->settings.reservation, "a reservation is never undercut");
      VirtualTime sum;
      for (std::size_t use = 0; use < kTimeUses; ++use) sum += vm.clock.spent(static_cast<TimeUse>(use));
      invariant(sum == vm.clock.elapsed(), "the time account adds up");
      if (vm.memory->dead) {
        died(i, nothingLeft);
        continue;
      }
      invariant(vm.memory->guest.count(PagePlace::Ballooned) == Pages(vm.ballooned.size()), "the balloon holds what was locked");
      invariant(vm.memory->guest.count(PagePlace::Swapped) == vm.memory->swap.used(), "every used slot holds a page");
      for (int n = 0; n < 3; ++n) checkPage(i, page(i));
      vm.memory->mustBlock = false;
    }
    if (++checks_ % 64 != 0) return;
    for (std::size_t i = 0; i < vms_.size(); ++i) {
      if (!vms_[i]) continue;
      for (Gfn gfn; gfn.value() < sizes_[i].value(); gfn = gfn.next()) checkPage(i, gfn);
    }
  }

  void checkPage(std::size_t i, Gfn gfn) const {
    std::array<std::byte, kPageSize> bytes{};
    invariant(pager_->look(*vms_[i]->memory, gfn, bytes), "every page can be looked at");
    invariant(holds(bytes, expected(i, gfn)), "a page holds what was written last, wherever it is");
    invariant((vms_[i]->memory->guest.entry(gfn).place() == PagePlace::Ballooned) == vms_[i]->ballooned.contains(gfn.value()),
              "only locked pages are ballooned");
  }

  void died(std::size_t i, bool nothingLeft) {
    const std::string& why = *vms_[i]->memory->dead;
    ++deaths_;
    if (why.find("no free frame") != std::string::npos) {
      invariant(nothingLeft, "a VM dies of want of memory only when nothing can be reclaimed");
    } else {
      invariant(vms_[i]->diskIsBad && why.find(names_[i] + ".vswp") != std::string::npos, "a VM dies of its own disk, by name");
    }
    remove(i);
  }

  Random random_;
  QTemporaryDir directory_;
  Pages frames_;
  EventLog log_;
  const Costs costs_ = defaultCosts();
  DiskQueue disk_;
  Kind kind_;
  FreeStateThresholds thresholds_;
  HypervisorSwap swap_ = HypervisorSwap::Allowed;
  std::unique_ptr<MachineMemory> machine_;
  std::optional<Pager> pager_;
  std::optional<Reclaimer> reclaimer_;
  std::optional<MemoryScheduler> scheduler_;
  std::unique_ptr<Audit> audit_;
  std::vector<std::string> names_;
  std::vector<Pages> sizes_;
  std::vector<std::unique_ptr<ModelVm>> vms_;
  std::vector<std::uint64_t> before_;
  std::uint64_t deaths_ = 0, swapIns_ = 0, shared_ = 0, largeTouches_ = 0, checks_ = 0;
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
    std::uint64_t deaths = 0, swapIns = 0, shared = 0;
    for (std::uint64_t seed = first; seed < first + kSeedsPerGroup; ++seed) {
      Play play(seed);
      for (int step = 0; step < kSteps; ++step) play.step();
      deaths += play.deaths();
      swapIns += play.swapIns();
      shared += play.shared();
    }
    // The test must reach what it tests.
    QVERIFY2(deaths > kSeedsPerGroup / 4 && swapIns > kSeedsPerGroup * 20 && shared > kSeedsPerGroup,
             qPrintable(QString("%1 deaths, %2 swap-ins, %3 shared").arg(deaths).arg(swapIns).arg(shared)));
  }

  void randomOperationsWithLargePagesLeaveEveryPageAsTheModelSays() {
    std::uint64_t largeTouches = 0, swapIns = 0;
    for (std::uint64_t seed = 0; seed < (full() ? 200u : 20u); ++seed) {
      Play play(seed, Play::Kind::Large);
      for (int step = 0; step < kSteps / 2; ++step) play.step();
      largeTouches += play.largeTouches();
      swapIns += play.swapIns();
    }
    QVERIFY2(largeTouches > 40 && swapIns > 40, qPrintable(QString("%1 large touches, %2 swap-ins").arg(largeTouches).arg(swapIns)));
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
