/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Panics with a text outside memory. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_PANIC, BEYOND, 0xffffffffffffffff
    survived
