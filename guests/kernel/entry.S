/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the machine starts: RDI = boot information. Takes a stack of the kernel's own and goes to C, which does not return. */
    .section .text.entry, "ax"
    .global _start
_start:
    lea     kernel_stack_top(%rip), %rsp
    xor     %ebp, %ebp
    cld
    call    kernel_main
    hlt                             /* power off */

    .bss
    .balign 4096
    .global kernel_stack_guard
kernel_stack_guard:                 /* boot.c makes this page not present: an overflow must not reach other data */
    .skip   4096
kernel_stack:
    .skip   16384
kernel_stack_top:

    .section .note.GNU-stack, "", @progbits
