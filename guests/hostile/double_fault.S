/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A page fault whose handler cannot be entered: the interrupt table is empty. Stopped. */
    .include "hostile.inc"
    begin
    .bss
    .balign 16
table:
    .skip   4096
    .data
pointer:
    .word   4095
    .quad   table
    .text
    lidt    pointer(%rip)
    page_fault
    survived
