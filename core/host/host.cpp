// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/host.h"

#include <lz4.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>

#include "host/audit.h"
#include "host/engine_figures.h"
#include "host/virtual_machine.h"
#include "host/vm_on.h"
#include "policy/admission.h"
#include "policy/large_pages.h"
#include "policy/profile.h"
#include "policy/sabotaged_policies.h"
#include "reclaim/large_page_breaker.h"
#include "reclaim/memory_scheduler.h"

namespace overcommit {
namespace {

// How often freed frames are looked through for memory that goes back to the operating system.
constexpr VirtualTime kGiveBackPeriod = seconds(1);
constexpr std::string_view kUnavailable = "backend not available: ";

Result<std::vector<std::byte>> readFile(const std::filesystem::path& path, std::string_view what) {
  constexpr std::uintmax_t kLargest = 64u << 20;
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error || !std::filesystem::is_regular_file(status))
    return failure("cannot read the {} {}: {}", what, path.string(), error ? error.message() : "it is not a regular file");
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error || size > kLargest) return failure("the {} {} is too large: at most 64 MiB are read", what, path.string());
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) return failure("cannot read the {} {}", what, path.string());
  return bytes;
}

// Hashes a file of any size.
Result<std::uint64_t> hashFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return failure("cannot read the image {}: {}", path.string(), systemErrorText(errno));
  DigestStream digest;
  std::vector<char> chunk(1u << 20);
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || file.gcount() > 0)
    digest.add(std::as_bytes(std::span(chunk.data(), static_cast<std::size_t>(file.gcount()))));
  return digest.digest().low;
}

const Profile& profileOf(const HostConfig& host) {
  const Profile* profile = findProfile(host.profile);
  invariant(profile != nullptr, "the profile of a run exists");
  return *profile;
}

// Of the vintage with one swap file for the host, its size: what was recommended (A25 p406). Else there is room for any VM's own.
Pages swapSpaceOf(const RunConfig& config, Pages machine) {
  const bool oneFile = profileOf(config.host).swapFiles == SwapFiles::OneForTheHost;
  return config.disk.swapSpace.value_or(oneFile ? machine : kUnlimitedSwapSpace);
}

std::uint64_t optionOf(const HostConfig& host, std::string_view name) { return hostOptionValue(host.options, name, profileOf(host)); }

// One frame of this host stands for so many real ones.
std::uint64_t frameScaleOf(const HostConfig& host) {
  return std::max<std::uint64_t>(host.represents.value() / std::max<std::uint64_t>(bytesOf(host.memory).value(), 1), 1);
}

IdleTax taxOf(const HostConfig& host) {
  return {static_cast<std::uint32_t>(optionOf(host, "IdleTax")),
          optionOf(host, "IdleTaxType") == 0 ? IdleTaxCurve::Flat : IdleTaxCurve::Progressive};
}

FreeStateThresholds thresholdsOf(const HostConfig& host) {
  // The service console is outside the thresholds' base.
  const Pages base = host.memory - host.console;
  const Bytes represents(host.represents.value() / std::max<std::uint64_t>(host.memory.value(), 1) * base.value());
  return thresholdsFor(base, represents, freeStateRules(host.options, profileOf(host)), optionOf(host, "MemMinFreePct"));
}

Gate gateOf(const HostConfig& host, std::string_view option) { return optionOf(host, option) != 0 ? Gate::Open : Gate::Locked; }

HypervisorSwap swapOf(const HostConfig& host) {
  return optionOf(host, "SwapEnable") != 0 ? HypervisorSwap::Allowed : HypervisorSwap::Forbidden;
}

ScheduleSettings scheduleSettingsOf(const HostConfig& host) {
  ScheduleSettings settings;
  settings.tax = taxOf(host);
  settings.balancePeriod = seconds(optionOf(host, "BalancePeriod")) / host.timeScale;
  settings.samplePeriod = seconds(optionOf(host, "SamplePeriod")) / host.timeScale;
  settings.activeMinPercent = optionOf(host, "SampleActivePctMin");
  settings.rules = freeStateRules(host.options, profileOf(host));
  // Where pages cannot leave for the disk, a VM that is to inflate its balloon must be able to run.
  settings.swap = gateOf(host, "GateSwap") == Gate::Open ? swapOf(host) : HypervisorSwap::Forbidden;
  return settings;
}

