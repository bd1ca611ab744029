// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/command_line.h"
#include "cli/exit_code.h"

namespace overcommit {

// What the commands of the table do, each in a file of its own. They print results to standard output and everything else,
// errors included, to standard error.
ExitCode runCommand(const CommandLine& line);
ExitCode serveCommand(const CommandLine& line);
ExitCode topCommand(const CommandLine& line);
ExitCode twinCommand(const CommandLine& line);
ExitCode sweepCommand(const CommandLine& line);
ExitCode gradeCommand(const CommandLine& line);
ExitCode labListCommand(const CommandLine& line);
ExitCode labStartCommand(const CommandLine& line);
ExitCode labCheckCommand(const CommandLine& line);
ExitCode labLintCommand(const CommandLine& line);
ExitCode labExportCommand(const CommandLine& line);
ExitCode labPackageCommand(const CommandLine& line);
ExitCode mapCommand(const CommandLine& line);
ExitCode walkCommand(const CommandLine& line);
ExitCode traceInfoCommand(const CommandLine& line);
ExitCode traceEventsCommand(const CommandLine& line);
ExitCode traceStateCommand(const CommandLine& line);
ExitCode whyCommand(const CommandLine& line);
ExitCode metricsCommand(const CommandLine& line);
ExitCode programsCommand(const CommandLine& line);
ExitCode doctorCommand(const CommandLine& line);
ExitCode helpCommand(const CommandLine& line);

}  // namespace overcommit
