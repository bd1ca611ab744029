// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/command_line.h"
#include "grade/grader.h"
#include "grade/lab.h"

namespace overcommit {

// All labs that are there, by number. They are in $OVERCOMMIT_LABS, else in share/overcommit/teacher/labs or, without what is for teachers
// only, share/overcommit/labs beside the executable's bin, else in the source tree that the executable was built from.
Result<std::vector<std::filesystem::path>> findLabs();

// The lab that is meant: by its number, its name, the beginning of its name, or its folder.
Result<Lab> labNamed(const std::string& name);

// Tells a teacher on standard error, if this is a copy for students, what it lacks and where that is.
void warnOfWithheld(const Lab& lab);

// The executable that runs, for runs in processes of their own.
Result<std::filesystem::path> ownExecutable();

// What the environment gives to the grader: the teacher's secret, the executable, an interrupt.
Result<GraderConfig> graderConfig();

}  // namespace overcommit
