/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints for ever, which takes no time either. Stopped by the watchdog or the end of the run. */
    .include "hostile.inc"
    begin
1:  say     "more"
    jmp     1b
