// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>
#include <optional>
#include <variant>

#include "base/error.h"
#include "base/ids.h"
#include "gui/map/map_layer.h"
#include "gui/session/seat.h"
#include "gui/theme/theme.h"

namespace overcommit::gui {

// What the command line asks for.
struct AppOptions {
  QString file;                   // a trace or a scenario; empty: none
  QString screenshot;             // a PNG to write instead of opening a window; empty: a window
  std::optional<VirtualTime> at;  // nothing: the end for a picture, the beginning for a window
  QString panel;
  std::optional<Seat> seat;
  std::optional<MapLayer> layer;
  std::optional<ThemeChoice> theme;
  std::optional<QSize> size;
  std::optional<int> zoom;  // percent
  bool projector = false;
};
struct AppTextWanted {
  QString text;  // of --help or --version
};

// The program's own name is the first argument. An error names the option and what it takes.
Result<std::variant<AppOptions, AppTextWanted>> parseOptions(const QStringList& arguments);

}  // namespace overcommit::gui
