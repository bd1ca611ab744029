// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <array>
#include <optional>

#include "gui/session/history.h"
#include "gui/theme/palette.h"

namespace overcommit::gui {

// The order in which time is stacked: work, then what memory cost, then waiting.
inline constexpr std::array<TimeUse, kTimeUses> kStackedTime{TimeUse::Run,       TimeUse::FirstTouch,  TimeUse::Break,   TimeUse::Unzip,
                                                             TimeUse::SwapIn,    TimeUse::DiskQueue,   TimeUse::Reclaim, TimeUse::Blocked,
                                                             TimeUse::GuestDisk, TimeUse::GuestPaging, TimeUse::Idle};
QString nameOfTime(TimeUse use);
// The events that record it, and the metric of a VM that is the same figure.
EventKind kindOfTime(TimeUse use);
QString metricOfTime(const QString& vm, TimeUse use);
// Its colour: of the memory state that costs this time, or of none. Where two uses share a colour the second is hatched.
struct TimePaint {
  QRgb colour;
  bool hatched;
};
TimePaint paintOfTime(TimeUse use, const Palette& palette);

// What a VM's time went into up to `time`, as far as the trace records it; nothing if it does not.
std::optional<std::array<VirtualTime, kTimeUses>> accountAt(const History& history, VmId vm, VirtualTime time);
// "12.3 ms", "1.203 s".
QString durationText(VirtualTime time);

}  // namespace overcommit::gui
