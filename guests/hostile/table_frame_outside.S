/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps a page to a frame far outside memory and reads it. Stopped. */
    .include "hostile.inc"
    begin
    movabs  $BEYOND, %rax
    map_dynamic
    movabs  $DYNAMIC, %rbx
    mov     (%rbx), %rax
    survived
