/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls interrupt 0x80 without an interrupt table. Stopped. */
    .include "hostile.inc"
    begin
    int     $0x80
    survived
