/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A page fault whose handler lies outside memory. Stopped. */
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
    lea     table + 14 * 16(%rip), %rbx
    movl    $0x00080000, (%rbx)
    movl    $0x40008e00, 4(%rbx)
    movl    $0x7f, 8(%rbx)
    lidt    pointer(%rip)
    page_fault
    survived
