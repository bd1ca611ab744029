// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "gui/theme/palette.h"

namespace overcommit::gui {

// Whether the desktop is light or dark: org.freedesktop.appearance over D-Bus, else what the platform's own palette says. Silent where
// there is neither.
std::optional<Shade> systemShade();

}  // namespace overcommit::gui
