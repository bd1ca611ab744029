// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <array>
#include <bitset>
#include <cstdint>

#include "trace/event.h"

namespace overcommit::gui {

// From where one looks at the same instant, and so what one can know.
enum class Seat : std::uint8_t { Application, GuestOs, Hypervisor, AllKnowing };
inline constexpr std::array kSeats{Seat::Application, Seat::GuestOs, Seat::Hypervisor, Seat::AllKnowing};

QString nameOf(Seat seat);
// As options of the command line: "application", "guest", "hypervisor", "all".
QString optionOf(Seat seat);
// What this seat can see, and what it cannot: a sentence.
QString knowledgeOf(Seat seat);
// Whether machine memory, gates and swap files are visible from there.
constexpr bool seesMachine(Seat seat) { return seat == Seat::Hypervisor || seat == Seat::AllKnowing; }

// The kinds of events that somebody there notices; none set: all.
std::bitset<kEventKinds> eventsOf(Seat seat);

}  // namespace overcommit::gui
