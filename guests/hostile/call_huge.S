/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hypercall number of 64 bits. Stopped. */
    .include "hostile.inc"
    begin
    movabs  $0xfffffffffffffff4, %rax
    out     %al, $0x10
    jmp     1f
1:  survived
