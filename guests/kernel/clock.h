/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page replacement, the CLOCK algorithm (Corbató 1968): a hand goes round all frames. A page used since the hand last came by
 * loses its accessed bit and gets a second chance; one that was not used goes: program pages to the swap disk, cache pages
 * back to the image disk if they were written.
 */
#ifndef GUEST_CLOCK_H
#define GUEST_CLOCK_H

#include <stdint.h>

/* Frees up to `wanted` frames and answers how many it freed; 0 = nothing can be replaced. */
uint64_t clock_replace(uint64_t wanted);

#endif
