/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes memory for ever without a hypercall. Stopped by the watchdog. */
    .include "hostile.inc"
    begin
    lea     stats(%rip), %rbx
1:  inc     %rax
    mov     %rax, 8(%rbx)
    jmp     1b
