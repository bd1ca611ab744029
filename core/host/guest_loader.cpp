// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/guest_loader.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "abi/overcommit_abi.h"
#include "cpu/guest_walk.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kEntriesPerTable = 512;
constexpr std::uint64_t kLargePage = std::uint64_t{2} << 20;
constexpr std::uint64_t kTableFlags = kPtePresent | kPteWritable | kPteUser;

constexpr std::uint64_t ceilDivide(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

// PML4, PDPT, one page directory a GiB, and the page table of the first 2 MiB.
std::uint64_t loaderTables(Pages memory) { return 3 + ceilDivide(bytesOf(memory).value(), std::uint64_t{1} << 30); }

// Writes bytes of guest memory page by page. Remembers whether a page could not be had.
class GuestWriter {
 public:
  explicit GuestWriter(GuestAccess& memory) : memory_(memory) {}

  void write(Gpa address, std::span<const std::byte> bytes) {
    std::uint64_t at = address.value();
    while (!bytes.empty() && ok_) {
      std::byte* page = memory_.resolve(gfnOf(Gpa(at)), Access::Write);
      if (page == nullptr) {
        ok_ = false;
        return;
      }
      const std::uint64_t offset = at % kPageSize;
      const std::size_t n = std::min<std::size_t>(bytes.size(), kPageSize - offset);
      std::memcpy(page + offset, bytes.data(), n);
      bytes = bytes.subspan(n);
      at += n;
    }
  }
  template <typename T>
  void put(Gpa address, const T& value) {
    write(address, std::as_bytes(std::span(&value, 1)));
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  GuestAccess& memory_;
  bool ok_ = true;
};

void writeTables(GuestWriter& writer, const GuestLayout& layout) {
  const Gpa root = gpaOf(layout.tablesFirst);
  const auto table = [&](std::uint64_t n) { return gpaOf(layout.tablesFirst.next(n)).value(); };
  const auto entryAt = [&](std::uint64_t n, std::uint64_t index) { return Gpa(table(n) + index * 8); };
  // Pool pages: 0 = PML4, 1 = PDPT, 2 = page table of the first 2 MiB, 3... = page directories
  writer.put(root, table(1) | kTableFlags);
  const std::uint64_t memory = bytesOf(layout.memory).value();
  const std::uint64_t directories = layout.tablesUsed.value() - 3;
  for (std::uint64_t d = 0; d < directories; ++d) writer.put(entryAt(1, d), table(3 + d) | kTableFlags);
  for (std::uint64_t address = kLargePage; address < memory; address += kLargePage) {
    const std::uint64_t index = address / kLargePage;
    writer.put(entryAt(3 + index / kEntriesPerTable, index % kEntriesPerTable), address | kTableFlags | kPteLarge);
  }
  writer.put(entryAt(3, 0), table(2) | kTableFlags);
  for (std::uint64_t page = 1; page < kEntriesPerTable; ++page) writer.put(entryAt(2, page), (page << kPageShift) | kTableFlags);
}

template <std::size_t N>
void copyName(char (&to)[N], const std::string& from) {
  const std::size_t n = std::min(from.size(), N - 1);
  std::memcpy(to, from.data(), n);
}

}  // namespace

Pages dynamicPagesFor(Pages memory) { return memory * 4; }

Result<GuestLayout> layoutGuest(const ElfImage& image, Pages memory) {
  GuestLayout layout;
  layout.memory = memory;
  layout.imageEnd = image.end;
  layout.tablesFirst = gfnOf(image.end);
  layout.tablesUsed = Pages(loaderTables(memory));
  layout.dynamic = dynamicPagesFor(memory);
  const std::uint64_t dynamicBytes = bytesOf(layout.dynamic).value();
  // A page table for every 2 MiB of the dynamic area, their directories, one PDPT, and a few to spare.
  const std::uint64_t guestTables = ceilDivide(dynamicBytes, kLargePage) + ceilDivide(dynamicBytes, std::uint64_t{1} << 30) + 1 + 4;
  layout.tablesEnd = layout.tablesFirst.next(layout.tablesUsed.value() + guestTables);
  layout.clockPage = layout.tablesEnd;
  if (layout.clockPage.value() >= memory.value())
    return failure("the guest kernel with its page tables needs {} pages, but the VM has only {}; give it more memory",
                   layout.clockPage.value() + 1, memory.value());
  return layout;
}

bool loadGuest(GuestAccess& memory, const ElfImage& image, const GuestLayout& layout, const GuestBoot& boot) {
  GuestWriter writer(memory);
  for (const ElfSegment& segment : image.segments) writer.write(segment.address, segment.bytes);
  writeTables(writer, layout);

  // Null, 64-bit code, data: flat, ring 0, accessed.
  constexpr std::array<std::uint64_t, 3> kDescriptors{0, 0x00af'9b00'0000'ffff, 0x00cf'9300'0000'ffff};
  writer.put(Gpa(OC_GDT_ADDRESS), kDescriptors);

  oc_boot_info info{};
  info.magic = OC_BOOT_MAGIC;
  info.abi_version = OC_ABI_VERSION;
  info.memory_bytes = bytesOf(layout.memory).value();
  info.image_end = layout.imageEnd.value();
  info.table_pool = gpaOf(layout.tablesFirst).value();
  info.table_pool_pages = layout.tablesEnd.value() - layout.tablesFirst.value();
  info.table_pool_used = layout.tablesUsed.value();
  info.dynamic_base = OC_DYNAMIC_BASE;
  info.dynamic_size = bytesOf(layout.dynamic).value();
  info.clock_page = gpaOf(layout.clockPage).value();
  info.seed = boot.seed;
  info.image_blocks = boot.image.value();
  info.swap_blocks = boot.swap.value();
  copyName(info.program, boot.program);
  info.argument_count = static_cast<std::uint32_t>(std::min<std::size_t>(boot.arguments.size(), OC_MAX_ARGUMENTS));
  for (std::size_t i = 0; i < info.argument_count; ++i) {
    copyName(info.arguments[i].name, boot.arguments[i].name);
    info.arguments[i].value = boot.arguments[i].value;
  }
  writer.put(Gpa(OC_BOOT_INFO_ADDRESS), info);
  return writer.ok();
}

GuestEntry guestEntry(const ElfImage& image, const GuestLayout& layout) {
  return {image.entry, Gpa(OC_BOOT_STACK_TOP), Gpa(OC_BOOT_INFO_ADDRESS), gpaOf(layout.tablesFirst), Gpa(OC_GDT_ADDRESS)};
}

}  // namespace overcommit
