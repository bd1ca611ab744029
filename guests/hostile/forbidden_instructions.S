/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions that the contract forbids, because their answers depend on the machine. Tolerated: the digest is then the guest's problem. */
    .include "hostile.inc"
    begin
    rdtsc
    xor     %eax, %eax
    cpuid
    finish
