// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace overcommit::gui {

// The whole program. Exit code: 0 well, 2 the command line, a file or the surroundings are wrong; the reason is on standard error.
int runApp(int argc, char** argv);

}  // namespace overcommit::gui
