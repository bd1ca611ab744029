// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

#include "gui/session/gate.h"
#include "gui/session/history.h"
#include "trace/trace_header.h"

namespace overcommit::gui {

// The option of the host that locks a gate shut, "GateSwap"; empty: the gate has none.
QString lockOptionOf(Gate gate);

// Whether a gate was locked after event `sequence`: by the scenario, or by a change since.
enum class GateLock : std::uint8_t { Unlocked, Locked };
GateLock lockOf(Gate gate, const TraceHeader& header, const History& history, std::uint64_t sequence);

}  // namespace overcommit::gui
