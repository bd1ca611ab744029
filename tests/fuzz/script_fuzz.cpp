// SPDX-License-Identifier: GPL-2.0-or-later
// Script files: an error has a place, and whatever is accepted stays in the VM's memory and can be played.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "cpu/script.h"

namespace {

using namespace overcommit;

void must(bool holds) {
  if (!holds) std::abort();
}

class Memory final : public GuestAccess {
 public:
  std::byte* resolve(Gfn gfn, Access) override {
    must(gfn.value() < kSize.value());  // an accepted script stays in its memory
    return pages_[gfn.value()].data();
  }
  static constexpr Pages kSize{32};

 private:
  std::array<std::array<std::byte, kPageSize>, kSize.value()> pages_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto script = parseScript(text, "fuzz", Memory::kSize);
  if (!script) {
    invariant(script.error().text.starts_with("fuzz:"), "an error names its line");
    return 0;
  }
  Memory memory;
  const auto vcpu = createScriptVcpu(std::move(*script), memory, Memory::kSize);
  for (int exits = 0; exits < 20; ++exits) {
    const VmExit exit = vcpu->run({50});
    must(exit.kind != VmExit::Kind::Crash && exit.blocks <= 50);  // a script finds what it wrote
    if (exit.kind == VmExit::Kind::Halt) break;
  }
  return 0;
}
