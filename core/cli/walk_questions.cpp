// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/walk_questions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <span>

#include "base/nearest.h"
#include "base/random.h"
#include "base/units.h"
#include "host/virtual_machine.h"
#include "host/walk_references.h"
#include "machine/machine_memory.h"
#include "reclaim/vm_memory.h"
#include "student/walk_examination.h"

namespace overcommit {
namespace {

using policy::WalkEnd;

// What is right.
struct WalkTruth {
  WalkKind kind = WalkKind::Mapped;
  WalkEnd end = WalkEnd::Mapped;
  std::uint8_t level = 0;                // of a guest fault
  std::uint64_t guestPhysical = 0;       // if mapped, or of a nested fault
  std::uint64_t machine = 0;             // if mapped
  std::uint64_t references = 0;          // that the hardware makes
  std::uint8_t accessed = 0, dirty = 0;  // bits that it sets, as WalkAnswer has them
};

std::string_view nameOf(WalkEnd end) {
  switch (end) {
    case WalkEnd::Mapped: return "mapped";
    case WalkEnd::NotCanonical: return "not canonical";
    case WalkEnd::GuestFault: return "a guest fault";
    case WalkEnd::NestedFault: return "a nested fault";
    case WalkEnd::OutsideMemory: return "outside memory";
  }
  return "no end that there is";
}

// Nothing: an address about which one can be of two minds.
std::optional<WalkTruth> truthAbout(const Host& host, const VirtualMachine& vm, Gva address, policy::Access access) {
  const Host::NestedWalk walk = host.walk(vm.id(), address);
  const WalkReferences made = referencesOf(walk);
  WalkTruth truth;
  truth.references = made.references.size();
  switch (made.outcome) {
    case WalkOutcome::Mapped: {
      if (access == policy::Access::Write && !walk.guest.writable) return std::nullopt;
      truth.guestPhysical = walk.guest.address.value();
      truth.machine = made.frame->value() * kPageSize + truth.guestPhysical % kPageSize;
      // The leaf that led there may be read, but not written: its frame is shared.
      if (access == policy::Access::Write && !made.references.back().nested().writable()) {
        truth.kind = WalkKind::WriteFault;
        truth.end = WalkEnd::NestedFault;
        return truth;
      }
      const std::span steps = std::span(walk.guest.steps).first(static_cast<std::size_t>(walk.guest.stepCount));
      truth.accessed = static_cast<std::uint8_t>(
          std::ranges::count_if(steps, [](const GuestWalkStep& step) { return (step.entry & kPteAccessed) == 0; }));
      truth.dirty = access == policy::Access::Write && (steps.back().entry & kPteDirty) == 0 ? 1 : 0;
      return truth;
    }
    case WalkOutcome::NestedFault: {
      truth.kind = WalkKind::NestedFault;
      truth.end = WalkEnd::NestedFault;
      truth.guestPhysical = walk.guest.address.value();
      for (int i = 0; i < walk.guest.stepCount; ++i) {
        const GuestWalkStep& step = walk.guest.steps.at(static_cast<std::size_t>(i));
        if (step.level == made.references.back().guestLevel) truth.guestPhysical = step.entryAt.value();
      }
      return truth;
    }
    case WalkOutcome::GuestFault:
      truth.kind = WalkKind::GuestFault;
      truth.end = WalkEnd::GuestFault;
      truth.level = static_cast<std::uint8_t>(walk.guest.steps.at(static_cast<std::size_t>(walk.guest.stepCount - 1)).level);
      return truth;
    case WalkOutcome::ProtectionFault:
      truth.kind = WalkKind::NotCanonical;
      truth.end = WalkEnd::NotCanonical;
      return truth;
    case WalkOutcome::OutsideMemory:
    case WalkOutcome::TableNotReadable: return std::nullopt;
  }
  return std::nullopt;
}

bool agrees(const policy::WalkAnswer& answer, const WalkTruth& truth) {
  if (answer.end != truth.end) return false;
  switch (truth.kind) {
    case WalkKind::Mapped: return answer.guest_physical == truth.guestPhysical && answer.machine == truth.machine;
    case WalkKind::NestedFault:
    case WalkKind::WriteFault: return answer.guest_physical == truth.guestPhysical;
    case WalkKind::GuestFault: return answer.level == truth.level;
    case WalkKind::NotCanonical: return true;
  }
  return false;
}

std::string words(WalkEnd end, std::uint8_t level, std::uint64_t guestPhysical, std::uint64_t machine) {
  std::string text(nameOf(end));
  if (end == WalkEnd::Mapped) text += fmt::format(" to guest-physical {:#x}, machine {:#x}", guestPhysical, machine);
  if (end == WalkEnd::GuestFault) text += fmt::format(" at level {}", level);
  if (end == WalkEnd::NestedFault) text += fmt::format(" at guest-physical {:#x}", guestPhysical);
  return text;
}

// The kernel's identity map, what it maps for programs, what nothing maps, and what no processor accepts.
Gva drawAddress(Random& random, const VirtualMachine& vm) {
  const std::uint64_t memory = bytesOf(vm.config().memory).value();
  const std::uint64_t programs = (std::uint64_t{1} << 40) + memory;  // where the guest kernel puts the first of their areas
  switch (random.below(8)) {
    case 0: return Gva(random.below(memory));
    case 1: return Gva(random.below(std::uint64_t{1} << 47));
    case 2: return Gva((std::uint64_t{1} << 47) + random.below(std::uint64_t{1} << 48));
    case 3: return Gva(programs + random.below(memory + memory / 4));
    default: return Gva(programs + random.below(memory / 2));
  }
}

}  // namespace

Result<WalkQuestions> WalkQuestions::from(std::string_view text) {
  const std::size_t at = text.rfind('@'), colon = text.rfind(':');
  const auto wrong = [&] { return failure("--walks is given as VM@TIME:COUNT, for example guest@300ms:500, not as \"{}\"", text); };
  if (at == std::string_view::npos || colon == std::string_view::npos || colon < at || at == 0) return wrong();
  const auto time = parseTime(text.substr(at + 1, colon - at - 1));
  if (!time) return wrong();
  WalkQuestions questions{std::string(text.substr(0, at)), *time, 0};
  const std::string_view count = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), questions.count);
  if (error != std::errc() || end != count.data() + count.size() || questions.count < 1 || questions.count > kMostWalks)
    return failure("--walks: \"{}\" is no number of walks from 1 to {}", count, kMostWalks);
  return questions;
}

