/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells that a frame far outside memory is free. Stopped. */
    .include "hostile.inc"
    begin
    .data
record:
    .long   0, 0
    .quad   0xfffffffffff, 0
    .text
    lea     record(%rip), %rdi
    mov     $1, %esi
    mov     $CALL_TRUTH, %eax
    out     %al, $0x10
    jmp     1f
1:  survived
