/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses an address that is none: general protection without an interrupt table. Stopped. */
    .include "hostile.inc"
    begin
    movabs  $0x8000000000000000, %rax
    mov     (%rax), %rax
    survived
