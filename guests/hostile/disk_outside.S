/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a swap block to a page outside memory. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_DISK, 3, 0, BEYOND
    survived
