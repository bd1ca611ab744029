/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a swap block far behind the end of the disk. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_DISK, 2, 0xfffffffffffff, 0x200000
    survived
