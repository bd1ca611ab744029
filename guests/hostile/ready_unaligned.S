/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts its statistics page at an odd address. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_READY, 1, 0x3123
    survived
