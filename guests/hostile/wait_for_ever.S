/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sleeps longer than time lasts. The run ends as planned, or the guest is stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_WAIT, 0xffffffffffffffff
    hypercall CALL_WAIT, 0xffffffffffffffff
    survived
