/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts its statistics page outside memory. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_READY, 1, BEYOND
    survived
