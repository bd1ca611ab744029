// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/unicorn_exception.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <string_view>

#include "abi/overcommit_abi.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kErrorPresent = 1, kErrorWrite = 2, kErrorUser = 4, kErrorReserved = 8, kErrorFetch = 16;
constexpr std::uint64_t kFlagTrap = 1u << 8, kFlagInterrupt = 1u << 9, kFlagNestedTask = 1u << 14, kFlagResume = 1u << 16;

std::string_view exceptionName(std::uint32_t vector) {
  constexpr std::array<std::string_view, 20> kNames{"#DE", "#DB", "NMI", "#BP", "#OF", "#BR",          "#UD", "#NM", "#DF", "exception 9",
                                                    "#TS", "#NP", "#SS", "#GP", "#PF", "exception 15", "#MF", "#AC", "#MC", "#XM"};
  return vector < kNames.size() ? kNames[vector] : std::string_view("interrupt");
}

bool pushesErrorCode(std::uint32_t vector) { return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17; }

// Faults are pushed with RF set, so that to go on does not meet an instruction breakpoint again (Intel SDM volume 3, 18.3.1.1). Guests
// can read their stacks: KVM does it, too.
bool isFault(std::uint32_t vector) {
  constexpr std::uint32_t kTrapsAndAborts = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 8 | 1u << 18;  // #DB, NMI, #BP, #OF, #DF, #MC
  return vector < 32 && (kTrapsAndAborts >> vector & 1) == 0;
}

bool canonical(std::uint64_t address) {
  const auto high = static_cast<std::int64_t>(address) >> 47;
  return high == 0 || high == -1;
}