// The most that a vmmemctl driver moves in a second (OVT: 16384 pages), of the host that this one stands for.
Pages balloonStepOf(const HostConfig& host) {
  constexpr std::uint64_t kMostPagesPerPoll = 16'384;
  return Pages(std::max<std::uint64_t>(kMostPagesPerPoll / frameScaleOf(host), 1));
}

ReclaimSettings reclaimSettingsOf(const HostConfig& host) {
  ReclaimSettings settings;
  settings.swap = swapOf(host);
  const bool zips =
      profileOf(host).zipSlots != ZipSlots::None && optionOf(host, "MemZipEnable") != 0 && gateOf(host, "GateZip") == Gate::Open;
  settings.compression = zips ? Compression::On : Compression::Off;
  settings.zipMaxPercent = optionOf(host, "MemZipMaxPct");
  settings.zipMaxAllocatedPercent = optionOf(host, "MemZipMaxAllocPct");
  settings.tax = taxOf(host);
  return settings;
}

ScanRateSetting scanRateOf(const HostConfig& host) {
  if (profileOf(host).scanPace == ScanPace::PagesPerSecond)
    return FixedScanRate{optionOf(host, "ShareScanVM"), optionOf(host, "ShareScanTotal")};
  return WholeScanRate{optionOf(host, "ShareScanTime"), optionOf(host, "ShareRateMax"),
                       hostPagesPerSecond(optionOf(host, "ShareScanGHz"), host.cpuMegahertz)};
}

LargeBacking largeBackingOf(const HostConfig& host, Pages memory) {
  return largeBackingOf(host.options, profileOf(host), frameScaleOf(host), memory);
}

Salting saltingOf(const HostConfig& host) { return static_cast<Salting>(optionOf(host, "ShareForceSalting")); }

// So short that pages with other contents have the same.
std::uint64_t weakHashOfPage(std::span<const std::byte, kPageSize> page) { return hash64(page) & 0xfffu; }

ShareSettings shareSettingsOf(const HostConfig& host, Saboteur saboteur) {
  ShareSettings settings;
  settings.rate = scanRateOf(host);
  settings.scale = {host.memory, host.represents, host.timeScale};
  settings.salting = saltingOf(host);
  if (saboteur == Saboteur::HashOnlyMatch) settings.hash = &weakHashOfPage;
  return settings;
}

// All VMs together must not be able to rush from one free state over the next within a quantum: a third of the band between two
// thresholds, at the pace of first touches, for each.
VirtualTime chooseQuantum(const RunConfig& config, const FreeStateThresholds& thresholds) {
  const std::uint64_t band = std::max<std::uint64_t>(thresholds.soft.value() - thresholds.hard.value(), 1);
  const std::uint64_t touches = std::max<std::uint64_t>(band / std::max<std::size_t>(config.vms.size(), 1), 1);
  const VirtualTime quantum = config.costs.firstTouch * touches;
  return std::clamp(quantum, microseconds(100), milliseconds(10));
}

}  // namespace

bool backendUnavailable(const Error& error) { return error.text.starts_with(kUnavailable); }

class Host::Implementation {
 public:
  Implementation(RunConfig runConfig, HostSurroundings runSurroundings, EventLog& eventLog)
      : config_(std::move(runConfig)),
        surroundings_(std::move(runSurroundings)),
        log_(eventLog),
        mappings_(surroundings_.mappingLimit.value_or(MappingBudget::systemLimit())),
        swapDisk_(config_.disk.bandwidth),
        ownGuestDisks_(config_.disk.bandwidth) {}

  Result<void> create();
  Result<void> start();
  void step(VirtualTime until);
  Result<void> apply(const TimedAction& action);
  void finish() {
    if (audit_) audit_->sweep();
  }
  [[nodiscard]] TraceHeader traceHeader(std::string scenario, std::string scenarioName) const;
  [[nodiscard]] std::optional<std::string> limitReached() const;
  [[nodiscard]] bool allOff() const;
  [[nodiscard]] std::string engine() const;
  [[nodiscard]] DiskQueue& guestDisks() { return config_.disk.queues == DiskQueues::Shared ? swapDisk_ : ownGuestDisks_; }

