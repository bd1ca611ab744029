/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads eight bytes of which four lie behind the end of memory. Stopped. */
    .include "hostile.inc"
    begin
    mov     -4(%r13), %rax
    survived
