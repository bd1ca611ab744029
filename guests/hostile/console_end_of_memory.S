/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints text that begins in memory and ends behind it. Stopped. */
    .include "hostile.inc"
    begin
    lea     -16(%r13), %rdi
    mov     $64, %esi
    mov     $CALL_CONSOLE, %eax
    out     %al, $0x10
    jmp     1f
1:  survived
