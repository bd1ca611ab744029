/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints more than a console call may carry. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_CONSOLE, 0x100000, 0x10000000000
    survived
