// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "host/host.h"
#include "serve/params.h"

namespace overcommit {

// What `vms` and `metrics` answer. Sizes of VMs are in pages, metrics in their own units.
Json vmsJson(const Host& host);
Answer<Json> metricsJson(Params& params, const Host& host);

}  // namespace overcommit
