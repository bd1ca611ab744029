// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "cpu/elf_image.h"
#include "cpu/vcpu.h"
#include "host/run_config.h"
#include "machine/access.h"

namespace overcommit {

// Where everything lies in a guest's physical memory when it is entered (guests/abi/overcommit_abi.h).
struct GuestLayout {
  Pages memory;
  Gpa imageEnd;
  Gfn tablesFirst;  // the page-table pool, [tablesFirst, tablesEnd)
  Gfn tablesEnd;
  Pages tablesUsed;  // by the loader's own tables, at the pool's start
  Gfn clockPage;
  Pages dynamic;  // size of the dynamic area
};

// Guest-virtual space that a VM of this size may map as it likes: four times its memory, so that programs can grow past it.
Pages dynamicPagesFor(Pages memory);

// An error if image, tables and clock page do not fit into the VM.
Result<GuestLayout> layoutGuest(const ElfImage& image, Pages memory);

struct GuestBoot {
  std::string program;
  std::vector<NamedArgument> arguments;
  std::uint64_t seed = 0;
  Pages image, swap;  // blocks of the guest's disks
};

// Writes image, page tables, descriptor table and boot information into guest memory. False if a page could not be had: the VM is
// dead.
bool loadGuest(GuestAccess& memory, const ElfImage& image, const GuestLayout& layout, const GuestBoot& boot);

GuestEntry guestEntry(const ElfImage& image, const GuestLayout& layout);

}  // namespace overcommit
