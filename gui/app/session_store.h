// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QByteArray>
#include <QStringList>
#include <QVariant>
#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "gui/app/workspace.h"
#include "gui/map/map_geometry.h"
#include "gui/map/map_layer.h"
#include "gui/session/seat.h"
#include "gui/theme/theme.h"

namespace overcommit::gui {

// What the app remembers from one time to the next, so that nothing a person arranged is lost.
struct StoredSession {
  QByteArray geometry;
  QByteArray docks;
  Workspace workspace = Workspace::Investigate;
  ThemeChoice theme = ThemeChoice::System;
  int zoom = 100;
  bool reduceMotion = false;
  Seat seat = Seat::AllKnowing;
  MapOrder order = MapOrder::Auto;
  MapLayer layer = MapLayer::State;
  std::uint64_t speed = 1000;
  QStringList recent;  // traces, the last one first
  QString lab;         // folder of the work on a lab that was open; empty: none
  QString trace;       // that was open; empty: the start page was
  VirtualTime at;
  QVariantList branches;  // BranchList::stored()
};
inline constexpr int kMostRecent = 12;

// Where settings of this user are kept. What is stored wrongly is as if it was not stored.
StoredSession loadSession();
void saveSession(const StoredSession& session);

}  // namespace overcommit::gui
