/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hypercall that does not exist. Stopped. */
    .include "hostile.inc"
    begin
    hypercall 4711
    survived
