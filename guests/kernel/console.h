/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console: lines of text to whoever watches the machine. print() knows %s (text), %u (uint64_t, decimal), %x (uint64_t,
 * hexadecimal) and %%. All numbers are passed as uint64_t. The line feed is added; text beyond one console call is cut.
 */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

void print(const char* format, ...);

/* Gives up: the text becomes the reason why this machine stopped. */
void panic(const char* format, ...) __attribute__((noreturn));

#endif
