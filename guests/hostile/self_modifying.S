/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes its own next instruction a thousand times and checks what it did. Tolerated, and must come out right. */
    .include "hostile.inc"
    begin
    mov     $1000, %ecx
    xor     %ebx, %ebx              /* sum of the immediates that were executed */
    xor     %edx, %edx              /* what it should be */
1:  mov     %ecx, patch + 1(%rip)
    jmp     patch
patch:
    mov     $0, %eax                /* the immediate changes every time */
    add     %rax, %rbx
    mov     %ecx, %esi
    add     %rsi, %rdx
    dec     %ecx
    jnz     1b
    cmp     %rdx, %rbx
    jne     2f
    finish
2:  say     "executed old code"
    ud2
