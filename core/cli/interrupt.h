// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace overcommit {

// Makes the first SIGINT or SIGTERM a request, to be asked for between quanta; a second one ends the process as usual.
void catchInterrupts();
bool interrupted();
// A descriptor that becomes readable with the first of them, for who waits for input meanwhile. -1: there is none.
int interruptDescriptor();

}  // namespace overcommit
