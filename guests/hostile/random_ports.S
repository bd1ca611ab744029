/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes to every port but the two that exist. Stopped at the first. */
    .include "hostile.inc"
    begin
    xor     %edx, %edx
1:  cmp     $0x10, %dx
    je      2f
    cmp     $0x5670, %dx
    je      2f
    mov     %edx, %eax
    out     %al, %dx
    out     %ax, %dx
    out     %eax, %dx
2:  inc     %dx
    jnz     1b
    survived
