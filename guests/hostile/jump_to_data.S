/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jumps into memory that holds no code: zeros, which write through a null pointer. Stopped. */
    .include "hostile.inc"
    begin
    xor     %eax, %eax
    mov     $0x200000, %ecx
    jmp     *%rcx
