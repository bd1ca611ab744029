// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/app.h"

int main(int argc, char** argv) { return overcommit::gui::runApp(argc, argv); }
