// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <optional>

#include "gui/session/inquiry.h"
#include "gui/session/seat.h"
#include "gui/session/selection.h"
#include "trace/world.h"

namespace overcommit::gui {

// Everything that the inspector says of a subject, as HTML with links: event:N, frame:N, page:VM:GFN, vm:N.
// `story` may be missing while it is being read.
QString inspectorHtml(const WorldModel& world, const TraceHeader& header, const Subject& subject, Seat seat, const PageStory* story);

// What a link of it means.
struct InspectorLink {
  std::optional<std::uint64_t> event;
  Subject subject;
};
std::optional<InspectorLink> inspectorLink(const QString& link);

// "swap-out, 5.003 s, event 35,846": an event in a line, with a link to it.
QString eventLinkHtml(const Event& event);

}  // namespace overcommit::gui
