/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A batch page outside memory, and batches that are too long. Refused with a status, or stopped. */
    .include "hostile.inc"
    begin
    balloon 0, 6
    balloon 6, 0xfffffffffff, 512
    balloon 6, 0x200, 0xffffffffffffffff
    balloon 7, 0x200, 513
    balloon 8, 0x200, 1
    finish
