/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims to speak another version of the ABI. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_READY, 99, 0x3000
    survived
