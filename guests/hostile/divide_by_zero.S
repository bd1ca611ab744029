/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Divides by zero without an interrupt table. Stopped. */
    .include "hostile.inc"
    begin
    xor     %ecx, %ecx
    xor     %edx, %edx
    mov     $1, %eax
    div     %ecx
    survived
