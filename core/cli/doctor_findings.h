// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "machine/kernel_calls.h"

namespace overcommit {

enum class Health {
  Good,
  Lacking,   // something works less well, or not at all, that most runs do not need
  Unusable,  // scenarios with guests cannot run
};

// One line of `overcommit doctor`.
struct Finding {
  std::string_view subject;
  Health health = Health::Good;
  std::string what;
  std::string fix;  // "" if there is nothing to mend
};

// What an error of the engine comes to: what is wrong and, behind its first semicolon, what to do.
Finding lacking(std::string_view subject, Health health, const Error& error);

// What the KVM backend needs. Without it, `missing` is what is said of the machine.
Finding kvmFinding(KernelCalls& kernel, Health missing);
Finding userfaultFinding(KernelCalls& kernel, Health missing);

}  // namespace overcommit
