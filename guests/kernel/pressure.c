/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pressure.h"

#include "clock.h"
#include "oom.h"
#include "stats.h"

#define BATCH 16 /* pages replaced at once, so that not every fault has to search */

uint64_t frame_reserve(void) {
  const uint64_t reserve = frame_count / 64;
  return reserve < 16 ? 16 : reserve;
}

uint32_t frame_obtain(enum frame_use use, uint64_t owner, enum effort effort) {
  const uint64_t untouchable = effort == EFFORT_KILL ? 0 : frame_reserve();
  while (stats.frames_free <= untouchable) {
    if (effort == EFFORT_FREE_ONLY) return NO_FRAME;
    if (clock_replace(BATCH) != 0) continue;
    if (effort == EFFORT_RECLAIM) return NO_FRAME;
    oom_kill();
  }
  return frame_take(use, owner);
}
