/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two doors to the hypervisor. Each is the port instruction followed at once by a jump to the next instruction: an
 * emulator stops exactly at the end of a block, and the jump ends the block there.
 */
    .text

/* uint64_t hypercall(uint64_t first, uint64_t second, uint64_t third, uint64_t call): RDI, RSI and RDX are in place already. */
    .global hypercall
hypercall:
    mov     %rcx, %rax
    out     %al, $0x10
    jmp     1f
1:  ret

/* uint32_t balloon_command(uint32_t command, uint64_t first, uint64_t second, struct balloon_reply* reply) */
    .global balloon_command
balloon_command:
    push    %rbx
    mov     %rcx, %r8               /* reply */
    mov     %edi, %ecx              /* command */
    mov     %rsi, %rbx              /* first argument */
    mov     %rdx, %rsi              /* second argument */
    mov     $0x5670, %edx           /* OC_BALLOON_PORT */
    mov     $0x456c6d6f, %eax       /* OC_BALLOON_MAGIC */
    inl     %dx, %eax
    jmp     1f
1:  mov     %rbx, 0(%r8)            /* reply->result */
    mov     %rcx, 8(%r8)            /* reply->capabilities */
    pop     %rbx
    ret

    .section .note.GNU-stack, "", @progbits
