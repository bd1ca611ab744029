/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a swap block from an address that is no page. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_DISK, 3, 0, 0x200123
    survived
