/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells more truths at once than a call may carry. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_TRUTH, 0x200000, 0x1000000000000
    survived
