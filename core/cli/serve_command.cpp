// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/serve_loop.h"

#include <unistd.h>

#include <csignal>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/surroundings.h"

namespace overcommit {

ExitCode serveCommand(const CommandLine& /*line*/) {
  catchInterrupts();
  // A client that is gone is an error of write().
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
  switch (serve({STDIN_FILENO, STDOUT_FILENO, interruptDescriptor(), interrupted}, surroundingsFor)) {
    case ServeEnd::Quit:
    case ServeEnd::InputClosed: return ExitCode::Well;
    case ServeEnd::OutputClosed:
      printError(Error{"the client does not read any more; its run was ended, and its trace is complete"});
      return ExitCode::Usage;
    case ServeEnd::Interrupted: return ExitCode::Interrupted;
  }
  return ExitCode::Well;
}

}  // namespace overcommit
