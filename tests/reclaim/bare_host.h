// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reclaim/memory_scheduler.h"
#include "reclaim/page_sharing.h"
#include "reclaim/pager.h"
#include "reclaim/reclaimer.h"
#include "trace/event_log.h"

namespace overcommit::test {

// A hash with four values: nearly every page collides with others.
inline std::uint64_t weakHash(std::span<const std::byte, kPageSize> page) { return (hashOfPage(page) & 3) << 62; }

// Settings under which nothing is scanned unless a test says so.
inline ShareSettings quiet(Salting salting = Salting::Off) {
  return {FixedScanRate{0, 0}, {Pages(1), Bytes(kPageSize), 1}, salting, &hashOfPage};
}

// Whether the VMs' windows exist; nobody touches them here, but what they map is audited.
enum class BareWindows : std::uint8_t { Absent, Present };

struct BareHostSettings {
  Pages frames;
  FreeStateThresholds thresholds;
  ShareSettings sharing = quiet();
  ReclaimSettings reclaim;
  ScheduleSettings schedule;
  std::size_t vms = 64;  // at most at a time
  BareWindows windows = BareWindows::Absent;
};

struct BareVmSettings {
  Pages memory;
  MemorySettings settings = {Pages(0), std::nullopt, 1000};
  VmShareSettings sharing;
  std::optional<QuarterSlots> zip;  // nothing: no compression cache
  LargeBacking largePages = LargeBacking::Off;
};

// A host whose VMs have no CPU: all that is in core/reclaim, wired as the host wires it, called step by step. Records what the host
// records, so that an audit can run beside: attach it to log(), then call begin(). Guest frames 4 to 7 of every VM are its page tables.
class BareHost {
 public:
  explicit BareHost(const BareHostSettings& settings)
      : settings_(settings),
        mappings_(MappingBudget::systemLimit()),
        machine_(*MachineMemory::create(settings.frames, FreedFrames::FillWithJunk)),
        pager_(parts(), settings.thresholds) {
    while (Pages(table_.size()) < ShareTable::framesFor(settings.frames)) table_.push_back(*machine_->takeOverhead(kNoVm));
    sharing_.emplace(*machine_, log_, costs_, pager_, ShareTable(*machine_, table_), settings.sharing);
    pager_.sharedFrameGone = [this](Mfn mfn) { sharing_->sharedFrameGone(mfn); };
    pager_.largePageBroken = [this](const VmMemory& vm, Gfn first, std::uint64_t event) { sharing_->largePageBroken(vm, first, event); };
    reclaimer_.emplace(parts(), pager_, &*sharing_, settings.reclaim);
    pager_.setFrameSource(*reclaimer_);
    scheduler_.emplace(parts(), pager_, settings.schedule);
  }
  virtual ~BareHost() = default;
  BareHost(const BareHost&) = delete;
  BareHost& operator=(const BareHost&) = delete;

  void begin() {
    for (const Mfn mfn : table_) recordTake(kNoVm, mfn, OverheadUse::ShareTable);
  }

  // nullptr: no memory for its tables.
  VmMemory* powerOn(std::uint16_t number, const BareVmSettings& settings) {
    const Pages tables = NestedPageTable::tablesFor(settings.memory);
    if (machine_->free() < tables + pager_.emergencyFrames()) return nullptr;
    const VmId id(number);
    auto vm = std::make_unique<OneVm>();
    vm->clock = VmClock(log_.hostTime());
    const std::string name = "vm" + std::to_string(number), file = name + ".vswp";
    Event on = eventOf(id, EventKind::PowerOn);
    on.text = name;
    on.values = {settings.memory.value(), settings.settings.reservation.value(), 0, 0};
    log_.record(on);
    while (Pages(vm->tables.size()) < tables) {
      vm->tables.push_back(*machine_->takeOverhead(id));
      recordTake(id, vm->tables.back(), OverheadUse::NestedPageTable);
    }
    std::unique_ptr<GuestWindows> windows;
    if (settings_.windows == BareWindows::Present)
      windows = std::move(*GuestWindows::create(*machine_, mappings_, settings.memory, Pages(1)));
    const Pages slots = settings.memory - settings.settings.reservation;
    auto disk = std::make_unique<FaultyPageFile>(*createPageFile(std::filesystem::temp_directory_path(), file, slots), file);
    vm->disk = disk.get();
    vm->memory = std::make_unique<VmMemory>(
        id, name, GuestPhysicalMemory(*machine_, NestedPageTable(*machine_, settings.memory, vm->tables), std::move(windows)), vm->clock,
        SwapFile(std::move(disk), file, slots), Random(number, "victims"));
    vm->memory->settings = settings.settings;
    vm->memory->tablesFirst = Gfn(4);
    vm->memory->tablesEnd = Gfn(8);
    vm->memory->largeBacking = settings.largePages;
    if (settings.zip) vm->memory->zip.emplace(*machine_, id, *settings.zip);
    VmMemory& added = *vm->memory;
    vms_[number] = std::move(vm);
    pager_.add(added);
    sharing_->add(added, settings.sharing, Random(number, "sharing"));
    return &added;
  }
  void powerOff(std::uint16_t number) {
    OneVm& vm = *vms_.at(number);
    sharing_->remove(*vm.memory);
    pager_.remove(*vm.memory, 0);
    for (const Mfn mfn : vm.tables) {
      machine_->release(mfn);
      Event give = eventOf(VmId(number), EventKind::OverheadGive);
      give.mfn = mfn;
      pager_.evaluateFreeState(log_.record(give));
    }
    log_.record(eventOf(VmId(number), EventKind::PowerOff));
    vms_.erase(number);
  }

