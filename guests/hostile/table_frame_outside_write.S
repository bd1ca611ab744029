/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps a page to the frame behind the end of memory and writes it. Stopped. */
    .include "hostile.inc"
    begin
    mov     %r13, %rax
    map_dynamic
    movabs  $DYNAMIC, %rbx
    mov     %rax, (%rbx)
    survived
