// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "machine/access.h"

namespace overcommit {

// Whether the access that raised SIGSEGV was a write, from the third argument of its handler. The one place in machine/ that depends
// on the processor.
Access accessOfFault(const void* signalContext);

}  // namespace overcommit
