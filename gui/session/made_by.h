// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <bitset>
#include <initializer_list>

#include "trace/counters.h"
#include "trace/event.h"
#include "trace/place.h"

namespace overcommit::gui {

std::bitset<kEventKinds> kindsOf(std::initializer_list<EventKind> wanted);

// The events that make a figure what it is: those that lead where a click on it leads to.
std::bitset<kEventKinds> eventsOf(PagePlace place);  // how many pages of a VM are there
std::bitset<kEventKinds> eventsOf(FrameUse use);     // how many frames are used so
// A group of esxtop's fields.
std::bitset<kEventKinds> eventsOf(CounterGroup group);

}  // namespace overcommit::gui
