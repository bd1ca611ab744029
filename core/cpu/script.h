// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cpu/vcpu.h"
#include "machine/access.h"

namespace overcommit {

// One step of a script: what a VM without a CPU does. The text format is documented in docs/reference/script.md.
struct ScriptStep {
  enum class Kind : std::uint8_t {
    Read,       // touch `count` pages from gfn on, check what they hold if this script wrote them
    Write,      // fill them with bytes of class `content` and value `value`
    Work,       // the VM's clock advances by `time`
    Wait,       // the VM sleeps for `time`
    Operation,  // `count` operations completed, which took `time` of work
    Loop,       // go back to the start of the script (the only jump)
    Halt,       // power off
  };
  enum class Content : std::uint8_t { Zero, Same, Random, Text, Code };  // Same: equal bytes in every VM for equal values
  Kind kind = Kind::Halt;
  Gfn gfn;
  std::uint64_t count = 1;
  std::uint64_t value = 0;
  Content content = Content::Random;
  VirtualTime time;
};

// Where a script's steps come from: a file or a generator.
class ScriptSource {
 public:
  virtual ~ScriptSource() = default;
  virtual std::optional<ScriptStep> next() = 0;  // nothing: the end, as Halt
};

// Errors carry line and column. `memory`: every page named must lie in it.
Result<std::unique_ptr<ScriptSource>> parseScript(std::string_view text, std::string_view fileName, Pages memory);

// Generators by name ("sequential", "uniform", "zipf", "phases", …), with named arguments and defaults; see scriptGenerators().
struct ScriptArgument {
  std::string_view name;
  std::string_view unit;  // "bytes", "time", "count", "permille"
  std::uint64_t fallback;
  std::string_view meaning;
};
struct ScriptGeneratorInfo {
  std::string_view name;
  std::string_view meaning;
  std::vector<ScriptArgument> arguments;
};
std::vector<ScriptGeneratorInfo> scriptGenerators();
struct NamedValue {
  std::string name;
  std::uint64_t value;
};
Result<std::unique_ptr<ScriptSource>> makeScriptGenerator(std::string_view name, const std::vector<NamedValue>& arguments, Pages memory,
                                                          std::uint64_t seed);

// A vCPU that plays a script. Operations, work, waits and the end come back as the same hypercall exits that a guest kernel
// makes. A page that does not hold what this script wrote is a Crash exit: the script checks its data as guests do.
// A step counts as one block of the budget, a page read or written as one each.
// `contentSeed`: makes what this VM writes differ from what other VMs write, except for content Same (and Zero).
std::unique_ptr<Vcpu> createScriptVcpu(std::unique_ptr<ScriptSource> source, GuestAccess& memory, Pages size,
                                       std::uint64_t contentSeed = 0);

}  // namespace overcommit
