// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/virtual_machine.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "cpu/script.h"
#include "host/hypercalls.h"
#include "host/vm_on.h"
#include "policy/host_options.h"

namespace overcommit {
namespace {

// A vCPU comes back after so many basic blocks without an exit, so that time passes for a guest that only computes.
constexpr std::uint64_t kBlocksPerRun = 1'000'000;

// Time passes at an exit, unless the scenario sets costs to 0: then a guest could stay in one instant for ever.
constexpr std::uint64_t kMostTimelessExits = 1'000'000;

std::string describe(const Registers& registers) {
  return fmt::format("rip {:#x}, rsp {:#x}, cr2 {:#x}", registers.rip, registers.rsp, registers.cr2);
}

std::uint64_t seedOf(std::uint64_t seed, const std::string& name) { return Random(seed, "guest " + name).next(); }

}  // namespace

std::string_view nameOf(VmState state) {
  switch (state) {
    case VmState::Off: return "off";
    case VmState::Running: return "running";
    case VmState::Waiting: return "waiting";
    case VmState::Blocked: return "blocked";
    case VmState::Crashed: return "crashed";
  }
  return "unknown";
}

VirtualMachine::VirtualMachine(VmId id, const VmConfig& config, VmSoftware software, HostParts& host)
    : id_(id), config_(config), software_(std::move(software)), host_(host) {}

VirtualMachine::~VirtualMachine() {
  // The run is over: nothing is recorded any more, only what the operating system must get back is given back.
  if (on_ && on_->ramFaults) host_.cpus->removeFaults(*on_->memory->guest.windows());
}

Event VirtualMachine::event(EventKind kind) const {
  Event event;
  event.kind = kind;
  event.vm = id_;
  event.vmTime = clock_.now();
  return event;
}

Result<void> VirtualMachine::powerOn(VirtualTime now, const MemorySettings& settings) {
  invariant(!on_, "a VM is powered on once");
  clock_ = VmClock(now);
  meter_ = Meter(now);
  console_ = Console();
  settings_ = settings;
  lastCounters_ = {};
  lastStats_.reset();
  crashReason_.clear();
  silentBlocks_ = 0;
  timelessExits_ = 0;
  signals_ = 0;
  deflatesSeen_ = firstTouchesSeen_ = 0;
  balloonSeen_ = Pages(0);
  balloonStalled_ = false;
  nextPoll_ = now + config_.toolsStart;

  const bool hasCpu = !software_.kernel.empty();
  ElfImage image;
  std::optional<GuestLayout> layout;
  if (hasCpu) {
    auto parsed = parseElf(software_.kernel, bytesOf(config_.memory));
    if (!parsed) return failure("VM {} cannot boot its kernel: {}", config_.name, parsed.error().text);
    image = std::move(*parsed);
    auto laidOut = layoutGuest(image, config_.memory);
    if (!laidOut) return failure("VM {}: {}", config_.name, laidOut.error().text);
    layout = *laidOut;
  }

  const std::string swapName = config_.name + ".vswp";
  const Pages slots = config_.memory - std::min(settings.reservation, config_.memory);
  auto swapFile = createPageFile(host_.scratchDirectory, swapName, slots);
  if (!swapFile) return tl::unexpected(swapFile.error());
  auto faulty = std::make_unique<FaultyPageFile>(std::move(*swapFile), swapName);
  FaultyPageFile* swapFaults = faulty.get();

  std::unique_ptr<GuestDisk> imageDisk;
  if (hasCpu) {
    std::unique_ptr<ImageSource> source;
    if (!config_.image.path.empty()) {
      auto opened = fileImage(config_.image.path);
      if (!opened) return tl::unexpected(opened.error());
      source = std::move(*opened);
    } else {
      source = syntheticImage(config_.image.id, pagesOf(config_.image.size));
    }
    imageDisk = std::make_unique<GuestDisk>("the disk of " + config_.name, std::move(source), host_.scratchDirectory);
  }

  std::unique_ptr<GuestWindows> windows;
  if (hasCpu) {
    auto created = host_.cpus->createWindows(host_.machine, host_.mappings, config_.memory, layout->dynamic);
    if (!created) return tl::unexpected(created.error());
    windows = std::move(*created);
  }

  std::unique_ptr<ScriptSource> script;
  if (!hasCpu) {
    std::vector<NamedValue> arguments;
    for (const NamedArgument& argument : config_.arguments) arguments.push_back({argument.name, argument.value});
    auto made = software_.generator.empty()
                    ? parseScript(software_.script, config_.scriptPath, config_.memory)
                    : makeScriptGenerator(software_.generator, arguments, config_.memory, seedOf(host_.config.seed, config_.name));
    if (!made) return failure("VM {}: {}", config_.name, made.error().text);
    script = std::move(*made);
  }

  // From here on the world changes: the frames of the nested page table are the VM's overhead.
  Event powerOn = event(EventKind::PowerOn);
  powerOn.text = config_.name;
  powerOn.values = {config_.memory.value(), settings.reservation.value(), 0, 0};
  const std::uint64_t poweredOn = host_.log.record(powerOn);
  powerOnEvent_ = poweredOn;
  const Pages needed = NestedPageTable::tablesFor(config_.memory);
  const Pages wanted = needed + host_.pager.emergencyFrames();
  if (host_.machine.free() < wanted)
    host_.reclaimer.reclaim({ReclaimReason::OutOfFrames, wanted - host_.machine.free(), nullptr, nullptr, Gfn(0), poweredOn});
  std::vector<Mfn> tables;
  const auto giveBack = [&](std::uint64_t cause) {
    for (const Mfn mfn : tables) {
      host_.machine.release(mfn);
      Event give = event(EventKind::OverheadGive);
      give.mfn = mfn;
      give.cause = cause;
      host_.log.record(give);
    }
    host_.pager.evaluateFreeState(cause);
  };
  while (Pages(tables.size()) < needed) {
    const auto mfn = host_.machine.takeOverhead(id_);
    if (!mfn) {
      const std::string why = fmt::format("no memory for its nested page table ({} frames); the host is full", needed.value());
      giveBack(poweredOn);
      recordPowerOff(why, poweredOn);
      return failure("cannot power on {}: {}", config_.name, why);
    }
    tables.push_back(*mfn);
    Event take = event(EventKind::OverheadTake);
    take.mfn = *mfn;
    take.cause = poweredOn;
    take.values[0] = static_cast<std::uint64_t>(OverheadUse::NestedPageTable);
    host_.pager.evaluateFreeState(host_.log.record(take));
  }

  on_ = std::make_unique<On>();
  On& on = *on_;
  on.tables = tables;
  on.layout = layout;
  on.image = std::move(imageDisk);
  on.swapFaults = swapFaults;
  on.memory = std::make_unique<VmMemory>(
      id_, config_.name, GuestPhysicalMemory(host_.machine, NestedPageTable(host_.machine, config_.memory, tables), std::move(windows)),
      clock_, SwapFile(std::move(faulty), swapName, slots), Random(host_.config.seed, "victims " + config_.name));
  VmMemory& memory = *on.memory;
  memory.guest.sabotage(host_.config.sabotage);
  memory.settings = settings;
  memory.largeBacking = largeBacking_;
  on.access = std::make_unique<PagerAccess>(memory, host_.pager, host_.machine);
  on.balloonPages = std::make_unique<PagerBalloon>(memory, host_.pager, *on.access);
  on.balloon = std::make_unique<BalloonDevice>(*on.balloonPages, config_.memory, balloonMaximum());
  if (host_.zipSlots != ZipSlots::None)
    memory.zip.emplace(host_.machine, id_, host_.zipSlots == ZipSlots::HalfAndQuarter ? QuarterSlots::On : QuarterSlots::Off);
  memory.workingSet = WorkingSetSampler(Random(host_.config.seed, "working set " + config_.name));
  memory.balloon.maximum = on.balloon->maximum();
  host_.pager.add(memory);
  host_.sharing.add(memory, {sharing(), config_.salt}, Random(host_.config.seed, "page sharing " + config_.name));
  state_ = VmState::Running;

  if (!hasCpu) {
    on.vcpu = createScriptVcpu(std::move(script), *on.access, config_.memory, seedOf(host_.config.seed, config_.name));
    Vcpu& player = *on.vcpu;
    memory.stopSoon = [&player] { player.requestStop(); };
    return {};
  }
  if (config_.guestSwap > Pages(0))
    on.swapDisk = std::make_unique<GuestDisk>("the swap disk of " + config_.name, emptyImage(config_.guestSwap), host_.scratchDirectory);
  memory.tablesFirst = layout->tablesFirst;
  memory.tablesEnd = layout->tablesEnd;
  const GuestBoot boot{config_.program, config_.arguments, seedOf(host_.config.seed, config_.name), Pages(on.image->blocks()),
                       config_.guestSwap};
  if (!loadGuest(*on.access, image, *layout, boot)) {
    crash(memory.dead.value_or("the guest could not be loaded"));
    return {};
  }
  on.ramFaults = std::make_unique<RamWindowFaults>(memory, host_.pager, host_.scratchFrame);
  on.dynamicFaults =
      std::make_unique<DynamicWindowFaults>(memory, host_.pager, host_.machine, host_.scratchFrame, gpaOf(layout->tablesFirst));
  const GuestWindows& ours = *memory.guest.windows();
  host_.cpus->addFaults(ours, *on.ramFaults, *on.dynamicFaults);
  // On the emulator time passes by the blocks that are counted, whether or not there is a limit to them.
  const bool watched = host_.config.watchdog && (host_.config.limits.watchdogBlocks != 0 || host_.config.backend != Backend::Kvm);
  auto vcpu = host_.cpus->createVcpu(ours, guestEntry(image, *layout), watched ? Watchdog::On : Watchdog::Off);
  if (!vcpu) {
    crash(vcpu.error().text);
    return {};
  }
  on.vcpu = std::move(*vcpu);
  Vcpu& cpu = *on.vcpu;
  memory.pageReplaced = [&cpu](Gfn gfn) { cpu.forgetCode(gfn); };
  memory.stopSoon = [&cpu] { cpu.requestStop(); };
  return {};
}

void VirtualMachine::release(std::uint64_t cause) {
  lastCounters_ = on_->memory->counters;
  lastStats_ = guestStats();
  if (on_->ramFaults) host_.cpus->removeFaults(*on_->memory->guest.windows());
  on_->memory->pageReplaced = nullptr;
  on_->memory->stopSoon = nullptr;
  on_->vcpu.reset();
  host_.sharing.remove(*on_->memory);
  host_.pager.remove(*on_->memory, cause);
  const std::vector<Mfn> tables = on_->tables;
  on_.reset();
  std::uint64_t last = cause;
  for (const Mfn mfn : tables) {
    host_.machine.release(mfn);
    Event give = event(EventKind::OverheadGive);
    give.mfn = mfn;
    give.cause = cause;
    last = host_.log.record(give);
  }
  host_.pager.evaluateFreeState(last);
}

void VirtualMachine::powerOff(const std::string& why) {
  if (!on_) return;
  if (host_.beforeRelease) host_.beforeRelease(*this);
  state_ = VmState::Off;
  release(0);
  recordPowerOff(why, 0);
}

// The end of a VM's life; its pages and frames were given back before.
void VirtualMachine::recordPowerOff(const std::string& why, std::uint64_t cause) {
  Event off = event(EventKind::PowerOff);
  off.text = why.substr(0, kEventTextMax);
  off.values[0] = meter_.operations();
  off.cause = cause;
  host_.log.record(off);
}

void VirtualMachine::crash(const std::string& reason) {
  crashReason_ = reason;
  if (on_->vcpu && on_->layout) crashReason_ += fmt::format(" ({})", describe(on_->vcpu->registers()));
  if (!console_.lastLine().empty()) crashReason_ += fmt::format("; its last console line: \"{}\"", console_.lastLine());
  Event crashed = event(EventKind::Crash);
  crashed.text = crashReason_.substr(0, kEventTextMax);
  crashed.values[0] = meter_.operations();
  state_ = VmState::Crashed;
  const std::uint64_t cause = host_.log.record(crashed);
  release(cause);
  recordPowerOff("stopped", cause);
}

void VirtualMachine::reap() {
  if (on_ && on_->memory->dead) crash(*on_->memory->dead);
}

bool VirtualMachine::mustBlock() const {
  return on_->memory->mustBlock || on_->memory->aboveTargetInLow || host_.machine.free() < host_.pager.emergencyFrames() / 2;
}

void VirtualMachine::block(VirtualTime end) {
  state_ = VmState::Blocked;
  Event block = event(EventKind::Block);
  block.values = {on_->memory->allocated().value(), on_->memory->target.value(), 0, 0};
  // In low the state is why; else what took one of the last frames.
  const std::uint64_t taken = on_->memory->blockCause != 0 ? on_->memory->blockCause : host_.pager.lastTake();
  block.cause = on_->memory->aboveTargetInLow ? host_.pager.freeStateEvent() : taken;
  blockEvent_ = host_.log.record(block);
  clock_.advanceTo(TimeUse::Blocked, end);
}

void VirtualMachine::unblock() {
  if (!on_ || on_->memory->aboveTargetInLow) return;
  on_->memory->mustBlock = false;
  on_->memory->blockCause = 0;
  if (state_ != VmState::Blocked) return;
  state_ = VmState::Running;
  Event unblocked = event(EventKind::Unblock);
  // What helped last; what helped without saying so is not known.
  unblocked.cause = std::max({blockEvent_, host_.pager.freeStateEvent(), host_.reclaimer.lastEnd(), on_->memory->targetEvent});
  host_.log.record(unblocked);
}

void VirtualMachine::run(VirtualTime end) {
  if (state_ == VmState::Blocked) return clock_.advanceTo(TimeUse::Blocked, end);
  while (on_ && clock_.now() < end) {
    if (state_ == VmState::Waiting) {
      clock_.advanceTo(TimeUse::Idle, std::min(end, wakeAt_));
      if (clock_.now() < wakeAt_) return;
      state_ = VmState::Running;
      meter_.waited(clock_.now());
      on_->vcpu->reply(attention());
      continue;
    }
    if (mustBlock()) return block(end);
    const VirtualTime before = clock_.now();
    const VmExit exit = on_->vcpu->run({kBlocksPerRun});
    if (on_->memory->dead) return crash(*on_->memory->dead);
    handle(exit);
    if (on_ && on_->memory->dead) return crash(*on_->memory->dead);
    timelessExits_ = clock_.now() == before ? timelessExits_ + 1 : 0;
    if (on_ && timelessExits_ >= kMostTimelessExits)
      crash(fmt::format("hung: {} exits in which no time passed, because the costs that they have are set to 0", timelessExits_));
  }
}

void VirtualMachine::handle(const VmExit& exit) {
  switch (exit.kind) {
    case VmExit::Kind::Hypercall: silentBlocks_ = 0; return Hypercalls(*this, *on_).serve(exit);
    case VmExit::Kind::BalloonPort: silentBlocks_ = 0; return Hypercalls(*this, *on_).serveBalloon(exit);
    case VmExit::Kind::Halt: return powerOff("halted");
    case VmExit::Kind::Stopped: return;
    case VmExit::Kind::Crash: return crash(exit.reason);
    case VmExit::Kind::BudgetSpent:
      clock_.advance(TimeUse::Run, host_.config.costs.blockOfCode * exit.blocks);
      silentBlocks_ += exit.blocks;
      if (host_.config.limits.watchdogBlocks != 0 && silentBlocks_ >= host_.config.limits.watchdogBlocks)
        crash(fmt::format("hung: {} basic blocks of code without a hypercall", silentBlocks_));
      return;
  }
}

// Published rates are pages a second of the host that this one stands for: a driver that asks time_scale times as often must not get
// ahead by more than a k-th of them at a time. So the target moves from the balloon's size in steps.
void VirtualMachine::setBalloonTarget() {
  VmMemory& memory = *on_->memory;
  const Pages size = memory.guest.count(PagePlace::Ballooned);
  const Pages before = std::exchange(balloonSeen_, size);
  memory.paidAtLimit = Pages(0);
  balloonStalled_ = size < on_->balloon->target() && size <= before;
  // Deflating goes slowly, unless the guest asks for memory (MCTL-ES): an estimate that was too low for a moment must not have the guest
  // move its memory to and fro. A guest that puts at least half of what it got back to use at once asks for more.
  const std::uint64_t returned = memory.counters.deflates - std::exchange(deflatesSeen_, memory.counters.deflates);
  const std::uint64_t touched = memory.counters.firstTouches - std::exchange(firstTouchesSeen_, memory.counters.firstTouches);
  const bool asks = returned > 0 && touched >= (returned + 1) / 2;
  const Pages down = asks ? host_.balloonStep : std::max(Pages(host_.balloonStep.value() / 16), Pages(1));
  const Pages most = std::min({size + host_.balloonStep, memory.balloon.maximum, on_->balloon->maximum()});
  // What the administrator takes away goes at once.
  const Pages least = mayBalloon() ? std::min(size - std::min(size, down), most) : Pages(0);
  const Pages target = std::clamp(memory.balloon.target, least, most);
  if (target == on_->balloon->target()) return;
  on_->balloon->setTarget(target);
  Event told = event(EventKind::BalloonTarget);
  told.cause = memory.targetEvent;
  told.values = {target.value(), size.value(), 0, 0};
  memory.balloon.told = host_.log.record(told);
}

Pages VirtualMachine::balloonMaximum() const {
  return std::min(config_.balloonMax.value_or(Pages(config_.memory.value() * host_.balloonMaxPercent / 100)), config_.memory);
}

void VirtualMachine::refreshBalloon() {
  if (!on_) return;
  on_->balloon->setMaximum(balloonMaximum());
  on_->memory->balloon.maximum = on_->balloon->maximum();
  const bool driver = on_->balloon->running() && mayBalloon();
  on_->memory->balloon.driver = !driver ? BalloonDriver::Absent : balloonStalled_ ? BalloonDriver::Stalled : BalloonDriver::Running;
}

bool VirtualMachine::hasBalloon() const { return mayBalloon() || on_->memory->guest.count(PagePlace::Ballooned) > Pages(0); }

std::uint64_t VirtualMachine::attention() {
  std::uint64_t flags = 0;
  if (hasBalloon() && clock_.now() >= nextPoll_) {
    flags |= OC_ATTENTION_BALLOON_POLL;
    setBalloonTarget();
    nextPoll_ = clock_.now() + seconds(1) / host_.config.host.timeScale;
  }
  if (signals_ > 0) {
    --signals_;
    flags |= OC_ATTENTION_SIGNAL;
    host_.log.record(event(EventKind::Phase));
  }
  return flags;
}

void VirtualMachine::recordConsole(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    Event printed = event(EventKind::Console);
    printed.text = line;
    host_.log.record(printed);
  }
}

