/* SPDX-License-Identifier: MIT */
/*
 * The guest ABI of Overcommit, version 1: everything a guest kernel and the hypervisor agree on.
 * This one file is compiled into both. All structures are little-endian and have no implicit padding.
 *
 * A guest is entered in 64-bit mode, ring 0, interrupts off, paging on, with
 *     RDI = guest-physical address of struct oc_boot_info
 *     RSP = OC_BOOT_STACK_TOP (a guest normally switches to a stack of its own)
 * and these page tables, built by the loader in the first pages of the page-table pool:
 *     [0, 4 KiB)           not present, so that a null pointer faults
 *     [4 KiB, 2 MiB)       identity mapped with 4 KiB pages
 *     [2 MiB, memory)      identity mapped with 2 MiB pages
 *     the dynamic area     PML4 entry present only once the guest makes it so
 *
 * Guest-physical layout:
 *     0x0000   never used
 *     0x1000   boot information (one page)
 *     0x2000   boot stack (one page, grows down from 0x3000) and, at its lower end, the GDT
 *     0x3000   free for the guest
 *     0x100000 and up: where the segments of the guest's ELF file must lie (physical addresses)
 *     behind the ELF image, page-aligned: the page-table pool
 * All memory that the loader does not write is zero at power-on.
 *
 * Contract (docs/reference/guest-abi.md): page tables live in the pool only; virtual = physical below the size of memory;
 * only the dynamic area [dynamic_base, dynamic_base + dynamic_size) may be mapped otherwise; every INVLPG and CR3 reload
 * is followed by OC_CALL_TLB_FLUSH; no NX bit, no RDTSC, RDRAND or CPUID; HLT powers the machine off.
 */
#ifndef OVERCOMMIT_ABI_H
#define OVERCOMMIT_ABI_H

#ifdef __cplusplus
#include <cstdint>
using std::uint16_t;
using std::uint32_t;
using std::uint64_t;
using std::uint8_t;
#else
#include <stdint.h>
#endif

#define OC_ABI_VERSION 1u
#define OC_BOOT_MAGIC 0x31544f4f42434fu /* "OCBOOT1" */

#define OC_PAGE_SIZE 4096u
#define OC_BOOT_INFO_ADDRESS 0x1000u
#define OC_BOOT_STACK_TOP 0x3000u
#define OC_GDT_ADDRESS 0x2000u
#define OC_IMAGE_LOWEST_ADDRESS 0x100000u
#define OC_DYNAMIC_BASE 0x10000000000u /* 1 TiB */
#define OC_CODE_SELECTOR 0x08u
#define OC_DATA_SELECTOR 0x10u

#define OC_NAME_SIZE 32u
#define OC_MAX_ARGUMENTS 64u

/* One named program argument. Bytes, pages, nanoseconds, counts and permille are all plain numbers here; the unit is in programs.inc. */
struct oc_argument {
  char name[24]; /* NUL-terminated */
  uint64_t value;
};

struct oc_boot_info {
  uint64_t magic;             /* OC_BOOT_MAGIC */
  uint32_t abi_version;       /* OC_ABI_VERSION */
  uint32_t argument_count;    /* <= OC_MAX_ARGUMENTS */
  uint64_t memory_bytes;      /* guest-physical memory: [0, memory_bytes), a multiple of 2 MiB */
  uint64_t image_end;         /* first byte behind the loaded ELF image, page-aligned; the pool begins here */
  uint64_t table_pool;        /* guest-physical address of the page-table pool */
  uint64_t table_pool_pages;  /* its size */
  uint64_t table_pool_used;   /* pages at its start already used by the loader's tables; the first is the PML4 */
  uint64_t dynamic_base;      /* OC_DYNAMIC_BASE */
  uint64_t dynamic_size;      /* bytes of guest-virtual space that the guest may map as it likes */
  uint64_t clock_page;        /* guest-physical page behind the pool; the only page that may hold time-dependent data */
  uint64_t seed;              /* for the guest's own random choices; same scenario and VM, same seed */
  uint64_t image_blocks;      /* blocks (4 KiB) of the image disk; 0 = none */
  uint64_t swap_blocks;       /* blocks (4 KiB) of the guest's swap disk; 0 = none */
  char program[OC_NAME_SIZE]; /* NUL-terminated; "" when a kernel file of the user's own is booted */
  struct oc_argument arguments[OC_MAX_ARGUMENTS];
};

