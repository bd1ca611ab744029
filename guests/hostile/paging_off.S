/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Switches paging off in 64-bit mode. Stopped by a processor; an emulator may go on with what it has. */
    .include "hostile.inc"
    begin
    mov     %cr0, %rax
    btr     $31, %rax
    mov     %rax, %cr0
    survived
