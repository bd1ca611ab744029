// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/walk.h>
using namespace overcommit::policy;

class TwoDimensions : public Walker {
  static std::uint64_t index(std::uint64_t address, int level) { return address >> (12 + 9 * (level - 1)) & 511; }
  static std::uint64_t within(std::uint64_t address, int level) { return address & ((std::uint64_t{1} << (12 + 9 * (level - 1))) - 1); }

  // One dimension: from a guest-physical address to a machine address. False: the nested tables do not allow it.
  static bool nested(const WalkQuestion& question, std::uint64_t guest_physical, bool writes, Memory& memory, std::uint64_t& machine) {
    std::uint64_t table = question.nested_root;
    for (int level = 4; level >= 1; --level) {
      const std::uint64_t entry = memory.machine(table + index(guest_physical, level) * 8);
      if ((entry & (kNestedRead | kNestedWrite | kNestedExecute)) == 0) return false;
      table = entry & kEntryAddress;
      const bool leaf = level == 1 || (entry & kNestedLarge) != 0;
      if (!leaf) continue;
      if (writes && (entry & kNestedWrite) == 0) return false;  // its frame is shared
      machine = (table & ~within(~std::uint64_t{0}, level)) | within(guest_physical, level);
      return true;
    }
    return false;
  }

  WalkAnswer walk(const WalkQuestion& question, Memory& memory) override {
    WalkAnswer answer{};
    const auto ends = [&](WalkEnd end, int level) {
      answer.end = end;
      answer.level = static_cast<std::uint8_t>(level);
      return answer;
    };
    const bool writes = question.access == Access::Write;

    std::uint64_t table = question.guest_root & kEntryAddress, machine = 0;
    for (int level = 4; level >= 1; --level) {
      answer.guest_physical = table + index(question.address, level) * 8;
      if (answer.guest_physical >= question.guest_memory) return ends(WalkEnd::OutsideMemory, level);
      // The entry of the guest lies at a guest-physical address: a walk of its own leads there.
      if (!nested(question, answer.guest_physical, false, memory, machine)) return ends(WalkEnd::NestedFault, level);
      const std::uint64_t entry = memory.machine(machine);
      if ((entry & kGuestPresent) == 0 || (writes && (entry & kGuestWritable) == 0)) return ends(WalkEnd::GuestFault, level);
      if ((entry & kGuestAccessed) == 0) ++answer.accessed;
      table = entry & kEntryAddress;
      const bool leaf = level == 1 || (level < 4 && (entry & kGuestLarge) != 0);
      if (!leaf) continue;
      answer.dirty = writes && (entry & kGuestDirty) == 0 ? 1 : 0;
      answer.guest_physical = (table & ~within(~std::uint64_t{0}, level)) | within(question.address, level);
      break;
    }
    if (answer.guest_physical >= question.guest_memory) return ends(WalkEnd::OutsideMemory, 0);
    if (!nested(question, answer.guest_physical, writes, memory, answer.machine)) return ends(WalkEnd::NestedFault, 0);
    return ends(WalkEnd::Mapped, 0);
  }
};
OVERCOMMIT_WALK(TwoDimensions)
