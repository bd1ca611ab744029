// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTemporaryDir>
#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reclaim/page_sharing.h"
#include "reclaim/pager.h"
#include "trace/event_log.h"

namespace overcommit::test {

// A hash with four values: nearly every page collides with others.
inline std::uint64_t weakHash(std::span<const std::byte, kPageSize> page) { return (hashOfPage(page) & 3) << 62; }

// Settings under which nothing is scanned unless a test says so.
inline ShareSettings quiet(Salting salting = Salting::Off) {
  return {FixedScanRate{0, 0}, {Pages(1), Bytes(kPageSize), 1}, salting, &hashOfPage};
}

inline void fillPage(std::span<std::byte, kPageSize> bytes, std::uint64_t content) {
  for (std::size_t at = 0; at < kPageSize; at += 8) {
    const std::uint64_t word = content == 0 ? 0 : content * 0x9e3779b97f4a7c15u + at;
    std::memcpy(&bytes[at], &word, 8);
  }
}
inline bool pageHolds(std::span<const std::byte, kPageSize> bytes, std::uint64_t content) {
  std::array<std::byte, kPageSize> right{};
  fillPage(right, content);
  return std::memcmp(bytes.data(), right.data(), kPageSize) == 0;
}

// A host of VMs without a CPU, with page sharing. Keeps all events.
class SharingHost final : private EventListener {
 public:
  explicit SharingHost(Pages frames, ShareSettings settings = quiet())
      : machine_(*MachineMemory::create(frames, FreedFrames::FillWithJunk)),
        pager_({*machine_, log_, costs_, disk_, 64}, thresholdsFor(frames, bytesOf(frames), MinFreeScale::SixPercent, 0)) {
    log_.addListener(*this);
    std::vector<Mfn> table;
    while (Pages(table.size()) < ShareTable::framesFor(frames)) table.push_back(*machine_->takeOverhead(kNoVm));
    sharing_ = std::make_unique<PageSharing>(*machine_, log_, costs_, pager_, ShareTable(*machine_, std::move(table)), settings);
    hook(pager_);
  }
  ~SharingHost() override {
    while (!vms_.empty()) powerOff(vms_.begin()->first);
  }
  SharingHost(const SharingHost&) = delete;
  SharingHost& operator=(const SharingHost&) = delete;

  // Guest frames 4 to 7 are the guest's page tables.
  VmMemory& powerOn(std::uint16_t number, Pages memory, const VmShareSettings& settings = {}) {
    auto vm = std::make_unique<OneVm>();
    vm->clock = VmClock(log_.hostTime());
    while (Pages(vm->tables.size()) < NestedPageTable::tablesFor(memory)) vm->tables.push_back(*machine_->takeOverhead(VmId(number)));
    const std::string name = "vm" + std::to_string(number), file = name + ".vswp";
    vm->memory = std::make_unique<VmMemory>(
        VmId(number), name, GuestPhysicalMemory(*machine_, NestedPageTable(*machine_, memory, vm->tables), nullptr), vm->clock,
        SwapFile(*createPageFile(directory_.path().toStdString(), file, memory), file, memory), Random(number, "victims"));
    vm->memory->tablesFirst = Gfn(4);
    vm->memory->tablesEnd = Gfn(8);
    VmMemory& added = *vm->memory;
    vms_[number] = std::move(vm);
    pager_.add(added);
    sharing_->add(added, settings, Random(number, "sharing"));
    return added;
  }
  void powerOff(std::uint16_t number) {
    OneVm& vm = *vms_.at(number);
    sharing_->remove(*vm.memory);
    std::map<Mfn, std::uint32_t> references;
    for (Gfn gfn; gfn.value() < vm.memory->guest.memory().value(); gfn = gfn.next()) {
      const NptEntry entry = vm.memory->guest.entry(gfn);
      if (entry.shared() && ++references[entry.mfn()] == machine_->frame(entry.mfn()).references) sharing_->sharedFrameGone(entry.mfn());
    }
    pager_.remove(*vm.memory, 0);
    for (const Mfn mfn : vm.tables) machine_->release(mfn);
    vms_.erase(number);
  }

