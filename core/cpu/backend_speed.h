// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "cpu/cpu_backend.h"

namespace overcommit {

// How fast a backend is on this machine, measured with guests of a few instructions for about a third of a second of wall time. For
// people, never for decisions.
struct BackendSpeed {
  double instructionsPerSecond = 0;
  double exitNanoseconds = 0;         // a hypercall and back
  double nestedFaultNanoseconds = 0;  // the first touch of a page: missed, served, done again
};
Result<BackendSpeed> measureSpeed(CpuBackend& backend);

}  // namespace overcommit
