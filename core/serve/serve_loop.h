// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include "serve/session.h"

namespace overcommit {

// Why serving ended.
enum class ServeEnd : std::uint8_t { Quit, InputClosed, OutputClosed, Interrupted };

struct ServeStreams {
  int input = 0;
  int output = 1;
  int wake = -1;  // becomes readable when `interrupted` may have become true; -1: there is none
  std::function<bool()> interrupted;
};

// Serves one client: reads requests from `input`, a line each, and writes answers to `output`, until the client quits or is gone or
// somebody interrupts. A run that is open then is ended as by `quit`. Needs SIGPIPE to be ignored.
//
// One thread does everything: it looks for input between quanta, at most half a millisecond after it came or when the quantum is over, and
// sleeps while nothing runs. A client that does not read what it is sent makes the engine wait.
//
// While it serves, a broken invariant of the engine does not end the process at once: the client is told, and may look until it quits.
ServeEnd serve(const ServeStreams& streams, SurroundingsFor surroundings);

}  // namespace overcommit
