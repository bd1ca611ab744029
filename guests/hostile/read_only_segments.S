/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes its own code and read-only data: there is no protection inside this machine. Tolerated. */
    .include "hostile.inc"
    begin
    .section .rodata
constant:
    .quad   1
    .text
    movq    $2, constant(%rip)
    movb    $0x90, 1f(%rip)
1:  nop
    finish
