// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace overcommit {

// May a VM be powered on? Its reservation and its overhead must fit machine memory beside those of the VMs that are on, and what it
// may have beyond its reservation must fit the swap space, so that reclaiming can never fail for want of it (W02 section 6.2, A25 p405).
struct AdmissionRequest {
  Pages configured;
  Pages reservation;
  Pages overhead;
};

struct AdmissionHost {
  Pages machine;    // all frames
  Pages promised;   // reservations and overhead of the VMs that are on, and the host's own overhead
  Pages swapSpace;  // free
};

enum class Admission : std::uint8_t { Granted, NotEnoughMemory, NotEnoughSwapSpace };

// The answer with both sides of the comparison that decided; of two that fail, memory.
struct AdmissionResult {
  Admission admission;
  Pages needed;
  Pages available;
};

AdmissionResult admit(const AdmissionRequest& vm, const AdmissionHost& host);

}  // namespace overcommit
