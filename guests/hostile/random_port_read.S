/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads ports that do not exist. Stopped at the first. */
    .include "hostile.inc"
    begin
    mov     $0x60, %edx
    in      %dx, %al
    in      %dx, %eax
    survived
