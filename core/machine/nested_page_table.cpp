// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/nested_page_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace overcommit {
namespace {

constexpr unsigned kIndexBits = 9;
constexpr std::uint64_t kEntries = std::uint64_t{1} << kIndexBits;
static_assert(kEntries * sizeof(NptEntry) == kPageSize && kEntries == kLargePagePages);

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
  const std::uint64_t firstLevel3 = 1;
  firstLevel2_ = firstLevel3 + shape.level3;
  firstLevel1_ = firstLevel2_ + shape.level2;

  const auto link = [&](std::uint64_t parents, std::uint64_t children, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      std::byte* parent = machine_.bytes(tables_[parents + i / kEntries]).data();
      writeEntry(parent + i % kEntries * sizeof(NptEntry), NptEntry::table(tables_[children + i]));
    }
  };
  link(0, firstLevel3, shape.level3);
  link(firstLevel3, firstLevel2_, shape.level2);
  link(firstLevel2_, firstLevel1_, shape.level1);

  leaves_.reserve(shape.level1);
  for (std::uint64_t i = 0; i < shape.level1; ++i) leaves_.push_back(machine_.bytes(tables_[firstLevel1_ + i]).data());
}

std::byte* NestedPageTable::entryAt(Gfn gfn) const {
  invariant(gfn.value() < memory_.value(), "a guest frame number is below the size of the VM");
  return leaves_[gfn.value() / kEntries] + gfn.value() % kEntries * sizeof(NptEntry);
}

std::byte* NestedPageTable::directoryEntryAt(Gfn gfn) const {
  const std::uint64_t table = gfn.value() / kEntries;
  return machine_.bytes(tables_[firstLevel2_ + table / kEntries]).data() + table % kEntries * sizeof(NptEntry);
}

Mfn NestedPageTable::tableOf(Gfn gfn) const { return tables_[firstLevel1_ + gfn.value() / kEntries]; }

NptEntry NestedPageTable::lookup(Gfn gfn) const { return readEntry(entryAt(gfn)); }

void NestedPageTable::update(Gfn gfn, NptEntry entry) {
  std::byte* const at = entryAt(gfn);
  const NptEntry old = readEntry(at);
  if (old.large() || entry.large()) {
    invariant(entry.sameButForAccess(old), "a page of a large page changes only once that is broken");
    // The hardware has one pair of bits for all of it.
    std::byte* const directory = directoryEntryAt(gfn);
    const NptEntry large = readEntry(directory);
    if (entry.dirty()) writeEntry(directory, large.withDirty());
    if (entry.accessed() && !entry.dirty()) writeEntry(directory, large.withAccessed());
  }
  writeEntry(at, entry);
}

void NestedPageTable::mapLarge(Gfn first, Mfn mfn) {
  invariant(first.value() % kEntries == 0 && mfn.value() % kEntries == 0, "a large page lies at a multiple of 2 MiB on both sides");
  invariant(first.value() + kEntries <= memory_.value(), "a large page lies within the VM's memory");
  std::byte* const entries = entryAt(first);
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    std::byte* const at = entries + i * sizeof(NptEntry);
    invariant(!readEntry(at).present(), "a large page is made of pages that are not present");
    writeEntry(at, NptEntry::largePage(mfn.next(i)));
  }
  writeEntry(directoryEntryAt(first), NptEntry::largePage(mfn));
}

void NestedPageTable::breakLarge(Gfn first) {
  invariant(first.value() % kEntries == 0 && lookup(first).large(), "what is broken is a large page");
  std::byte* const entries = entryAt(first);
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    std::byte* const at = entries + i * sizeof(NptEntry);
    writeEntry(at, readEntry(at).withoutLarge());
  }
  writeEntry(directoryEntryAt(first), NptEntry::table(tableOf(first)));
}

std::vector<NestedPageTable::Step> NestedPageTable::walk(Gfn gfn) const {
  invariant(gfn.value() < memory_.value(), "a guest frame number is below the size of the VM");
  std::vector<Step> steps;
  Mfn table = root();
  for (int level = 4; level >= 1; --level) {
    const unsigned index = indexAt(level, gfn);
    const NptEntry entry = readEntry(machine_.bytes(table).data() + index * sizeof(NptEntry));
    steps.push_back({level, table, index, entry});
    if (level == 2 && entry.large()) break;
    table = entry.mfn();
  }
  return steps;
}

std::optional<std::string> NestedPageTable::auditLarge(Gfn first) const {
  const NptEntry directory = readEntry(directoryEntryAt(first));
  const std::uint64_t there = std::min(kEntries, memory_.value() - first.value());
  if (!directory.large() && directory.mfn() != tableOf(first))
    return fmt::format("the entry of level 2 for guest frame {} leads to another table", first.value());
  if (directory.large() && there < kEntries) return fmt::format("the large page at guest frame {} ends outside the VM", first.value());
  if (directory.large() && directory.mfn().value() % kEntries != 0)
    return fmt::format("the large page at guest frame {} is in frames that are not aligned", first.value());
  for (std::uint64_t i = 0; i < there; ++i) {
    const NptEntry entry = lookup(first.next(i));
    if (entry.large() != directory.large())
      return fmt::format("guest frame {} is {} a large page, against its entry of level 2", first.value() + i,
                         entry.large() ? "in" : "not in");
    if (!directory.large()) continue;
    if (!entry.sameButForAccess(NptEntry::largePage(directory.mfn().next(i))))
      return fmt::format("guest frame {} is not where its large page is", first.value() + i);
    if ((entry.accessed() && !directory.accessed()) || (entry.dirty() && !directory.dirty()))
      return fmt::format("guest frame {} was accessed, but not its large page", first.value() + i);
  }
  return std::nullopt;
}

}  // namespace overcommit
