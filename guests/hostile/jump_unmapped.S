/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jumps to an address where nothing is mapped. Stopped. */
    .include "hostile.inc"
    begin
    movabs  $BEYOND, %rax
    jmp     *%rax
