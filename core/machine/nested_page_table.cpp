// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/nested_page_table.h"

#include <cstring>

#include "base/error.h"

namespace overcommit {
namespace {

constexpr unsigned kIndexBits = 9;
constexpr std::uint64_t kEntries = std::uint64_t{1} << kIndexBits;
static_assert(kEntries * sizeof(NptEntry) == kPageSize);

// Tables of each level: index 0 = level 1.
struct Shape {
  std::uint64_t level1, level2, level3;
};

constexpr Shape shapeFor(Pages memory) {
  const auto tablesOver = [](std::uint64_t entries) { return (entries + kEntries - 1) / kEntries; };
  Shape shape{};
  shape.level1 = tablesOver(memory.value());
  shape.level2 = tablesOver(shape.level1);
  shape.level3 = tablesOver(shape.level2);
  return shape;
}

constexpr unsigned indexAt(int level, Gfn gfn) {
  return static_cast<unsigned>(gfn.value() >> (kIndexBits * static_cast<unsigned>(level - 1)) & (kEntries - 1));
}

NptEntry readEntry(const std::byte* at) {
  std::uint64_t raw = 0;
  std::memcpy(&raw, at, sizeof raw);
  return NptEntry(raw);
}

void writeEntry(std::byte* at, NptEntry entry) {
  const std::uint64_t raw = entry.raw();
  std::memcpy(at, &raw, sizeof raw);
}

}  // namespace

Pages NestedPageTable::tablesFor(Pages memory) {
  const Shape shape = shapeFor(memory);
  return Pages(1 + shape.level3 + shape.level2 + shape.level1);
}

NestedPageTable::NestedPageTable(MachineMemory& machine, Pages memory, std::vector<Mfn> tables)
    : machine_(machine), memory_(memory), tables_(std::move(tables)) {
  invariant(memory > Pages(0) && memory <= kLargestMemory, "a nested page table covers between 1 page and 256 TiB");
  invariant(tables_.size() == tablesFor(memory).value(), "a nested page table gets exactly the frames that it needs");
  const Shape shape = shapeFor(memory);
  const std::uint64_t firstLevel3 = 1, firstLevel2 = firstLevel3 + shape.level3, firstLevel1 = firstLevel2 + shape.level2;

  const auto link = [&](std::uint64_t parents, std::uint64_t children, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      std::byte* parent = machine_.bytes(tables_[parents + i / kEntries]).data();
      writeEntry(parent + i % kEntries * sizeof(NptEntry), NptEntry::table(tables_[children + i]));
    }
  };
  link(0, firstLevel3, shape.level3);
  link(firstLevel3, firstLevel2, shape.level2);
  link(firstLevel2, firstLevel1, shape.level1);

  leaves_.reserve(shape.level1);
  for (std::uint64_t i = 0; i < shape.level1; ++i) leaves_.push_back(machine_.bytes(tables_[firstLevel1 + i]).data());
}

std::byte* NestedPageTable::entryAt(Gfn gfn) const {
  invariant(gfn.value() < memory_.value(), "a guest frame number is below the size of the VM");
  return leaves_[gfn.value() / kEntries] + gfn.value() % kEntries * sizeof(NptEntry);
}

NptEntry NestedPageTable::lookup(Gfn gfn) const { return readEntry(entryAt(gfn)); }

void NestedPageTable::update(Gfn gfn, NptEntry entry) { writeEntry(entryAt(gfn), entry); }

std::array<NestedPageTable::Step, 4> NestedPageTable::walk(Gfn gfn) const {
  invariant(gfn.value() < memory_.value(), "a guest frame number is below the size of the VM");
  std::array<Step, 4> steps{};
  Mfn table = root();
  for (int level = 4; level >= 1; --level) {
    const unsigned index = indexAt(level, gfn);
    const NptEntry entry = readEntry(machine_.bytes(table).data() + index * sizeof(NptEntry));
    steps[static_cast<std::size_t>(4 - level)] = Step{level, table, index, entry};
    table = entry.mfn();
  }
  return steps;
}

}  // namespace overcommit
