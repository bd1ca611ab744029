/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traps without an interrupt table. Stopped. */
    .include "hostile.inc"
    begin
    int3
    survived
