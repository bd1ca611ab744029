/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints bytes that are no text: controls, escapes, broken UTF-8. Tolerated. */
    .include "hostile.inc"
    begin
    .section .rodata
bytes:
    .byte   0, 1, 7, 8, 10, 13, 27, '[', '2', 'J', 127, 128, 192, 255, 254, '"', '\\', 10
    .text
    lea     bytes(%rip), %rdi
    mov     $18, %esi
    mov     $CALL_CONSOLE, %eax
    out     %al, $0x10
    jmp     1f
1:  finish