/*
 * Hypercalls: `out %al, $OC_PORT` followed at once by a jump to the next instruction (an emulator needs the block to end
 * there). RAX = call number, RDI, RSI, RDX = arguments; the reply is in RAX. Other registers keep their values.
 * An unknown call or a bad argument stops the VM with a reason.
 */
#define OC_PORT 0x10

/* The reply of OC_CALL_OPERATION, OC_CALL_WORK and OC_CALL_WAIT: what wants the kernel's attention. */
#define OC_ATTENTION_BALLOON_POLL 0x1u /* a second has passed since the last poll, or the balloon driver is to start */
#define OC_ATTENTION_SIGNAL 0x2u       /* the user sent a signal: the program goes to its next phase (given once a signal) */

enum oc_call {
  OC_CALL_READY = 0,     /* RDI = OC_ABI_VERSION, RSI = address of struct oc_guest_stats (stays there, page-aligned) */
  OC_CALL_OPERATION = 1, /* RDI = operations just completed, RSI = nanoseconds of work they took; ends an operation */
  OC_CALL_WORK = 2,      /* RDI = nanoseconds of work done, without completing an operation */
  OC_CALL_WAIT = 3,      /* RDI = nanoseconds to sleep; the time slept does not count as an operation's latency */
  OC_CALL_CONSOLE = 4,   /* RDI = address of text, RSI = length (<= OC_CONSOLE_MAX) */
  OC_CALL_PANIC = 5,     /* RDI = address of text, RSI = length: the guest kernel gives up; does not return */
  OC_CALL_TLB_FLUSH = 6, /* RDI = guest-virtual address, or OC_FLUSH_ALL */
  OC_CALL_DISK = 7,      /* RDI = enum oc_disk_operation, RSI = block, RDX = address of the page; reply: enum oc_disk_status */
  OC_CALL_TRUTH = 8,     /* RDI = address of struct oc_truth records, RSI = how many (<= OC_TRUTH_MAX) */
  OC_CALL_CLOCK = 9,     /* reply: virtual time since power-on in nanoseconds; may be stored in the clock page only */
  OC_CALL_RESULT = 10,   /* RDI = a checksum over results so far; kept and compared between runs, never acted upon */
  OC_CALL_COUNT
};

#define OC_FLUSH_ALL (~(uint64_t)0)
#define OC_CONSOLE_MAX 1024u
#define OC_TRUTH_MAX 256u

enum oc_disk_operation {
  OC_DISK_READ_IMAGE = 0,
  OC_DISK_WRITE_IMAGE = 1, /* goes to the VM's private overlay */
  OC_DISK_READ_SWAP = 2,
  OC_DISK_WRITE_SWAP = 3
};

enum oc_disk_status { OC_DISK_OK = 0, OC_DISK_ERROR = 1 };

/*
 * The truth channel: what only the guest knows, for the trace and its viewers, never for a policy.
 * `subject` is a guest frame number for the frame kinds and a guest-virtual page number (gva >> 12) for the others.
 */
enum oc_truth_kind {
  OC_TRUTH_FREE = 0,       /* frame went to the guest's free list */
  OC_TRUTH_KERNEL = 1,     /* frame holds kernel code or data */
  OC_TRUTH_TABLE = 2,      /* frame is a page-table page */
  OC_TRUTH_CACHE = 3,      /* frame is page cache; value = image block */
  OC_TRUTH_USER = 4,       /* frame holds program memory; value = guest-virtual page number */
  OC_TRUTH_BALLOON = 5,    /* frame was given to the balloon driver */
  OC_TRUTH_SWAPPED_OUT = 6 /* guest-virtual page now lives in guest swap; value = swap block */
};

struct oc_truth {
  uint32_t kind; /* enum oc_truth_kind */
  uint32_t reserved;
  uint64_t subject;
  uint64_t value;
};

