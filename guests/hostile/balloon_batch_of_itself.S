/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A batch that locks its own batch page. Refused with a status in the entry. */
    .include "hostile.inc"
    begin
    balloon 0, 6
    movq    $0x201000, 0x201000
    balloon 6, 0x201, 1
    mov     0x201000, %rax
    finish
