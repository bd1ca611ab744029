/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs off the end of memory. Stopped. */
    .include "hostile.inc"
    begin
    movb    $0x90, -1(%r13)
    lea     -1(%r13), %rax
    jmp     *%rax