  RunConfig config_;
  HostSurroundings surroundings_;
  EventLog& log_;
  MappingBudget mappings_;
  DiskQueue swapDisk_;
  DiskQueue ownGuestDisks_;
  std::unique_ptr<MachineMemory> machine_;
  std::unique_ptr<CpuBackend> cpus_;  // nullptr: no VM has a CPU
  std::optional<SabotagedPolicies> saboteurs_;
  std::optional<Pager> pager_;
  std::optional<PageSharing> sharing_;
  std::optional<Reclaimer> reclaimer_;
  std::optional<MemoryScheduler> scheduler_;
  std::optional<LargePageBreaker> breaker_;
  std::optional<HostParts> parts_;
  std::optional<EngineFigures> figures_;
  std::map<std::string, std::vector<std::byte>> files_;  // kernels and scripts by path
  std::vector<InputHash> inputs_;
  std::vector<Mfn> overhead_, shareTable_;  // frames of the host itself, recorded by start()
  std::vector<bool> pendingStart_;
  std::vector<std::uint64_t> reportedOperations_;
  std::unique_ptr<Audit> audit_;
  VirtualTime now_, quantum_, nextGiveBack_;
  std::vector<std::unique_ptr<VirtualMachine>> vms_;  // last: they use everything above

 private:
  Result<void> readInputs();
  [[nodiscard]] Pages ownFrames() const;
  [[nodiscard]] Result<void> admit(std::size_t vm, Pages reservation) const;
  Result<void> powerOn(std::size_t vm);
  void startDue();
  [[nodiscard]] std::string kernelOf(const VmConfig& vm) const;  // the file; "" for a VM without a CPU
  void unblock();
  void runQuantum(VirtualTime end);
  [[nodiscard]] VirtualTime nextWork() const;
  Result<void> set(const SetAction& action, std::optional<std::size_t> vm);
  void applySharing(const VirtualMachine& vm);
};

std::string Host::Implementation::kernelOf(const VmConfig& vm) const {
  if (!vm.kernelPath.empty() || vm.program.empty()) return vm.kernelPath;
  return surroundings_.referenceGuest.string();
}

Result<void> Host::Implementation::readInputs() {
  const auto read = [&](const std::string& path, std::string_view kind) -> Result<void> {
    if (files_.contains(path)) return {};
    auto bytes = readFile(path, kind);
    if (!bytes) return tl::unexpected(bytes.error());
    inputs_.push_back({std::filesystem::path(path).filename().string(), std::string(kind), hash64(*bytes)});
    files_[path] = std::move(*bytes);
    return {};
  };
  std::vector<std::string> images;
  for (const VmConfig& vm : config_.vms) {
    if (const std::string kernel = kernelOf(vm); !kernel.empty()) {
      if (auto done = read(kernel, "guest"); !done) return done;
    } else if (!vm.scriptPath.empty()) {
      if (auto done = read(vm.scriptPath, "script"); !done) return done;
    }
    if (vm.image.path.empty() || std::find(images.begin(), images.end(), vm.image.path) != images.end()) continue;
    auto hash = hashFile(vm.image.path);
    if (!hash) return tl::unexpected(hash.error());
    images.push_back(vm.image.path);
    inputs_.push_back({std::filesystem::path(vm.image.path).filename().string(), "image", *hash});
  }
  inputs_.insert(inputs_.end(), surroundings_.policyInputs.begin(), surroundings_.policyInputs.end());
  return {};
}

// Frames that no VM can ever have.
Pages Host::Implementation::ownFrames() const {
  return config_.host.console + Pages(1) + Pages(shareTable_.size()) + pager_->emergencyFrames();
}

