// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>

#include "trace/event.h"

namespace overcommit {

// Whether an event may be without a cause: the guest itself, a timer, the scenario or a person led to it.
enum class Beginning : std::uint8_t { Never, Possible };

// What may lead to events of a kind. Following causes ends, since each comes before its effect, and it ends at a kind that can be a
// beginning.
struct CausesOfKind {
  EventKind kind;
  Beginning beginning;
  std::string_view begunBy;           // what leads to it then; "" = never without a cause
  std::span<const EventKind> causes;  // kinds of events that lead to it
};

// One entry for every kind, in the order of EventKind.
std::span<const CausesOfKind, kEventKinds> causesTable();
const CausesOfKind& causesOf(EventKind kind);

}  // namespace overcommit
