// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <array>
#include <bitset>
#include <cstdint>

#include "trace/event.h"

namespace overcommit::gui {

// How far a step goes.
enum class StepKind : std::uint8_t { Event, NestedFault, Scan, StateChange, Millisecond, Mark };
inline constexpr std::array kStepKinds{StepKind::Event,       StepKind::NestedFault, StepKind::Scan,
                                       StepKind::StateChange, StepKind::Millisecond, StepKind::Mark};

// The kinds of events that such a step stops at; none: every one, or it goes by time.
std::bitset<kEventKinds> eventsOf(StepKind step);
QString nameOf(StepKind step);

}  // namespace overcommit::gui
