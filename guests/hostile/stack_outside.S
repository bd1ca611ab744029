/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pushes with a stack pointer outside memory. Stopped. */
    .include "hostile.inc"
    begin
    movabs  $BEYOND, %rsp
    push    %rax
    survived
