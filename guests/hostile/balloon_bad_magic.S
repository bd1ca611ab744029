/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Knocks at the balloon port with a wrong magic number. Stopped, or refused with a status. */
    .include "hostile.inc"
    begin
    balloon 0, 6, 0, 0x12345678
    finish