/* The guest's own view of its memory, kept up to date by the kernel; the hypervisor only looks at it. */
struct oc_guest_stats {
  uint64_t frames_free;
  uint64_t frames_kernel;
  uint64_t frames_cache;
  uint64_t frames_user;
  uint64_t frames_balloon;
  uint64_t minor_faults; /* #PF served without the disk */
  uint64_t major_faults; /* #PF that read the guest's swap disk */
  uint64_t swap_outs;
  uint64_t swap_ins;
  uint64_t cache_reads; /* image blocks read from disk */
  uint64_t cache_hits;
  uint64_t oom_kills;
  uint64_t balloon_refused; /* pages the host refused to lock */
  uint64_t balloon_target;  /* pages, as last told */
  uint64_t phase;           /* of the program */
};

/*
 * The balloon protocol: VMware's vmmemctl backdoor (facts as in open-vm-tools and Linux drivers/misc/vmw_balloon.c).
 * `inl` from OC_BALLOON_PORT followed at once by a jump to the next instruction, with
 *   EAX = OC_BALLOON_MAGIC, ECX = command, RBX = first argument, RSI = second argument, DX = port;
 * reply: EAX = status, RBX = result (the target in pages for all commands but START); START answers capabilities in RCX.
 */
#define OC_BALLOON_PORT 0x5670
#define OC_BALLOON_MAGIC 0x456c6d6fu

enum oc_balloon_command {
  OC_BALLOON_START = 0,      /* RBX = wanted capabilities; resets */
  OC_BALLOON_GET_TARGET = 1, /* RBX = the driver's maximum in pages; 0 = the host's configured maximum */
  OC_BALLOON_LOCK = 2,       /* RBX = page number */
  OC_BALLOON_UNLOCK = 3,
  OC_BALLOON_GUEST_ID = 4,     /* RBX = enum oc_balloon_guest */
  OC_BALLOON_BATCHED_LOCK = 6, /* RBX = page number of the batch page, RSI = entries */
  OC_BALLOON_BATCHED_UNLOCK = 7,
  OC_BALLOON_BATCHED_2M_LOCK = 8,
  OC_BALLOON_BATCHED_2M_UNLOCK = 9
};

enum oc_balloon_guest { OC_BALLOON_GUEST_OTHER = 0, OC_BALLOON_GUEST_LINUX = 1 };

#define OC_BALLOON_CAP_BASIC (1u << 1)
#define OC_BALLOON_CAP_BATCHED (1u << 2)
#define OC_BALLOON_CAP_BATCHED_2M (1u << 3)
#define OC_BALLOON_CAP_SIGNAL (1u << 4)
#define OC_BALLOON_CAP_64BIT_TARGET (1u << 5)

#define OC_BALLOON_SUCCESS 0x0u
#define OC_BALLOON_FAILURE 0xffffffffu
#define OC_BALLOON_SUCCESS_WITH_CAPABILITIES 0x03000000u
#define OC_BALLOON_BAD_COMMAND 1u
#define OC_BALLOON_BAD_PAGE 2u
#define OC_BALLOON_ALREADY_LOCKED 3u
#define OC_BALLOON_ALREADY_UNLOCKED 4u
#define OC_BALLOON_PINNED 5u
#define OC_BALLOON_NOT_NEEDED 6u
#define OC_BALLOON_RESET 7u
#define OC_BALLOON_BUSY 8u

#define OC_BALLOON_BATCH_ENTRIES 512u
#define OC_BALLOON_BATCH_STATUS_MASK 0x1fu /* an entry is page number << 12; the host writes a status into the low bits */

#ifdef __cplusplus
static_assert(sizeof(oc_argument) == 32);
static_assert(sizeof(oc_boot_info) == 8 + 8 + 11 * 8 + 32 + 64 * 32);
static_assert(sizeof(oc_boot_info) <= OC_PAGE_SIZE);
static_assert(sizeof(oc_truth) == 24);
static_assert(sizeof(oc_guest_stats) == 15 * 8);
#endif

#endif
