// SPDX-License-Identifier: GPL-2.0-or-later
// Guest kernel files: whatever is accepted lies within the file and within the VM's memory.
#include <cstdint>
#include <cstdlib>

#include "cpu/elf_image.h"

namespace {
void must(bool holds) {
  if (!holds) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace overcommit;
  constexpr Bytes kMemory{64u << 20};
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  const auto image = parseElf(file, kMemory);
  if (!image) return 0;
  must(!image->segments.empty() && image->end.value() <= kMemory.value());  // an accepted image fits its VM
  std::uint64_t end = 0;
  bool entryIsCode = false;
  for (const ElfSegment& segment : image->segments) {
    const std::uint64_t start = segment.address.value();
    must(start >= end && segment.memory.value() <= kMemory.value() - start);  // segments are ordered and lie in memory
    // A segment's bytes lie in the file.
    must(segment.bytes.data() >= file.data() && segment.bytes.data() + segment.bytes.size() <= file.data() + file.size());
    must(segment.bytes.size() <= segment.memory.value());  // a segment's bytes fit its memory
    end = start + segment.memory.value();
    entryIsCode = entryIsCode || (segment.executable && image->entry.value() >= start && image->entry.value() < end);
  }
  must(entryIsCode && image->end.value() >= end);  // the entry is code and the image ends behind its segments
  return 0;
}
