/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes hypercalls for ever that take no time. Stopped by the watchdog. */
    .include "hostile.inc"
    begin
1:  hypercall CALL_WORK, 0
    jmp     1b