// A gate of the interrupt descriptor table (16 bytes in long mode).
//
//   low word    0..15 handler 15..0   16..31 selector   32..34 stack table   40..44 type   47 present   48..63 handler 31..16
//   high word   0..31 handler 63..32
class InterruptGate {
 public:
  InterruptGate(std::uint64_t low, std::uint64_t high) : low_(low), high_(high) {}
  [[nodiscard]] std::uint64_t handler() const { return (low_ & 0xffff) | (low_ >> 32 & 0xffff'0000) | high_ << 32; }
  [[nodiscard]] std::uint16_t selector() const { return static_cast<std::uint16_t>(low_ >> 16); }
  [[nodiscard]] unsigned stackTable() const { return low_ >> 32 & 7; }
  [[nodiscard]] bool interruptGate() const { return type() == 0xe; }
  [[nodiscard]] bool usable() const { return type() == 0xe || type() == 0xf; }
  [[nodiscard]] bool present() const { return (low_ >> 47 & 1) != 0; }

 private:
  [[nodiscard]] unsigned type() const { return low_ >> 40 & 0x1f; }
  std::uint64_t low_, high_;
};

}  // namespace

GuestWalk GuestVirtualMemory::walk(std::uint64_t cr3, Gva address) const {
  return walkGuestTables(cr3, address, Bytes(ram_.size()), [this](Gpa at) -> std::optional<std::uint64_t> {
    std::uint64_t entry;
    std::memcpy(&entry, ram_.data() + at.value(), sizeof entry);
    return entry;
  });
}

std::optional<GuestVirtualMemory::Piece> GuestVirtualMemory::piece(std::uint64_t cr3, Gva address, std::size_t bytes) const {
  GuestWalk result = walk(cr3, address);
  if (result.end != GuestWalkEnd::Mapped) return std::nullopt;
  const std::size_t untilPageEnd = kPageSize - address.value() % kPageSize;
  return Piece{ram_.data() + result.address.value(), std::min(bytes, untilPageEnd), result};
}

bool GuestVirtualMemory::read(std::uint64_t cr3, Gva address, std::span<std::byte> to) const {
  while (!to.empty()) {
    const auto part = piece(cr3, address, to.size());
    if (!part) return false;
    std::memcpy(to.data(), part->at, part->bytes);
    to = to.subspan(part->bytes);
    address = address.next(part->bytes);
  }
  return true;
}

bool GuestVirtualMemory::write(std::uint64_t cr3, Gva address, std::span<const std::byte> from) {
  const auto first = piece(cr3, address, from.size());
  if (!first || !first->walk.writable) return false;
  std::optional<Piece> second;
  if (first->bytes < from.size()) {
    second = piece(cr3, address.next(first->bytes), from.size() - first->bytes);
    if (!second || !second->walk.writable) return false;
  }
  markTouched(first->walk);
  std::memcpy(first->at, from.data(), first->bytes);
  if (second) {
    markTouched(second->walk);
    std::memcpy(second->at, from.data() + first->bytes, second->bytes);
  }
  return true;
}

void GuestVirtualMemory::markTouched(const GuestWalk& walk) {
  for (int i = 0; i < walk.stepCount; ++i) {
    const GuestWalkStep& step = walk.steps[static_cast<std::size_t>(i)];
    const bool leaf = i + 1 == walk.stepCount;
    const std::uint64_t wanted = step.entry | kPteAccessed | (leaf ? kPteDirty : 0);
    if (wanted != step.entry) std::memcpy(ram_.data() + step.entryAt.value(), &wanted, sizeof wanted);
  }
}

std::string describeException(const ExceptionState& state) {
  std::string text = fmt::format("{} at rip {:#x}", exceptionName(state.vector), state.rip);
  if (state.vector == kPageFaultVector) {
    const std::string_view how = (state.errorCode & kErrorFetch) != 0 ? "fetch" : (state.errorCode & kErrorWrite) != 0 ? "write" : "read";
    const std::string_view why = (state.errorCode & kErrorReserved) != 0  ? "reserved bit set"
                                 : (state.errorCode & kErrorPresent) != 0 ? "not allowed"
                                                                          : "page not present";
    text += fmt::format(", cr2 {:#x} ({}{}, {})", state.cr2, (state.errorCode & kErrorUser) != 0 ? "user " : "", how, why);
  } else if (state.vector > 31) {
    text += fmt::format(" (vector {})", state.vector);
  } else if (pushesErrorCode(state.vector) && state.errorCode != 0) {
    text += fmt::format(", error code {:#x}", state.errorCode);
  }
  return text;
}

tl::expected<ExceptionEntry, std::string> deliverException(const ExceptionState& state, GuestVirtualMemory& memory) {
  const auto doubleFault = [&state](std::string_view why) {
    return tl::unexpected<std::string>(fmt::format("double fault: {}: {}", describeException(state), why));
  };
  if ((state.cs & 3) != 0) return doubleFault("the guest left ring 0, where it has no stack for exceptions");

  constexpr std::uint64_t kGateBytes = 16;
  const std::uint64_t gateAt = state.vector * kGateBytes;
  if (gateAt + kGateBytes - 1 > state.idtLimit) return doubleFault("no handler in the IDT");
  std::array<std::uint64_t, 2> words{};
  if (!memory.read(state.cr3, Gva(state.idtBase + gateAt), std::as_writable_bytes(std::span(words)))) {
    return doubleFault(fmt::format("the IDT at {:#x} is not mapped", state.idtBase));
  }
  const InterruptGate gate(words[0], words[1]);
  if (!gate.present()) return doubleFault("no handler in the IDT");
  if (!gate.usable()) return doubleFault("the IDT entry is neither an interrupt nor a trap gate");
  if (gate.stackTable() != 0) return doubleFault("the IDT entry names an interrupt stack, but there is no task state segment");
  if (gate.selector() != OC_CODE_SELECTOR) return doubleFault(fmt::format("the IDT entry has code selector {:#x}", gate.selector()));
  if (!canonical(gate.handler())) return doubleFault(fmt::format("the handler's address {:#x} is not canonical", gate.handler()));

  const std::uint64_t rflags = state.rflags | (isFault(state.vector) ? kFlagResume : 0);
  std::array<std::uint64_t, 6> frame{state.errorCode, state.rip, state.cs, rflags, state.rsp, state.ss};
  const auto pushed = std::span(frame).subspan(pushesErrorCode(state.vector) ? 0 : 1);
  const std::uint64_t rsp = (state.rsp & ~std::uint64_t{15}) - pushed.size_bytes();
  if (!memory.write(state.cr3, Gva(rsp), std::as_bytes(pushed))) return doubleFault(fmt::format("cannot push on the stack at {:#x}", rsp));

  const std::uint64_t cleared = kFlagTrap | kFlagNestedTask | kFlagResume | (gate.interruptGate() ? kFlagInterrupt : 0);
  return ExceptionEntry{gate.handler(), state.rflags & ~cleared, rsp};
}

}  // namespace overcommit
