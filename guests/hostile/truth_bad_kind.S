/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells a truth of an unknown kind. Stopped. */
    .include "hostile.inc"
    begin
    .data
record:
    .long   99, 0
    .quad   1, 2
    .text
    lea     record(%rip), %rdi
    mov     $1, %esi
    mov     $CALL_TRUTH, %eax
    out     %al, $0x10
    jmp     1f
1:  survived
