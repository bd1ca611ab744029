/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Powers off before anything else. Not an error. */
    .include "hostile.inc"
    begin
    hlt