Result<std::vector<WalkMarks>> askForWalks(const Host& host, const WalkQuestions& questions, PolicyProcess& walker) {
  std::vector<std::string_view> known;
  const VirtualMachine* vm = nullptr;
  for (const auto& each : host.vms()) {
    if (each->config().name == questions.vm) vm = each.get();
    known.push_back(each->config().name);
  }
  if (vm == nullptr) return failure("--walks: there is no VM \"{}\"{}", questions.vm, didYouMean(questions.vm, known));
  const auto registers = vm->on() ? vm->registers() : std::nullopt;
  if (!registers)
    return failure("--walks: {} has no page tables at {}: it is off, or played by a script", questions.vm, formatTime(questions.at));

  const MachineMemory& machine = host.machine();
  const auto word = [&](Mfn mfn, std::uint64_t offset) {
    std::uint64_t value = 0;
    std::memcpy(&value, machine.bytes(mfn).data() + offset, sizeof value);
    return value;
  };
  const auto read = [&](policy::Space space, std::uint64_t address) -> std::optional<std::uint64_t> {
    if (space == policy::Space::Machine) {
      if (address / kPageSize >= machine.frames().value()) return std::nullopt;
      return word(Mfn(address / kPageSize), address % kPageSize);
    }
    if (address / kPageSize >= vm->config().memory.value()) return std::nullopt;
    const NptEntry entry = vm->memory()->guest.entry(Gfn(address / kPageSize));
    return entry.present() ? std::optional(word(entry.mfn(), address % kPageSize)) : std::nullopt;
  };

  std::vector<WalkMarks> marks;
  for (const WalkKind kind : kWalkKinds) marks.emplace_back().kind = kind;
  Random random(host.config().seed, "walks that a walker is asked for");
  std::uint64_t asked = 0;
  // So that a guest without anything to ask about ends it too.
  for (std::uint64_t drawn = 0; asked < questions.count && drawn < 4 * questions.count; ++drawn) {
    const Gva address = drawAddress(random, *vm);
    const auto access = random.below(3) == 0 ? policy::Access::Write : policy::Access::Read;
    const auto truth = truthAbout(host, *vm, address, access);
    if (!truth) continue;
    ++asked;
    policy::WalkQuestion question{};
    question.address = address.value();
    question.guest_root = registers->cr3;
    question.nested_root = vm->memory()->guest.table().root().value() * kPageSize;
    question.guest_memory = bytesOf(vm->config().memory).value();
    question.access = access;
    const auto answered = askWalk(walker, question, read);
    if (!answered) break;
    WalkMarks& mark = marks[static_cast<std::size_t>(truth->kind)];
    ++mark.asked;
    const std::string_view what = access == policy::Access::Write ? "writing" : "reading";
    const policy::WalkAnswer& answer = answered->answer;
    if (!agrees(answer, *truth)) {
      if (mark.wrong.empty())
        mark.wrong = fmt::format("{} {:#x} is {}, and your answer was {}", what, address.value(),
                                 words(truth->end, truth->level, truth->guestPhysical, truth->machine),
                                 words(answer.end, answer.level, answer.guest_physical, answer.machine));
      continue;
    }
    ++mark.right;
    if (truth->kind != WalkKind::Mapped || (answer.accessed == truth->accessed && answer.dirty == truth->dirty)) {
      ++mark.marked;
    } else if (mark.mismarked.empty()) {
      mark.mismarked = fmt::format("{} {:#x} sets {} accessed and {} dirty bits in the guest's tables; your answer was {} and {}", what,
                                   address.value(), truth->accessed, truth->dirty, answer.accessed, answer.dirty);
    }
    if (answered->machineReads == truth->references && answered->guestReads == 0) {
      ++mark.counted;
    } else if (mark.miscounted.empty()) {
      mark.miscounted =
          fmt::format("{} {:#x} takes the hardware {} references to machine memory; yours made {}, and {} by guest-physical address", what,
                      address.value(), truth->references, answered->machineReads, answered->guestReads);
    }
  }
  std::erase_if(marks, [](const WalkMarks& mark) { return mark.asked == 0; });
  return marks;
}

}  // namespace overcommit
