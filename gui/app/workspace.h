// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <array>
#include <cstdint>

namespace overcommit::gui {

// An arrangement of docks for what one is about to do.
enum class Workspace : std::uint8_t { Lecture, Lab, Investigate, Engineer };
inline constexpr std::array kWorkspaces{Workspace::Lecture, Workspace::Lab, Workspace::Investigate, Workspace::Engineer};
QString nameOf(Workspace workspace);
// The panels that are shown, those last that stand in front of others in their place.
QStringList panelsOf(Workspace workspace);

}  // namespace overcommit::gui