// May the VM be on with this reservation, beside those that are (W02 section 6.2)?
Result<void> Host::Implementation::admit(std::size_t vm, Pages reservation) const {
  const Pages swapSpace = swapSpaceOf(config_, machine_->frames());
  AdmissionHost host{machine_->frames(), ownFrames(), swapSpace};
  for (const auto& other : vms_) {
    if (!other->on() || other.get() == vms_[vm].get()) continue;
    host.promised += other->memorySettings().reservation + other->overhead();
    host.swapSpace = host.swapSpace - std::min(host.swapSpace, other->swapFileSlots());
  }
  const VmConfig& config = config_.vms[vm];
  const AdmissionResult result = overcommit::admit({config.memory, reservation, NestedPageTable::tablesFor(config.memory)}, host);
  switch (result.admission) {
    case Admission::Granted: return {};
    case Admission::NotEnoughMemory:
      return failure(
          "admission refused: {} needs {} pages for its reservation and its overhead, and {} of the host's {} are promised to nobody yet; "
          "lower its reservation or that of another VM, or give the host more memory",
          config.name, result.needed.value(), result.available.value(), machine_->frames().value());
    case Admission::NotEnoughSwapSpace:
      return failure(
          "admission refused: {} needs {} pages of swap space for what is not reserved, and {} of the host's {} are promised to nobody "
          "yet; "
          "raise [disk] swap_space or its reservation, or lower its memory",
          config.name, result.needed.value(), result.available.value(), swapSpace.value());
  }
  return {};
}

Result<void> Host::Implementation::create() {
  const bool needsCpu =
      std::any_of(config_.vms.begin(), config_.vms.end(), [](const VmConfig& vm) { return vm.scriptPath.empty() && vm.generator.empty(); });
  if (needsCpu && config_.backend == Backend::Script)
    return failure("the script backend has no CPU: every [[vm]] must name a script or a generator instead of a program or kernel");
  if (config_.disk.serviceTime) {
    for (VirtualTime Costs::*cost : {&Costs::swapRead, &Costs::swapWrite, &Costs::diskRead, &Costs::diskWrite, &Costs::diskStream})
      config_.costs.*cost = *config_.disk.serviceTime;
  }
  if (auto pages = checkHostPages(surroundings_.pageSize); !pages) return failure("{}{}", kUnavailable, pages.error().text);
  if (auto read = readInputs(); !read) return read;

  auto machine = MachineMemory::create(config_.host.memory, config_.audit ? FreedFrames::FillWithJunk : FreedFrames::PunchOut);
  if (!machine) return tl::unexpected(machine.error());
  machine_ = std::move(*machine);
  const FreeStateThresholds thresholds = thresholdsOf(config_.host);
  saboteurs_.emplace(config_.sabotage);
  const Pager::Parts pagerParts{
      *machine_, log_, config_.costs, swapDisk_, config_.vms.size(), saboteurs_->behind(surroundings_.policies), config_.sabotage};
  pager_.emplace(pagerParts, thresholds);
  for (std::uint64_t i = 0; i < ShareTable::framesFor(machine_->frames()).value(); ++i) {
    const auto mfn = machine_->takeOverhead(kNoVm);
    if (!mfn) return failure("the host of {} pages is too small for its share table", machine_->frames().value());
    shareTable_.push_back(*mfn);
  }
  sharing_.emplace(*machine_, log_, config_.costs, *pager_, ShareTable(*machine_, shareTable_),
                   shareSettingsOf(config_.host, config_.sabotage));
  pager_->sharedFrameGone = [this](Mfn mfn) { sharing_->sharedFrameGone(mfn); };
  pager_->largePageBroken = [this](const VmMemory& vm, Gfn first, std::uint64_t event) { sharing_->largePageBroken(vm, first, event); };
  breaker_.emplace(*pager_, *sharing_);
  reclaimer_.emplace(pagerParts, *pager_, &*sharing_, reclaimSettingsOf(config_.host));
  pager_->setFrameSource(*reclaimer_);
  pager_->setSwapGate(gateOf(config_.host, "GateSwap"));
  scheduler_.emplace(pagerParts, *pager_, scheduleSettingsOf(config_.host));
  if (ownFrames() > machine_->frames())
    return failure(
        "admission refused: the hypervisor itself needs {} pages for service console, share table and emergencies, the host has {}; give "
        "the host more memory or a smaller console",
        ownFrames().value(), machine_->frames().value());

  if (needsCpu) {
    auto cpus = config_.backend == Backend::Kvm ? createKvmBackend(*surroundings_.kernel, surroundings_.kvm) : createUnicornBackend();
    if (!cpus) return failure("{}{}", kUnavailable, cpus.error().text);
    cpus_ = std::move(*cpus);
  }
  // The scratch frame, mapped where a fault cannot be served, and the service console are the host's own.
  for (std::uint64_t i = 0; i < config_.host.console.value() + 1; ++i) {
    const auto mfn = machine_->takeOverhead(kNoVm);
    if (!mfn) return failure("the host is too small for its service console of {}", config_.host.console.value());
    overhead_.push_back(*mfn);
  }
  parts_.emplace(HostParts{config_, *machine_, *pager_, *reclaimer_, *sharing_, log_, cpus_.get(), mappings_, guestDisks(),
                           profileOf(config_.host).zipSlots, optionOf(config_.host, "CtlMaxPercent"), gateOf(config_.host, "GateShare"),
                           gateOf(config_.host, "GateBalloon"), balloonStepOf(config_.host), surroundings_.swapDirectory, overhead_.front(),
                           surroundings_.beforeRelease,
                           [this](FigureDepth depth) -> const MemoryFigures& { return figures_->at(now_, depth); }});
  quantum_ = config_.host.quantum.value_or(chooseQuantum(config_, thresholds));

  for (std::size_t i = 0; i < config_.vms.size(); ++i) {
    const VmConfig& vm = config_.vms[i];
    VmSoftware software;
    if (const std::string kernel = kernelOf(vm); !kernel.empty()) {
      software.kernel = files_.at(kernel);
    } else if (!vm.scriptPath.empty()) {
      const auto& text = files_.at(vm.scriptPath);
      software.script.resize(text.size());
      std::memcpy(software.script.data(), text.data(), text.size());
    } else {
      software.generator = vm.generator;
    }
    vms_.push_back(std::make_unique<VirtualMachine>(VmId(static_cast<std::uint16_t>(i)), vm, std::move(software), *parts_));
    pendingStart_.push_back(vm.start.has_value());
    MemorySettings settings{vm.reservation, vm.limit, vm.shares};
    vms_.back()->setMemorySettings(settings);
    vms_.back()->setLargeBacking(largeBackingOf(config_.host, vm.memory));
  }
  reportedOperations_.resize(vms_.size());
  figures_.emplace(EngineFigures::Parts{config_, *machine_, *pager_, *sharing_, *scheduler_, log_, vms_, frameScaleOf(config_.host)});
  return {};
}

