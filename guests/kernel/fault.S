/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exception entries. Every one leaves the same picture on the stack, which fault.h declares as struct fault_frame:
 *
 *     ss, rsp, rflags, cs, rip      pushed by the processor
 *     error code                    pushed by the processor for some vectors, by us (0) for the others
 *     vector                        pushed by us
 *     rax … r15                     pushed by us; the frame begins at the lowest
 */
    .text

    .macro entry_without_code vector
exception_\vector:
    push    $0
    push    $\vector
    jmp     exception_common
    .endm

    .macro entry_with_code vector
exception_\vector:
    push    $\vector
    jmp     exception_common
    .endm

    entry_without_code 0            /* divide error */
    entry_without_code 3            /* breakpoint */
    entry_without_code 4            /* overflow */
    entry_without_code 5            /* bound range */
    entry_without_code 6            /* invalid opcode */
    entry_without_code 7            /* no floating point here */
    entry_with_code    8            /* double fault */
    entry_with_code    10           /* invalid task state */
    entry_with_code    11           /* segment not present */
    entry_with_code    12           /* stack fault */
    entry_with_code    13           /* general protection */
    entry_with_code    14           /* page fault */
    entry_without_code 16           /* floating point */
    entry_with_code    17           /* alignment */

exception_common:
    push    %rax
    push    %rbx
    push    %rcx
    push    %rdx
    push    %rsi
    push    %rdi
    push    %rbp
    push    %r8
    push    %r9
    push    %r10
    push    %r11
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    mov     %rsp, %rdi
    cld
    call    handle_exception
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %r11
    pop     %r10
    pop     %r9
    pop     %r8
    pop     %rbp
    pop     %rdi
    pop     %rsi
    pop     %rdx
    pop     %rcx
    pop     %rbx
    pop     %rax
    add     $16, %rsp               /* vector and error code */
    iretq

    .section .rodata
    .balign 8
    .global exception_entries
exception_entries:                  /* by vector; 0 = none */
    .quad   exception_0, 0, 0, exception_3, exception_4, exception_5, exception_6, exception_7
    .quad   exception_8, 0, exception_10, exception_11, exception_12, exception_13, exception_14, 0
    .quad   exception_16, exception_17

    .section .note.GNU-stack, "", @progbits
