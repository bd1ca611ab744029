// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

#include "gui/session/seat.h"
#include "trace/world.h"

namespace overcommit::gui {

// Names of places and uses, to be translated.
QString nameOfPlace(PagePlace place);
QString nameOfUse(FrameUse use);
QString nameOfGuestUse(GuestUse use);
QString nameOfState(FreeState state);

// A page, a row of pages, a VM, a frame, a swap slot, as a tool tip tells it: first line what, then what is known from that seat.
QString pageText(const WorldModel& world, VmId vm, Gfn gfn, Seat seat);
QString rowText(const WorldModel& world, VmId vm, std::uint64_t first, std::uint64_t pages, Seat seat);
QString vmText(const WorldModel& world, VmId vm, Seat seat);
QString frameText(const WorldModel& world, Mfn mfn);
QString frameRowText(const WorldModel& world, std::uint64_t first, std::uint64_t frames);

// Where a page is, in words: "in frame 0x3f, private", "in slot 17 of the swap file".
QString whereIs(const WorldModel& world, const WorldPage& page);
QString hexText(std::uint64_t number);

}  // namespace overcommit::gui
