/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Executes an instruction that is none, without an interrupt table. Stopped. */
    .include "hostile.inc"
    begin
    ud2
    survived
