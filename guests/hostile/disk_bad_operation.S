/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk operation that does not exist. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_DISK, 77, 0, 0x200000
    survived
