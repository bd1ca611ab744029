// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "scenario/scenario_file.h"
#include "serve/request.h"

namespace overcommit {

// A change as `set` takes it, with the keys and values of a scenario's [[at]], read as that is: an action for each VM and setting that it
// names. `now`: its time if it has none; nothing: it must have one.
Answer<std::vector<TimedAction>> readChange(const ReceivedJson& change, const Scenario& scenario, std::optional<VirtualTime> now);

}  // namespace overcommit
