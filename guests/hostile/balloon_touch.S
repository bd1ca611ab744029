/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes to a page that it gave to the balloon: the balloon pops. Tolerated. */
    .include "hostile.inc"
    begin
    balloon 0, 6
    movq    $1, 0x300000
    balloon 2, 0x300
    movq    $2, 0x300000
    mov     0x300000, %rax
    balloon 1, 0
    finish
