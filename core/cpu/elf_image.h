// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/ids.h"

namespace overcommit {

// A guest kernel file: a static ELF64 executable for x86-64, little-endian, with its loadable segments at physical addresses
// from OC_IMAGE_LOWEST_ADDRESS up. The file is untrusted: parse() rejects whatever is not exactly that, and says why.
struct ElfSegment {
  Gpa address;                       // p_paddr
  std::span<const std::byte> bytes;  // p_filesz bytes within the file given to parseElf()
  Bytes memory;                      // p_memsz >= p_filesz; the rest is zero
  bool writable = false, executable = false;
};

struct ElfImage {
  Gpa entry;
  Gpa end;                           // first page boundary behind all segments
  std::vector<ElfSegment> segments;  // ascending, not overlapping
};

// `file` must outlive the result. `memory`: size of the VM; nothing may lie outside.
Result<ElfImage> parseElf(std::span<const std::byte> file, Bytes memory);

}  // namespace overcommit
