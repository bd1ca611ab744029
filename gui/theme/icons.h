// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QIcon>

#include "gui/theme/theme.h"

namespace overcommit::gui {

// The app's own icons, drawn in the theme's colours: there are no image files to be missing.
enum class Glyph : std::uint8_t { First, PlayBack, Play, Pause, StepBack, StepOn, Last, Open, Search };
QIcon iconOf(Glyph glyph, const Theme& theme);
// The program's icon: the three floors.
QIcon programIcon();

}  // namespace overcommit::gui
