// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/vm_on.h"

#include <cstring>

namespace overcommit {

void RamWindowFaults::onNestedFault(std::uint64_t page, Access access) {
  const Gfn gfn(page);
  if (pager_.resolve(memory_, gfn, access) == Resolution::Present) {
    memory_.guest.fillRam(gfn, access);
  } else {
    memory_.guest.windows()->fillRam(gfn, scratch_, Protection::ReadWrite);
  }
}

void RamWindowFaults::onWindowLost(const std::string& reason) {
  if (!memory_.dead) memory_.dead = reason;
  if (memory_.stopSoon) memory_.stopSoon();
}

void DynamicWindowFaults::onNestedFault(std::uint64_t page, Access access) {
  const Gva address(OC_DYNAMIC_BASE + page * kPageSize);
  // A table that the guest keeps outside its pool may have been taken away since the emulator walked it.
  const auto read = [this](Gpa at) -> std::optional<std::uint64_t> {
    const Gfn gfn = gfnOf(at);
    if (gfn.value() < memory_.guest.memory().value() && !memory_.guest.entry(gfn).present())
      static_cast<void>(pager_.resolve(memory_, gfn, Access::Read));
    return lookAtGuest(memory_, machine_, at);
  };
  const GuestWalk walk = walkGuestTables(pageTableRoot_.value(), address, bytesOf(memory_.guest.memory()), read);
  const Gfn gfn = gfnOf(walk.address);
  if (walk.end != GuestWalkEnd::Mapped) {
    if (!memory_.dead)
      memory_.dead = fmt::format("the guest used address {:#x}, which its page tables do not map: {}", address.value(), nameOf(walk.end));
    if (memory_.stopSoon) memory_.stopSoon();
  } else if (pager_.resolve(memory_, gfn, access) == Resolution::Present) {
    memory_.guest.fillDynamic(page, gfn, access);
    return;
  }
  memory_.guest.windows()->fillDynamic(page, Gfn(0), scratch_, Protection::ReadWrite);
}

void DynamicWindowFaults::flush(std::uint64_t page) {
  const auto mapping = memory_.guest.windows()->dynamicMapping(page);
  if (!mapping) return;
  const auto read = [this](Gpa at) { return lookAtGuest(memory_, machine_, at); };
  const GuestWalk walk =
      walkGuestTables(pageTableRoot_.value(), Gva(OC_DYNAMIC_BASE + page * kPageSize), bytesOf(memory_.guest.memory()), read);
  if (walk.end != GuestWalkEnd::Mapped || gfnOf(walk.address) != mapping->gfn) memory_.guest.windows()->dropDynamic(page);
}

std::byte* PagerAccess::resolve(Gfn gfn, Access access) {
  if (gfn.value() >= memory_.guest.memory().value()) return nullptr;
  if (pager_.resolve(memory_, gfn, access) == Resolution::Dead) return nullptr;
  memory_.guest.touch(gfn, access);
  return machine_.bytes(memory_.guest.entry(gfn).mfn()).data();
}

namespace {
BalloonLock lockResult(BalloonResult result) {
  switch (result) {
    case BalloonResult::Done: return BalloonLock::Done;
    case BalloonResult::BadPage: return BalloonLock::BadPage;
    case BalloonResult::AlreadyLocked:
    case BalloonResult::AlreadyUnlocked: return BalloonLock::Already;
    case BalloonResult::Pinned: return BalloonLock::Pinned;
  }
  return BalloonLock::BadPage;
}
}  // namespace

BalloonLock PagerBalloon::lockPage(Gfn gfn) { return lockResult(pager_.lock(memory_, gfn)); }
BalloonLock PagerBalloon::unlockPage(Gfn gfn) { return lockResult(pager_.unlock(memory_, gfn)); }
void PagerBalloon::unlockAllPages() { pager_.unlockAll(memory_, 0); }

std::optional<std::uint64_t> PagerBalloon::readBatchEntry(Gfn page, std::uint64_t index) {
  const std::byte* bytes = access_.resolve(page, Access::Read);
  if (bytes == nullptr) return std::nullopt;
  std::uint64_t entry = 0;
  std::memcpy(&entry, bytes + index * 8, 8);
  return entry;
}

void PagerBalloon::writeBatchEntry(Gfn page, std::uint64_t index, std::uint64_t entry) {
  std::byte* bytes = access_.resolve(page, Access::Write);
  if (bytes != nullptr) std::memcpy(bytes + index * 8, &entry, 8);
}

std::optional<std::uint64_t> lookAtGuest(const VmMemory& memory, const MachineMemory& machine, Gpa address) {
  const Gfn gfn = gfnOf(address);
  if (gfn.value() >= memory.guest.memory().value() || address.value() % 8 != 0) return std::nullopt;
  const NptEntry entry = memory.guest.entry(gfn);
  if (!entry.present()) return std::nullopt;
  std::uint64_t value = 0;
  std::memcpy(&value, machine.bytes(entry.mfn()).data() + address.value() % kPageSize, 8);
  return value;
}

}  // namespace overcommit