TraceHeader Host::Implementation::traceHeader(std::string scenario, std::string scenarioName) const {
  TraceHeader header;
  header.engineVersion = OVERCOMMIT_VERSION;
  header.lz4Version = LZ4_versionString();
  header.backend = engine();
  header.title = config_.title;
  header.scenario = std::move(scenario);
  header.scenarioName = std::move(scenarioName);
  header.seed = config_.seed;
  header.sabotage = nameOf(config_.sabotage);
  header.duration = config_.duration;
  header.frameScale = frameScaleOf(config_.host);
  header.timeScale = config_.host.timeScale;
  header.hostMemory = config_.host.memory;
  for (const VmConfig& vm : config_.vms) {
    const std::string& runs = !vm.kernelPath.empty()  ? vm.kernelPath
                              : !vm.program.empty()   ? vm.program
                              : !vm.generator.empty() ? vm.generator
                                                      : vm.scriptPath;
    header.vms.push_back({vm.name, vm.memory, vm.reservation, std::filesystem::path(runs).filename().string()});
  }
  for (const InputHash& input : inputs_) header.inputs.push_back({input.name, input.kind, input.hash});
  return header;
}

std::string Host::Implementation::engine() const { return cpus_ ? cpus_->name() : "script"; }

Result<void> Host::Implementation::start() {
  if (config_.audit) {
    audit_ = std::make_unique<Audit>(traceHeader("", ""), *machine_, *pager_, &*sharing_);
    log_.addListener(*audit_);
  }
  const auto recordTake = [this](Mfn mfn, OverheadUse use) {
    Event take;
    take.kind = EventKind::OverheadTake;
    take.mfn = mfn;
    take.values[0] = static_cast<std::uint64_t>(use);
    pager_->evaluateFreeState(log_.record(take));
  };
  if (config_.sabotage != Saboteur::None) {
    Event mark;
    mark.kind = EventKind::Mark;
    mark.text = fmt::format("SABOTAGED: {}: this engine is broken on purpose", nameOf(config_.sabotage));
    log_.record(mark);
  }
  for (const Mfn mfn : shareTable_) recordTake(mfn, OverheadUse::ShareTable);
  for (std::size_t i = 0; i < overhead_.size(); ++i) recordTake(overhead_[i], i == 0 ? OverheadUse::Other : OverheadUse::Console);
  for (std::size_t i = 0; i < vms_.size(); ++i) {
    if (!pendingStart_[i] || *config_.vms[i].start > now_) continue;
    pendingStart_[i] = false;
    if (auto on = powerOn(i); !on) return on;
  }
  figures_->record();
  return {};
}

