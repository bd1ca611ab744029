/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moving and comparing bytes; the compiler calls these by name, too. */
#ifndef GUEST_BYTES_H
#define GUEST_BYTES_H

#include <stddef.h>
#include <stdint.h>

void* memcpy(void* to, const void* from, size_t bytes);
void* memset(void* to, int value, size_t bytes);
int text_equal(const char* a, const char* b);

/* Writes zero to every word of the page at `page`. */
void clear_page(void* page);

#endif
