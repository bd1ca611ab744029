/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The balloon driver: the guest's half of VMware's vmmemctl protocol. Once a second it asks the host for a target and moves
 * towards it. Inflating allocates pages, which makes the guest choose what it can best do without, and locks them with the
 * host, which takes the frames. Deflating unlocks pages and frees them.
 *
 *      poll ──> reset needed? ──> START, GUEST_ID
 *        └────> GET_TARGET ──> size < target: inflate     size > target: deflate
 *
 * Rates and rules are those of the driver in open-vm-tools; the driver is written anew.
 */
#include "balloon.h"

#define FAST_MAX 16384u    /* pages a poll while they come from the free list */
#define ALLOCATE_MIN 512u  /* pages a poll while the guest has to replace pages for them … */
#define ALLOCATE_MAX 2048u /* … up to this many */
#define FREE_MIN 512u      /* pages a poll when deflating */
#define FREE_MAX 16384u
#define RATE_STEP 16u
#define SLOW_CYCLES 4u  /* polls that go slowly after the free list ran dry */
#define REFUSED_MAX 16u /* stop inflating when the host has refused so many pages in one poll */
#define PAGE_WORK 500u  /* nanoseconds to allocate or free a page */
#define WANTED_CAPABILITIES (OC_BALLOON_CAP_BASIC | OC_BALLOON_CAP_BATCHED)

static struct frame_list locked;  /* the balloon */
static struct frame_list refused; /* given back at the end of a poll */
static uint64_t target;
static uint64_t capabilities;
static int reset_required;
static uint32_t allocate_rate = ALLOCATE_MAX;
static uint32_t free_rate = FREE_MAX;
static uint32_t slow_cycles;

static uint64_t batch[OC_BALLOON_BATCH_ENTRIES] __attribute__((aligned(OC_PAGE_SIZE)));
static uint32_t batched;

/* Every successful reply but START's tells the target; any reply may say that the host forgot us. */
static uint32_t command(uint32_t number, uint64_t first, uint64_t second) {
  struct balloon_reply reply;
  const uint32_t status = balloon_command(number, first, second, &reply);
  if (status == OC_BALLOON_RESET) {
    reset_required = 1;
  } else if (status == OC_BALLOON_SUCCESS) {
    target = reply.result;
    stats.balloon_target = target;
  }
  return status;
}

static void free_list(struct frame_list* list) {
  for (uint32_t page; (page = frame_list_pop(list)) != NO_FRAME;) balloon_page_free(page);
}

/* A host that lost count of our pages (or never knew us) holds none of them: free them without UNLOCK, and start anew. */
static void reset(void) {
  struct balloon_reply reply;
  free_list(&locked);
  const uint32_t status = balloon_command(OC_BALLOON_START, WANTED_CAPABILITIES, 0, &reply);
  if (status == OC_BALLOON_SUCCESS_WITH_CAPABILITIES) {
    capabilities = reply.capabilities;
  } else if (status == OC_BALLOON_SUCCESS) {
    capabilities = OC_BALLOON_CAP_BASIC;
  } else {
    return; /* no host to talk to: try again at the next poll */
  }
  reset_required = 0;
  command(OC_BALLOON_GUEST_ID, OC_BALLOON_GUEST_LINUX, 0);
}

/* Locks or unlocks the pages of the batch, leaving a status in the low bits of each entry. Answers 0 when the call itself failed. */
static int exchange(uint32_t single, uint32_t in_batches) {
  if (capabilities & OC_BALLOON_CAP_BATCHED) {
    return command(in_batches, (uint64_t)batch >> 12, batched) == OC_BALLOON_SUCCESS;
  }
  for (uint32_t i = 0; i < batched && !reset_required; ++i) {
    batch[i] |= command(single, batch[i] >> 12, 0) & OC_BALLOON_BATCH_STATUS_MASK;
  }
  return !reset_required;
}

static uint32_t status_of(uint64_t entry) { return (uint32_t)(entry & OC_BALLOON_BATCH_STATUS_MASK); }

