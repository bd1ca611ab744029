/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads far beyond memory, without an interrupt table. Stopped. */
    .include "hostile.inc"
    begin
    movabs  $BEYOND, %rax
    mov     (%rax), %rax
    survived
