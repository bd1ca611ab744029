// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/page_events.h"

#include "trace/event_filter.h"

namespace overcommit::gui {

bool happensTo(const Event& event, const Subject& subject) {
  if (subject.gfn) {
    if (event.vm != subject.vm || !infoOf(event.kind).hasGfn) return false;
    if (event.kind == EventKind::LargeMap || event.kind == EventKind::LargeBreak) return event.gfn == largePageOf(*subject.gfn);
    return event.gfn == *subject.gfn && event.kind != EventKind::Content && event.kind != EventKind::ReclaimStart;
  }
  EventFilter filter;
  filter.vm = subject.vm;
  filter.mfn = subject.mfn;
  return filter.matches(event);
}

}  // namespace overcommit::gui
