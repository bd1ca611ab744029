/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes to address 0. Stopped. */
    .include "hostile.inc"
    begin
    xor     %eax, %eax
    mov     %rax, (%rax)
    survived
