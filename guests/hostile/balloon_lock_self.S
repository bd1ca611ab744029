/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives the page that holds its own code and page tables to the balloon and goes on. Refused, or stopped. */
    .include "hostile.inc"
    begin
    balloon 0, 6
    balloon 2, 0x100                /* this code */
    mov     %r14, %rbx
    shr     $12, %rbx
    mov     $2, %ecx
    mov     $0x456c6d6f, %eax
    mov     $0x5670, %edx
    inl     %dx, %eax
    jmp     1f
1:  finish
