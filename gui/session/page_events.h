// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gui/session/selection.h"
#include "trace/event.h"

namespace overcommit::gui {

// Whether an event is part of the life of a page, a frame or a VM: for a page also what happens to the large page that it is in. What only
// describes a page (its content) or names it in passing (the touch that began a reclaim) is not.
bool happensTo(const Event& event, const Subject& subject);

}  // namespace overcommit::gui
