// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QByteArray>
#include <QMap>
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

// How a person looks at runs.
struct StoredView {
  QByteArray docks;
  Workspace workspace = Workspace::Investigate;
  int zoom = 100;
  Seat seat = Seat::AllKnowing;
  MapOrder order = MapOrder::Auto;
  MapLayer layer = MapLayer::State;
  std::uint64_t speed = 1000;
};

// What the app remembers from one time to the next, so that nothing a person arranged is lost. The view is the last one; each lab has its
// own, too.
struct StoredSession {
  StoredView view;
  QByteArray geometry;
  ThemeChoice theme = ThemeChoice::System;
  bool reduceMotion = false;
  QMap<QString, StoredView> labViews;  // by the lab's name
  QStringList recent;                  // traces, the last one first
  QString lab;                         // folder of the work on a lab that was open; empty: none
  QString trace;                       // that was open; empty: the start page was
  VirtualTime at;
  QVariantList branches;  // BranchList::stored()
};
inline constexpr int kMostRecent = 12;
inline constexpr int kMostLabViews = 64;

// Where settings of this user are kept. What is stored wrongly is as if it was not stored.
StoredSession loadSession();
void saveSession(const StoredSession& session);

}  // namespace overcommit::gui
