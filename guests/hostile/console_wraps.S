/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints text whose end wraps round the address space. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_CONSOLE, 0xffffffffffffff00, 0x200
    survived