void VirtualMachine::inject(DeviceFault fault, std::uint64_t count) {
  if (!on_) return;
  switch (fault) {
    case DeviceFault::SwapDiskFull: return on_->swapFaults->inject(PageFileFault::DiskFull, count);
    case DeviceFault::SwapReadError: return on_->swapFaults->inject(PageFileFault::ReadError, count);
    case DeviceFault::SwapShortWrite: return on_->swapFaults->inject(PageFileFault::ShortWrite, count);
    case DeviceFault::SwapCorruptSlot: return on_->swapFaults->inject(PageFileFault::CorruptPage, count);
    case DeviceFault::GuestDiskError:
      on_->failingDiskOperations = count;
      on_->allDiskOperationsFail = count == FaultyPageFile::kEver;
      return;
  }
}

void VirtualMachine::setMemorySettings(const MemorySettings& settings) {
  settings_ = settings;
  if (!on_) return;
  on_->memory->settings = settings;
  on_->memory->swap.growTo(config_.memory - std::min(settings.reservation, config_.memory));
}

void VirtualMachine::setLargeBacking(LargeBacking backing) {
  largeBacking_ = backing;
  if (on_) on_->memory->largeBacking = backing;
}

VmSharing VirtualMachine::sharing() const { return config_.sharing && host_.shareGate == Gate::Open ? VmSharing::On : VmSharing::Off; }

