// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

#include "base/error.h"

namespace overcommit::gui {

// Where things lie that the app needs beside itself: in a build tree, or installed under a prefix.

// The engine: OVERCOMMIT_ENGINE, beside the app, or in PATH. An error says where it was looked for.
Result<QString> enginePath();
// The folder of the shipped scenarios; empty if it is not there.
QString scenarioFolder();
// The folder of the manual's pages; empty if it is not there.
QString docsFolder();
// Where recorded runs are kept; it is made if need be.
Result<QString> runsFolder();

}  // namespace overcommit::gui
