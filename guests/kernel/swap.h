/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's own swap disk: a bitmap of blocks, and moving program pages there and back. */
#ifndef GUEST_SWAP_H
#define GUEST_SWAP_H

#include <stdint.h>

/* `map` has one bit a block and is all zero. */
void swap_begin(uint64_t* map, uint64_t blocks);

int swap_has_room(void);
void swap_out(uint32_t frame); /* a program page; the frame becomes free */
void swap_in(uint64_t gva);    /* a page whose entry says swapped; its block becomes free */
void swap_release(uint64_t block);

#endif