Result<void> Host::Implementation::powerOn(std::size_t vm) {
  if (auto admitted = admit(vm, vms_[vm]->memorySettings().reservation); !admitted) return admitted;
  const std::uint64_t before = log_.recorded();
  Result<void> on = vms_[vm]->powerOn(now_, vms_[vm]->memorySettings());
  // Refused before anything happened, it leaves no trace.
  if (vms_[vm]->powerOnEvent() > before) scheduler_->expire(BalanceReason::PowerOn, vms_[vm]->powerOnEvent());
  return on;
}

void Host::Implementation::startDue() {
  for (std::size_t i = 0; i < vms_.size(); ++i) {
    if (!pendingStart_[i] || *config_.vms[i].start > now_) continue;
    pendingStart_[i] = false;
    if (auto on = powerOn(i); !on) {
      Event failed;
      failed.kind = EventKind::Fault;
      failed.vm = vms_[i]->id();
      failed.vmTime = now_;
      failed.text = on.error().text.substr(0, kEventTextMax);
      log_.record(failed);
    }
  }
}

// A blocked VM goes on when there is room for what an instruction may need, twice.
void Host::Implementation::unblock() {
  const Pages enough = pager_->emergencyFrames() * 2;
  const auto blocked = std::ranges::find_if(vms_, [](const auto& vm) { return vm->state() == VmState::Blocked; });
  if (blocked != vms_.end() && machine_->free() < enough)
    reclaimer_->reclaim({ReclaimReason::OutOfFrames, enough - machine_->free(), nullptr, nullptr, Gfn(0), (*blocked)->blockEvent()});
  if (machine_->free() < enough) return;
  for (const auto& vm : vms_) vm->unblock();
}

// While a VM is on, its pages are scanned, its targets are computed and its balloon is watched in every quantum, even if it sleeps.
VirtualTime Host::Implementation::nextWork() const {
  VirtualTime next(~std::uint64_t{0});
  for (std::size_t i = 0; i < vms_.size(); ++i) {
    if (vms_[i]->on()) return now_;
    if (pendingStart_[i]) next = std::min(next, *config_.vms[i].start);
  }
  return next;
}

void Host::Implementation::runQuantum(VirtualTime end) {
  startDue();
  for (const auto& vm : vms_) vm->refreshBalloon();
  breaker_->run(scheduler_->permits());
  sharing_->scan(now_);
  scheduler_->run(now_);
  reclaimer_->runSwapDaemon(now_);
  for (const auto& vm : vms_) vm->reap();
  // The VM that goes first rotates with the quantum, so that none is favoured.
  const std::size_t n = vms_.size();
  const auto first = static_cast<std::size_t>(now_.value() / quantum_.value() % std::max<std::size_t>(n, 1));
  for (std::size_t i = 0; i < n; ++i) vms_[(first + i) % n]->run(end);
  for (const auto& vm : vms_) vm->reap();
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t done = vms_[i]->meter().operations();
    if (done == reportedOperations_[i]) continue;
    reportedOperations_[i] = done;
    Event event;
    event.kind = EventKind::Operations;
    event.vm = vms_[i]->id();
    event.vmTime = vms_[i]->clock().now();
    event.values[0] = done;
    log_.record(event);
  }
  if (now_ >= nextGiveBack_) {
    machine_->giveBackIdle();
    nextGiveBack_ = now_ + kGiveBackPeriod;
  }
  figures_->record();
  if (audit_) audit_->sweepIfDue();
}

void Host::Implementation::step(VirtualTime until) {
  if (now_ >= until) return;
  log_.setHostTime(now_);
  unblock();
  // Time runs in whole quanta; while no VM is on, over several at once.
  const VirtualTime next = std::min(nextWork(), until);
  if (next > now_ + quantum_) {
    const std::uint64_t skipped = (next - now_).value() / quantum_.value();
    const VirtualTime to = now_ + quantum_ * skipped;
    now_ = to;
    if (now_ >= until) return;
  }
  log_.setHostTime(now_);
  runQuantum(now_ + quantum_);
  now_ += quantum_;
}