  // What the pager's hook does: tells of a frame that is about to lose its last sharer.
  void tellIfLast(const VmMemory& vm, Gfn gfn) {
    const NptEntry entry = vm.guest.entry(gfn);
    if (entry.shared() && machine_->frame(entry.mfn()).references == 1) sharing_->sharedFrameGone(entry.mfn());
  }
  Resolution resolve(VmMemory& vm, Gfn gfn, Access access) {
    if (access == Access::Write) tellIfLast(vm, gfn);
    return pager_.resolve(vm, gfn, access);
  }
  BalloonResult lock(VmMemory& vm, Gfn gfn) {
    if (gfn.value() < vm.guest.memory().value() && !vm.isTable(gfn)) tellIfLast(vm, gfn);
    return pager_.lock(vm, gfn);
  }
  void write(VmMemory& vm, std::uint64_t gfn, std::uint64_t content) {
    invariant(resolve(vm, Gfn(gfn), Access::Write) == Resolution::Present, "there is memory enough");
    fillPage(machine_->bytes(vm.guest.entry(Gfn(gfn)).mfn()), content);
  }
  ShareAttempt scan(VmMemory& vm, std::uint64_t gfn) { return sharing_->tryShare(vm, Gfn(gfn), ShareOccasion::Scan, 0); }
  void forgetRecent(VmMemory& vm) { vm.recent = RecentFaults(); }

  [[nodiscard]] static Mfn frameOf(const VmMemory& vm, std::uint64_t gfn) { return vm.guest.entry(Gfn(gfn)).mfn(); }
  [[nodiscard]] static PagePlace placeOf(const VmMemory& vm, std::uint64_t gfn) { return vm.guest.entry(Gfn(gfn)).place(); }
  [[nodiscard]] std::uint64_t count(EventKind kind) const {
    return static_cast<std::uint64_t>(std::ranges::count_if(events_, [kind](const Event& event) { return event.kind == kind; }));
  }
  [[nodiscard]] std::uint64_t refusals(RefusalReason reason) const {
    return static_cast<std::uint64_t>(std::ranges::count_if(events_, [reason](const Event& event) {
      return event.kind == EventKind::Refusal && event.values[0] == static_cast<std::uint64_t>(reason);
    }));
  }

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
  [[nodiscard]] EventLog& log() { return log_; }
  [[nodiscard]] const Costs& costs() const { return costs_; }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  [[nodiscard]] bool isOn(std::uint16_t number) const { return vms_.contains(number); }
  [[nodiscard]] VmMemory& vm(std::uint16_t number) { return *vms_.at(number)->memory; }

 private:
  struct OneVm {
    VmClock clock{VirtualTime(0)};
    std::unique_ptr<VmMemory> memory;
    std::vector<Mfn> tables;
  };
  void onEvent(const Event& event) override { events_.push_back(event); }
  // The pager tells itself, if it can; that tellIfLast() has told before does no harm.
  template <typename AnyPager>
  void hook(AnyPager& pager) {
    if constexpr (requires { pager.sharedFrameGone = [](Mfn) {}; })
      pager.sharedFrameGone = [this](Mfn mfn) { sharing_->sharedFrameGone(mfn); };
    pager.largePageBroken = [this](const VmMemory& vm, Gfn first, std::uint64_t event) { sharing_->largePageBroken(vm, first, event); };
  }

  QTemporaryDir directory_;
  EventLog log_;
  const Costs costs_ = defaultCosts();
  DiskQueue disk_{0};
  std::vector<Event> events_;
  std::unique_ptr<MachineMemory> machine_;
  Pager pager_;
  std::unique_ptr<PageSharing> sharing_;
  std::map<std::uint16_t, std::unique_ptr<OneVm>> vms_;
};

#define QVERIFY_AUDIT(host)                   \
  do {                                        \
    const std::string wrong = (host).wrong(); \
    QVERIFY2(wrong.empty(), wrong.c_str());   \
  } while (false)

}  // namespace overcommit::test
