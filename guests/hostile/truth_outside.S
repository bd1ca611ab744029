/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells truths that lie outside memory. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_TRUTH, BEYOND, 16
    survived