  // To be called while those who listen to the log are still there.
  void powerOffAll() {
    while (!vms_.empty()) powerOff(vms_.begin()->first);
  }

  // An access as a vCPU makes it: resolved, seen by the sampler, mapped in the window. nullptr: the VM is dead.
  std::byte* access(VmMemory& vm, Gfn gfn, Access access) {
    if (pager_.resolve(vm, gfn, access) == Resolution::Dead) return nullptr;
    if (vm.guest.windows() != nullptr) {
      vm.guest.fillRam(gfn, access);
    } else {
      vm.guest.touch(gfn, access);
    }
    return machine_->bytes(vm.guest.entry(gfn).mfn()).data();
  }

  [[nodiscard]] static Mfn frameOf(const VmMemory& vm, std::uint64_t gfn) { return vm.guest.entry(Gfn(gfn)).mfn(); }
  [[nodiscard]] static PagePlace placeOf(const VmMemory& vm, std::uint64_t gfn) { return vm.guest.entry(Gfn(gfn)).place(); }

  // "" if all is well, else the first contradiction.
  [[nodiscard]] std::string wrong() const {
    if (const auto wrong = machine_->audit()) return *wrong;
    for (const auto& [number, vm] : vms_) {
      if (const auto wrong = vm->memory->guest.audit()) return *wrong;
    }
    return sharing_->audit().value_or("");
  }

  [[nodiscard]] MachineMemory& machine() { return *machine_; }
  [[nodiscard]] Pager& pager() { return pager_; }
  [[nodiscard]] PageSharing& sharing() { return *sharing_; }
  [[nodiscard]] Reclaimer& reclaimer() { return *reclaimer_; }
  [[nodiscard]] MemoryScheduler& scheduler() { return *scheduler_; }
  [[nodiscard]] EventLog& log() { return log_; }
  [[nodiscard]] const Costs& costs() const { return costs_; }
  [[nodiscard]] bool isOn(std::uint16_t number) const { return vms_.contains(number); }
  [[nodiscard]] VmMemory& vm(std::uint16_t number) { return *vms_.at(number)->memory; }
  [[nodiscard]] const VmClock& clock(std::uint16_t number) const { return vms_.at(number)->clock; }
  [[nodiscard]] FaultyPageFile& disk(std::uint16_t number) { return *vms_.at(number)->disk; }

 private:
  struct OneVm {
    VmClock clock{VirtualTime(0)};
    FaultyPageFile* disk = nullptr;  // inside memory->swap
    std::unique_ptr<VmMemory> memory;
    std::vector<Mfn> tables;
  };
  Pager::Parts parts() { return {*machine_, log_, costs_, swapDisk_, settings_.vms}; }
  Event eventOf(VmId vm, EventKind kind) {
    Event event;
    event.kind = kind;
    event.vm = vm;
    event.vmTime = log_.hostTime();
    return event;
  }
  void recordTake(VmId vm, Mfn mfn, OverheadUse use) {
    Event take = eventOf(vm, EventKind::OverheadTake);
    take.mfn = mfn;
    take.values[0] = static_cast<std::uint64_t>(use);
    pager_.evaluateFreeState(log_.record(take));
  }

  BareHostSettings settings_;
  EventLog log_;
  const Costs costs_ = defaultCosts();
  DiskQueue swapDisk_{0};
  MappingBudget mappings_;
  std::unique_ptr<MachineMemory> machine_;
  std::vector<Mfn> table_;
  Pager pager_;
  std::optional<PageSharing> sharing_;
  std::optional<Reclaimer> reclaimer_;
  std::optional<MemoryScheduler> scheduler_;
  std::map<std::uint16_t, std::unique_ptr<OneVm>> vms_;
};

}  // namespace overcommit::test
