// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/hypercalls.h"

#include <cstring>

namespace overcommit {
namespace {

// Longer single pieces of work or sleep are a guest's mistake (or attack on our arithmetic).
constexpr VirtualTime kLongestWork = seconds(3600);
constexpr VirtualTime kLongestWait = seconds(1'000'000);

}  // namespace

void VirtualMachine::Hypercalls::serve(const VmExit& exit) {
  vm_.clock_.advance(TimeUse::Run, vm_.host_.config.costs.hypercall);
  switch (exit.number) {
    case OC_CALL_READY: return ready(exit.argument1, exit.argument2);
    case OC_CALL_OPERATION: return operations(exit.argument1, exit.argument2);
    case OC_CALL_WORK:
      if (work(exit.argument1)) on_.vcpu->reply(vm_.attention());
      return;
    case OC_CALL_WAIT: return wait(exit.argument1);
    case OC_CALL_CONSOLE: return print(exit.argument1, exit.argument2);
    case OC_CALL_PANIC: return panic(exit.argument1, exit.argument2);
    case OC_CALL_TLB_FLUSH: return flush(exit.argument1);
    case OC_CALL_DISK: return disk(exit.argument1, exit.argument2, exit.argument3);
    case OC_CALL_TRUTH: return truth(exit.argument1, exit.argument2);
    case OC_CALL_CLOCK: return on_.vcpu->reply(vm_.clock_.elapsed().value());
    case OC_CALL_RESULT: {
      vm_.meter_.result(exit.argument1);
      Event event = vm_.event(EventKind::ResultChecksum);
      event.values = {exit.argument1, vm_.meter_.operations(), 0, 0};
      vm_.host_.log.record(event);
      return on_.vcpu->reply(0);
    }
    default: return vm_.crash(fmt::format("unknown hypercall {}", exit.number));
  }
}

void VirtualMachine::Hypercalls::ready(std::uint64_t version, std::uint64_t statsAddress) {
  if (version != OC_ABI_VERSION)
    return vm_.crash(
        fmt::format("the guest speaks version {} of the guest ABI, this engine version {}; rebuild the guest", version, OC_ABI_VERSION));
  const Gfn gfn = gfnOf(Gpa(statsAddress));
  if (statsAddress % kPageSize != 0 || gfn.value() >= on_.memory->guest.memory().value())
    return vm_.crash(fmt::format("hypercall READY: {:#x} is no page of the guest", statsAddress));
  on_.statsPage = gfn;
  on_.vcpu->reply(0);
}

bool VirtualMachine::Hypercalls::work(std::uint64_t duration) {
  if (VirtualTime(duration) > kLongestWork) {
    vm_.crash(fmt::format("the guest declared {} ns of work at once; more than an hour is taken for a mistake", duration));
    return false;
  }
  vm_.clock_.advance(TimeUse::Run, VirtualTime(duration));
  return true;
}

void VirtualMachine::Hypercalls::operations(std::uint64_t count, std::uint64_t duration) {
  constexpr std::uint64_t kMostAtOnce = 1'000'000;
  if (count > kMostAtOnce)
    return vm_.crash(fmt::format("the guest reported {} operations at once; at most {} are believed", count, kMostAtOnce));
  if (!work(duration)) return;
  vm_.meter_.operationsDone(count, vm_.clock_.now());
  if (vm_.config_.operations != 0 && vm_.meter_.operations() >= vm_.config_.operations)
    return vm_.powerOff(fmt::format("completed its {} operations", vm_.config_.operations));
  on_.vcpu->reply(vm_.attention());
}

void VirtualMachine::Hypercalls::wait(std::uint64_t duration) {
  vm_.wakeAt_ = vm_.clock_.now() + std::min(VirtualTime(duration), kLongestWait);
  vm_.state_ = VmState::Waiting;
}

std::optional<std::string> VirtualMachine::Hypercalls::bytesAt(std::uint64_t address, std::uint64_t length) {
  const std::uint64_t memory = bytesOf(on_.memory->guest.memory()).value();
  if (address > memory || length > memory - address) {
    vm_.crash(fmt::format("a hypercall names {} bytes at {:#x}, outside the guest's memory", length, address));
    return std::nullopt;
  }
  std::string bytes(length, '\0');
  for (std::uint64_t done = 0; done < length;) {
    const std::uint64_t at = address + done;
    const std::uint64_t n = std::min(length - done, kPageSize - at % kPageSize);
    const std::byte* page = on_.access->resolve(gfnOf(Gpa(at)), Access::Read);
    if (page == nullptr) return std::nullopt;  // dead: the run loop stops the VM
    std::memcpy(&bytes[done], page + at % kPageSize, n);
    done += n;
  }
  return bytes;
}

void VirtualMachine::Hypercalls::print(std::uint64_t address, std::uint64_t length) {
  if (length > OC_CONSOLE_MAX)
    return vm_.crash(fmt::format("the guest printed {} bytes at once; at most {} are allowed", length, OC_CONSOLE_MAX));
  const auto text = bytesAt(address, length);
  if (!text) return;
  vm_.recordConsole(vm_.console_.print(*text));
  on_.vcpu->reply(0);
}

void VirtualMachine::Hypercalls::panic(std::uint64_t address, std::uint64_t length) {
  std::string reason = "the guest kernel panicked";
  if (length <= OC_CONSOLE_MAX) {
    const auto text = bytesAt(address, length);
    if (!text) return;
    Console cleaner;
    const auto lines = cleaner.print(*text + "\n");
    reason += ": " + lines.front();
  }
  vm_.crash(reason);
}

void VirtualMachine::Hypercalls::flush(std::uint64_t address) {
  GuestWindows* windows = on_.memory->guest.windows();
  if (address == OC_FLUSH_ALL) {
    on_.dynamicFaults->setPageTableRoot(Gpa(on_.vcpu->registers().cr3 & ~(kPageSize - 1)));
    windows->dropAllDynamic();
    on_.vcpu->flushTlb(std::nullopt);
  } else {
    const std::uint64_t page = (address - OC_DYNAMIC_BASE) / kPageSize;
    if (address >= OC_DYNAMIC_BASE && page < windows->dynamicPages().value()) on_.dynamicFaults->flush(page);
    on_.vcpu->flushTlb(Gva(address));
  }
  on_.vcpu->reply(0);
}

void VirtualMachine::Hypercalls::disk(std::uint64_t operation, std::uint64_t block, std::uint64_t address) {
  if (operation > OC_DISK_WRITE_SWAP) return vm_.crash(fmt::format("unknown disk operation {}", operation));
  const bool toSwap = operation == OC_DISK_READ_SWAP || operation == OC_DISK_WRITE_SWAP;
  const bool write = operation == OC_DISK_WRITE_IMAGE || operation == OC_DISK_WRITE_SWAP;
  GuestDisk* disk = toSwap ? on_.swapDisk.get() : on_.image.get();
  const Gfn gfn = gfnOf(Gpa(address));
  if (address % kPageSize != 0 || gfn.value() >= on_.memory->guest.memory().value())
    return vm_.crash(fmt::format("disk operation {}: {:#x} is no page of the guest", operation, address));
  if (disk == nullptr || block >= disk->blocks())
    return vm_.crash(
        fmt::format("disk operation {}: block {} is outside the disk of {} blocks", operation, block, disk ? disk->blocks() : 0));

  const auto& costs = vm_.host_.config.costs;
  const VirtualTime service = disk->continuesAt(block) ? costs.diskStream : write ? costs.diskWrite : costs.diskRead;
  const auto served = vm_.host_.guestDisks.submit(vm_.clock_.now(), service);
  vm_.clock_.advance(TimeUse::DiskQueue, served.queued);
  vm_.clock_.advance(toSwap ? TimeUse::GuestPaging : TimeUse::GuestDisk, served.service);
  if (on_.allDiskOperationsFail || on_.failingDiskOperations > 0) {
    if (on_.failingDiskOperations > 0) --on_.failingDiskOperations;
    return on_.vcpu->reply(OC_DISK_ERROR);
  }
  std::byte* page = on_.access->resolve(gfn, write ? Access::Read : Access::Write);
  if (page == nullptr) return;
  const std::span<std::byte, kPageSize> bytes(page, kPageSize);
  const Result<void> done = write ? disk->write(block, bytes) : disk->read(block, bytes);
  if (!write && vm_.on_) on_.vcpu->forgetCode(gfn);
  if (!done) {
    Event event = vm_.event(EventKind::Fault);
    event.text = done.error().text.substr(0, kEventTextMax);
    vm_.host_.log.record(event);
  }
  on_.vcpu->reply(done ? OC_DISK_OK : OC_DISK_ERROR);
}

void VirtualMachine::Hypercalls::truth(std::uint64_t address, std::uint64_t count) {
  if (count > OC_TRUTH_MAX)
    return vm_.crash(fmt::format("the guest sent {} truth records at once; at most {} are allowed", count, OC_TRUTH_MAX));
  const auto bytes = bytesAt(address, count * sizeof(oc_truth));
  if (!bytes) return;
  for (std::uint64_t i = 0; i < count; ++i) {
    oc_truth record{};
    std::memcpy(&record, bytes->data() + i * sizeof record, sizeof record);
    if (record.kind > OC_TRUTH_SWAPPED_OUT) return vm_.crash(fmt::format("unknown kind {} of a truth record", record.kind));
    if (record.kind == OC_TRUTH_SWAPPED_OUT) {
      Event event = vm_.event(EventKind::GuestSwappedOut);
      event.values = {record.subject, record.value, 0, 0};
      vm_.host_.log.record(event);
      continue;
    }
    if (record.subject >= on_.memory->guest.memory().value())
      return vm_.crash(fmt::format("a truth record names frame {}, which the guest does not have", record.subject));
    Event event = vm_.event(EventKind::GuestFrame);
    event.gfn = Gfn(record.subject);
    event.values = {record.kind, record.value, 0, 0};
    vm_.host_.log.record(event);
  }
  on_.vcpu->reply(0);
}

void VirtualMachine::Hypercalls::serveBalloon(const VmExit& exit) {
  vm_.clock_.advance(TimeUse::Run, vm_.host_.config.costs.balloonCall);
  const BalloonDevice::Call call{static_cast<std::uint32_t>(exit.number), static_cast<std::uint32_t>(exit.argument1), exit.argument2,
                                 exit.argument3};
  if (!vm_.hasBalloon()) return on_.vcpu->replyBalloon(OC_BALLOON_FAILURE, 0, std::nullopt);
  // A guest that touched its balloon was reset, or is lost to it: the driver has to start over (W02 section 3.2).
  if (on_.popsSeen != on_.memory->counters.pops) on_.balloon->demandReset();
  on_.popsSeen = on_.memory->counters.pops;
  const BalloonDevice::Reply reply = on_.balloon->call(call);
  if (call.command == OC_BALLOON_START || call.command == OC_BALLOON_GUEST_ID || reply.status == OC_BALLOON_RESET) {
    Event event = vm_.event(EventKind::BalloonDriver);
    event.values = {call.command, reply.status, 0, 0};
    vm_.host_.log.record(event);
  }
  on_.vcpu->replyBalloon(reply.status, reply.result, reply.capabilities);
}

}  // namespace overcommit
