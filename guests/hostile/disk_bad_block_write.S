/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes an image block far behind the end of the disk. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_DISK, 1, 0x10000000000000, 0x200000
    survived
