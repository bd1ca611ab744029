/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a string to the hypercall port. Stopped. */
    .include "hostile.inc"
    begin
    lea     stats(%rip), %rsi
    mov     $0x10, %edx
    mov     $1000, %ecx
    rep outsb
    survived