void Host::Implementation::applySharing(const VirtualMachine& vm) {
  if (const VmMemory* memory = vm.memory()) sharing_->setSharing(*memory, vm.sharing());
}

Result<void> Host::Implementation::set(const SetAction& action, std::optional<std::size_t> vm) {
  Event event;
  event.kind = EventKind::SettingChange;
  event.vmTime = now_;
  if (vm) event.vm = vms_[*vm]->id();
  event.text = action.value ? fmt::format("{} = {}", action.setting, *action.value) : fmt::format("{} = none", action.setting);
  if (!vm) {
    if (!action.value) return failure("the host option {} needs a number", action.setting);
    if (auto checked = checkHostOption(action.setting, *action.value); !checked) return tl::unexpected(checked.error());
    const std::uint64_t cause = log_.record(event);
    config_.host.options[action.setting] = *action.value;
    pager_->setThresholds(thresholdsOf(config_.host), cause);
    reclaimer_->setSettings(reclaimSettingsOf(config_.host));
    scheduler_->setSettings(scheduleSettingsOf(config_.host), cause);
    sharing_->setRate(scanRateOf(config_.host));
    sharing_->setSalting(saltingOf(config_.host));
    for (const auto& each : vms_) each->setLargeBacking(largeBackingOf(config_.host, each->config().memory));
    pager_->setSwapGate(gateOf(config_.host, "GateSwap"));
    parts_->balloonMaxPercent = optionOf(config_.host, "CtlMaxPercent");
    parts_->shareGate = gateOf(config_.host, "GateShare");
    parts_->balloonGate = gateOf(config_.host, "GateBalloon");
    for (const auto& each : vms_) applySharing(*each);
    for (const auto& each : vms_) each->refreshBalloon();
    return {};
  }
  MemorySettings settings = vms_[*vm]->memorySettings();
  VmConfig& config = config_.vms[*vm];
  if (action.setting == "limit") {
    settings.limit = action.value ? std::optional(Pages(*action.value)) : std::nullopt;
  } else if (action.setting == "reservation" && action.value) {
    const Pages reservation(*action.value);
    if (reservation > config.memory) return failure("the reservation of {} would be larger than its memory", config.name);
    if (vms_[*vm]->on()) {
      if (auto admitted = admit(*vm, reservation); !admitted) return admitted;
    }
    settings.reservation = reservation;
  } else if (action.setting == "shares" && action.value) {
    settings.shares = *action.value;
  } else if (action.setting == "sharing" && action.value) {
    config.sharing = *action.value != 0;
    applySharing(*vms_[*vm]);
  } else if (action.setting == "balloon" && action.value) {
    config.balloon = *action.value != 0;
  } else if (action.setting == "balloon_max") {
    config.balloonMax = action.value ? std::optional(Pages(*action.value)) : std::nullopt;
    vms_[*vm]->refreshBalloon();
  } else {
    return failure("{} has no setting \"{}\" that can be changed while it runs", config.name, action.setting);
  }
  const std::uint64_t cause = log_.record(event);
  vms_[*vm]->setMemorySettings(settings);
  scheduler_->expire(BalanceReason::Setting, cause);
  return {};
}

Result<void> Host::Implementation::apply(const TimedAction& action) {
  log_.setHostTime(std::max(now_, log_.hostTime()));
  if (const auto* setting = std::get_if<SetAction>(&action.what)) return set(*setting, action.vm);
  if (!action.vm) return failure("only settings can be changed on the host; name a VM");
  VirtualMachine& vm = *vms_[*action.vm];
  if (std::holds_alternative<PowerOnAction>(action.what)) {
    if (vm.on()) return failure("{} is on already", vm.config().name);
    pendingStart_[*action.vm] = false;
    return powerOn(*action.vm);
  }
  if (std::holds_alternative<PowerOffAction>(action.what)) {
    vm.powerOff("powered off by the scenario");
    return {};
  }
  if (std::holds_alternative<SignalAction>(action.what)) {
    vm.signal();
    return {};
  }
  const auto& fault = std::get<FaultAction>(action.what);
  vm.inject(fault.fault, fault.count);
  Event event;
  event.kind = EventKind::Fault;
  event.vm = vm.id();
  event.vmTime = now_;
  event.text = "the scenario makes a device fail";
  log_.record(event);
  return {};
}

