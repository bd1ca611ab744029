// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <vector>

namespace overcommit::gui {

// The folder of the labs; empty if it is not there.
QString labsFolder();

struct Handout {
  QString title;  // its first heading, or the lab's folder
  QString path;
};
// Of every lab of a folder that has one (lab-…/handout.md), in the order of their names.
std::vector<Handout> handoutsIn(const QString& folder);
// The handout of the lab that a scenario's file is part of; empty if there is none.
QString handoutOf(const QString& scenario, const QString& folder);

}  // namespace overcommit::gui
