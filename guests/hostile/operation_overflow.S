/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims to have done more operations, in more time, than a number can hold. Stopped. */
    .include "hostile.inc"
    begin
    hypercall CALL_OPERATION, 0xffffffffffffffff, 0xffffffffffffffff
    hypercall CALL_OPERATION, 0xffffffffffffffff, 0xffffffffffffffff
    survived
