/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaving a program from the middle of a page fault: context_save() remembers where it was called from and answers 0;
 * context_resume() makes it return a second time, with 1. struct context: rbx, rbp, r12, r13, r14, r15, rsp, rip.
 */
    .text
    .global context_save
context_save:
    mov     %rbx, 0(%rdi)
    mov     %rbp, 8(%rdi)
    mov     %r12, 16(%rdi)
    mov     %r13, 24(%rdi)
    mov     %r14, 32(%rdi)
    mov     %r15, 40(%rdi)
    lea     8(%rsp), %rax           /* the stack after our return */
    mov     %rax, 48(%rdi)
    mov     (%rsp), %rax            /* where we return to */
    mov     %rax, 56(%rdi)
    xor     %eax, %eax
    ret

    .global context_resume
context_resume:
    mov     0(%rdi), %rbx
    mov     8(%rdi), %rbp
    mov     16(%rdi), %r12
    mov     24(%rdi), %r13
    mov     32(%rdi), %r14
    mov     40(%rdi), %r15
    mov     48(%rdi), %rsp
    mov     $1, %eax
    jmp     *56(%rdi)

    .section .note.GNU-stack, "", @progbits
