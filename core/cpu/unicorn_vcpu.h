// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "base/error.h"
#include "cpu/vcpu.h"
#include "machine/guest_windows.h"

namespace overcommit {

// How this Unicorn treats guest-virtual addresses, found by a probe, not by its version number (see docs/decisions):
// 2.0 walks the guest's tables and then uses virtual = physical; 2.1 translates.
enum class UnicornKind : std::uint8_t { UsesVirtualAddresses, Translates };

struct UnicornInfo {
  std::string version;  // "2.0.1"
  UnicornKind kind = UnicornKind::Translates;
  // Offsets in a saved context, found by comparing contexts around provoked faults: the word that says which exception is in
  // flight (Unicorn never clears it), and that of the #PF error code.
  std::size_t inFlightAt = 0, errorCodeAt = 0;
};

// Probes the installed library once per call with a tiny guest. An error says why this Unicorn cannot be used.
Result<UnicornInfo> probeUnicorn();

// `windows` must outlive the vCPU, and their faults must be served while run() is active. `memory` = size of the VM.
Result<std::unique_ptr<Vcpu>> createUnicornVcpu(const UnicornInfo& unicorn, const GuestWindows& windows, const GuestEntry& entry,
                                                Watchdog watchdog);

}  // namespace overcommit
