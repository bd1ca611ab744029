/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "oom.h"

#include "console.h"
#include "memory.h"
#include "process.h"
#include "stats.h"

void oom_kill(void) {
  if (!process_running()) panic("out of memory, and no program to kill");
  ++stats.oom_kills;
  print("out of memory: killing %s, biggest area %u pages; free %u, cache %u, balloon %u", process_name(), area_biggest(),
        stats.frames_free, stats.frames_cache, stats.frames_balloon);
  process_kill();
}