static void lock_batch(void) {
  const int answered = batched == 0 || exchange(OC_BALLOON_LOCK, OC_BALLOON_BATCHED_LOCK);
  for (uint32_t i = 0; i < batched; ++i) {
    const uint32_t page = (uint32_t)(batch[i] >> 12);
    if (answered && status_of(batch[i]) == OC_BALLOON_SUCCESS) {
      frame_list_push(&locked, page);
    } else {
      frame_list_push(&refused, page);
      ++stats.balloon_refused;
    }
  }
  batched = 0;
}

/*
 * First without letting the guest work for it, which drains the free list fast. When that fails the guest is under pressure:
 * the rest of this poll and the next few go at a rate that adapts, replacing pages.
 */
static void inflate(void) {
  enum effort effort = EFFORT_FREE_ONLY;
  uint32_t limit = slow_cycles != 0 ? allocate_rate : FAST_MAX;
  uint32_t allocated = 0;
  while (locked.count + batched < target && allocated < limit && refused.count < REFUSED_MAX && !reset_required) {
    const uint32_t page = balloon_page_allocate(effort);
    if (page == NO_FRAME && effort == EFFORT_FREE_ONLY) {
      effort = EFFORT_RECLAIM;
      slow_cycles = SLOW_CYCLES;
      limit = allocate_rate;
      continue;
    }
    if (page == NO_FRAME) {
      allocate_rate = allocate_rate / 2 < ALLOCATE_MIN ? ALLOCATE_MIN : allocate_rate / 2;
      break;
    }
    ++allocated;
    batch[batched++] = (uint64_t)page << 12;
    if (batched == OC_BALLOON_BATCH_ENTRIES) lock_batch();
  }
  lock_batch();
  if (allocated >= allocate_rate) {
    allocate_rate += RATE_STEP * (allocated / allocate_rate);
    if (allocate_rate > ALLOCATE_MAX) allocate_rate = ALLOCATE_MAX;
  }
  free_list(&refused);
  balloon_spend((uint64_t)allocated * PAGE_WORK);
}

/* The host must let go of a page before the guest may use it: unlock first, free what was confirmed. */
static void unlock_batch(void) {
  const int answered = batched == 0 || exchange(OC_BALLOON_UNLOCK, OC_BALLOON_BATCHED_UNLOCK);
  int all_free = answered;
  for (uint32_t i = 0; i < batched; ++i) {
    const uint32_t page = (uint32_t)(batch[i] >> 12);
    if (answered && status_of(batch[i]) == OC_BALLOON_SUCCESS) {
      balloon_page_free(page);
    } else {
      frame_list_push(&locked, page);
      all_free = 0;
    }
  }
  batched = 0;
  if (!all_free) {
    free_rate = free_rate / 2 < FREE_MIN ? FREE_MIN : free_rate / 2;
  } else if (free_rate < FREE_MAX) {
    free_rate = free_rate + RATE_STEP > FREE_MAX ? FREE_MAX : free_rate + RATE_STEP;
  }
}

static void deflate(void) {
  const uint64_t surplus = locked.count - target;
  const uint64_t wanted = surplus < free_rate ? surplus : free_rate;
  for (uint64_t freed = 0; freed < wanted && !reset_required;) {
    while (batched < OC_BALLOON_BATCH_ENTRIES && freed < wanted) {
      batch[batched++] = (uint64_t)frame_list_pop(&locked) << 12;
      ++freed;
    }
    unlock_batch();
  }
  balloon_spend(wanted * PAGE_WORK);
}

void balloon_start(void) { reset_required = 1; }

void balloon_poll(void) {
  if (slow_cycles > 0) --slow_cycles;
  if (reset_required) reset();
  if (reset_required) return;
  if (command(OC_BALLOON_GET_TARGET, balloon_machine_pages(), 0) != OC_BALLOON_SUCCESS) return;
  if (locked.count < target) {
    inflate();
  } else if (locked.count > target) {
    deflate();
  }
}
