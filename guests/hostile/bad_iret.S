/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Returns from an interrupt to selectors that do not exist. Stopped. */
    .include "hostile.inc"
    begin
    push    $0xfff0
    push    %rsp
    pushf
    push    $0xffe8
    lea     1f(%rip), %rax
    push    %rax
    iretq
1:  survived