bool Host::Implementation::allOff() const {
  for (std::size_t i = 0; i < vms_.size(); ++i) {
    if (vms_[i]->on() || pendingStart_[i]) return false;
  }
  return true;
}

std::optional<std::string> Host::Implementation::limitReached() const {
  const RunLimits& limits = config_.limits;
  if (limits.time > VirtualTime(0) && now_ >= limits.time) return fmt::format("the limit of {} ns of virtual time", limits.time.value());
  std::uint64_t faults = 0, operations = 0;
  for (const auto& vm : vms_) {
    faults += vm->counters().nestedFaults();
    operations += vm->meter().operations();
  }
  if (limits.nestedFaults != 0 && faults >= limits.nestedFaults) return fmt::format("the limit of {} nested faults", limits.nestedFaults);
  if (limits.operations != 0 && operations >= limits.operations) return fmt::format("the limit of {} operations", limits.operations);
  return std::nullopt;
}

Result<std::unique_ptr<Host>> Host::create(RunConfig config, HostSurroundings surroundings, EventLog& log) {
  auto implementation = std::make_unique<Implementation>(std::move(config), std::move(surroundings), log);
  if (auto created = implementation->create(); !created) return tl::unexpected(created.error());
  return std::unique_ptr<Host>(new Host(std::move(implementation)));
}

Host::Host(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Host::~Host() = default;
Result<void> Host::start() { return implementation_->start(); }
void Host::step(VirtualTime until) { implementation_->step(until); }
Result<void> Host::apply(const TimedAction& action) { return implementation_->apply(action); }
void Host::finish() { implementation_->finish(); }
VirtualTime Host::now() const { return implementation_->now_; }
VirtualTime Host::quantum() const { return implementation_->quantum_; }
bool Host::allOff() const { return implementation_->allOff(); }
std::optional<std::string> Host::limitReached() const { return implementation_->limitReached(); }
const RunConfig& Host::config() const { return implementation_->config_; }
std::span<const std::unique_ptr<VirtualMachine>> Host::vms() const { return implementation_->vms_; }
const MachineMemory& Host::machine() const { return *implementation_->machine_; }
const EventLog& Host::log() const { return implementation_->log_; }
std::span<const InputHash> Host::inputs() const { return implementation_->inputs_; }
std::string Host::engine() const { return implementation_->engine(); }
const Pager& Host::pager() const { return *implementation_->pager_; }
const Reclaimer& Host::reclaimer() const { return *implementation_->reclaimer_; }
const PageSharing& Host::sharing() const { return *implementation_->sharing_; }
const DiskQueue& Host::swapDisk() const { return implementation_->swapDisk_; }
const MemoryFigures& Host::figures(FigureDepth depth) const { return implementation_->figures_->at(now(), depth); }
const DiskQueue& Host::guestDisks() const { return implementation_->guestDisks(); }
TraceHeader Host::traceHeader(std::string scenario, std::string scenarioName) const {
  return implementation_->traceHeader(std::move(scenario), std::move(scenarioName));
}

Host::NestedWalk Host::walk(VmId vm, Gva address) const {
  NestedWalk result;
  const VirtualMachine& machine = *implementation_->vms_[vm.value()];
  const VmMemory* memory = machine.memory();
  const auto registers = machine.registers();
  if (memory == nullptr || !registers) {
    result.guest.end = GuestWalkEnd::TableNotReadable;
    return result;
  }
  const Pages size = memory->guest.memory();
  result.guest =
      walkGuestTables(registers->cr3, address, bytesOf(size), [&](Gpa at) { return lookAtGuest(*memory, *implementation_->machine_, at); });
  for (int i = 0; i < result.guest.stepCount; ++i) {
    const Gfn gfn = gfnOf(result.guest.steps[static_cast<std::size_t>(i)].entryAt);
    if (gfn.value() < size.value()) result.nested.push_back(memory->guest.table().walk(gfn));
  }
  if (result.guest.end == GuestWalkEnd::Mapped) result.nested.push_back(memory->guest.table().walk(gfnOf(result.guest.address)));
  return result;
}

}  // namespace overcommit
