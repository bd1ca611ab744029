/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports results without operations, many times. Tolerated. */
    .include "hostile.inc"
    begin
    mov     $1000, %ebx
1:  hypercall CALL_RESULT, 0xffffffffffffffff
    dec     %ebx
    jnz     1b
    finish
