// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace overcommit {

// Calls body(argument), which runs the emulator. If the emulator fails in there (it calls abort() on guest code that it cannot
// translate, or touches memory that is not there), the call is left at once and the signal's number returned; 0: all is well.
//
// What was running is cut off in the middle: its emulator must never be used again, not even to be closed. Anything else in the
// process is untouched. C++ objects that the cut-off calls held are lost, so nothing on the way may own more than memory.
int runGuarded(void (*body)(void* argument), void* argument);

}  // namespace overcommit