MemoryCounters VirtualMachine::counters() const { return on_ ? on_->memory->counters : lastCounters_; }

Pages VirtualMachine::count(PagePlace place) const {
  if (on_) return on_->memory->guest.count(place);
  return place == PagePlace::Untouched ? config_.memory : Pages(0);
}

Pages VirtualMachine::overhead() const { return Pages(on_ ? on_->tables.size() : 0); }
Pages VirtualMachine::swapFileSlots() const { return on_ ? on_->memory->swap.slots() : Pages(0); }
const BalloonDevice* VirtualMachine::balloon() const { return on_ ? on_->balloon.get() : nullptr; }
const VmMemory* VirtualMachine::memory() const { return on_ ? on_->memory.get() : nullptr; }
std::optional<Gfn> VirtualMachine::clockPage() const { return on_ && on_->layout ? std::optional(on_->layout->clockPage) : std::nullopt; }

std::optional<Registers> VirtualMachine::registers() const {
  if (!on_ || !on_->vcpu || !on_->layout) return std::nullopt;
  return on_->vcpu->registers();
}

std::optional<oc_guest_stats> VirtualMachine::guestStats() const {
  if (!on_) return lastStats_;
  if (!on_->statsPage) return std::nullopt;
  std::array<std::byte, kPageSize> page{};
  if (!host_.pager.look(*on_->memory, *on_->statsPage, page)) return std::nullopt;
  oc_guest_stats stats{};
  std::memcpy(&stats, page.data(), sizeof stats);
  return stats;
}

}  // namespace overcommit
