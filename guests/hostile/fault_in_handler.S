/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A page-fault handler that faults itself, again and again, until its stack leaves memory. Stopped. */
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
    lea     handler(%rip), %rax
    lea     table + 14 * 16(%rip), %rbx
    mov     %ax, (%rbx)
    movw    $8, 2(%rbx)
    movw    $0x8e00, 4(%rbx)
    shr     $16, %rax
    mov     %ax, 6(%rbx)
    lidt    pointer(%rip)
handler:
    page_fault
    survived
