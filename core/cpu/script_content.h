// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ids.h"
#include "cpu/script.h"

namespace overcommit {

// What a script writes into a page: a pure function of its arguments, so that a page can be checked without remembering its bytes.
//   Zero     zeros
//   Same     incompressible bytes that depend on `value` alone: equal in all pages and VMs
//   Random   incompressible bytes, other ones in every page, VM and for every value
//   Text     words separated by blanks, likewise; compresses to less than half
//   Code     like x86 machine code: frequent opcodes, small immediates; likewise; compresses to about half
struct ScriptContent {
  ScriptStep::Content kind = ScriptStep::Content::Zero;
  std::uint64_t value = 0;
  friend bool operator==(const ScriptContent&, const ScriptContent&) = default;
};
void fillPage(std::span<std::byte, kPageSize> page, ScriptContent content, Gfn gfn, std::uint64_t seed);

}  // namespace overcommit
