// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QStringList>
#include <bitset>
#include <vector>

#include "gui/session/history.h"
#include "gui/session/seat.h"

namespace overcommit::gui {

// A row a VM with what a seat can know of it: the application its own memory and how long its operations take, the guest OS what it uses
// its frames for, the others where its memory is.
QStringList vmColumns(Seat seat);
// Of each column: what it is called among the metrics of a VM, and the events that made it.
struct VmFigure {
  QString metric;
  std::bitset<kEventKinds> kinds;
};
std::vector<VmFigure> vmFigures(Seat seat);
std::vector<QStringList> vmRows(const WorldModel& world, const History& history, VirtualTime now, Seat seat);

}  // namespace overcommit::gui
