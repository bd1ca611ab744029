/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An interrupt table outside memory, then a page fault. Stopped. */
    .include "hostile.inc"
    begin
    .data
pointer:
    .word   4095
    .quad   BEYOND
    .text
    lidt    pointer(%rip)
    page_fault
    survived
