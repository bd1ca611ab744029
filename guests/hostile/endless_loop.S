/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Computes for ever without a hypercall. Stopped by the watchdog. */
    .include "hostile.inc"
    begin
1:  inc     %rax
    jmp     1b
