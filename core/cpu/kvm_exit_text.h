// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/kvm.h>

#include <string>

namespace overcommit {

// Why KVM cannot go on with a guest, in words: for exits other than port accesses and HLT.
std::string describeKvmExit(const kvm_run& run);

}  // namespace overcommit
