// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

// What the engine and a policy say to each other: plain values, little-endian, without pointers. The engine checks every answer; a
// wrong one costs performance, never contents. docs/reference/student-policies.md describes the protocol.
//
//   engine                                                 policy
//     | <----------------------- Hello ---------------------- |     once
//     | ---- Request (its questions in the shared buffer) ---> |
//     | <------------ Answer, then the answers --------------- |     again and again
//
// File descriptor 3 is a stream socket for these messages, 4 the shared buffer, which a policy can map for reading only.

namespace overcommit::policy {

// Changes with every change of this file.
inline constexpr std::uint32_t kAbiVersion = 2;

// ---- Questions and answers. Times are virtual nanoseconds, sizes pages of 4 KiB, unless a name says otherwise. ----

// How the hypervisor knows the other page with an equal hash.
enum class KnownAs : std::uint8_t {
  Hint,    // a page of a VM that had this hash when it was looked at last
  Shared,  // a frame that is shared already
};

struct MatchQuestion {
  std::uint64_t hash;        // of the page's contents
  std::uint64_t known_hash;  // of the other one's
  std::uint64_t salt;        // only pages with equal salts may be shared
  std::uint64_t known_salt;
  std::uint64_t gfn;       // the page
  std::uint16_t vm;        // whose page it is
  std::uint16_t known_vm;  // of a hint; 65535: a shared frame
  KnownAs known;
  std::uint8_t reserved[3];
  std::uint32_t sharers;  // of a shared frame
  std::uint32_t reserved2;
};
enum class MatchAnswer : std::uint8_t { Leave, CompareAndShare };

struct VictimCandidate {
  std::uint64_t gfn;
  std::uint64_t placed;   // when it got its frame
  std::uint64_t seen;     // its last touch that the hypervisor noticed
  std::uint32_t sharers;  // pages that map its frame, itself included
  std::uint32_t reserved;
};
struct VictimQuestion {
  std::uint64_t now;    // on the VM's clock, as are its candidates' times
  std::uint32_t first;  // of its candidates in the batch
  std::uint32_t count;
  std::uint16_t vm;
  std::uint16_t reserved[3];
};

struct ZipQuestion {
  std::uint64_t gfn;
  std::uint64_t frames;       // that the VM's compression cache has
  std::uint64_t most_frames;  // and may have
  std::uint32_t bytes;        // of the page, compressed; 0: all its bytes are the same
  std::uint16_t vm;
  std::uint16_t reserved;
};
enum class ZipAnswer : std::uint8_t { Swap, Zip };

struct ZippedCandidate {
  std::uint64_t gfn;
  std::uint64_t zipped;  // when
  std::uint32_t bytes;   // compressed
  std::uint32_t reserved;
};
struct EvictQuestion {
  std::uint64_t now;
  std::uint32_t first;
  std::uint32_t count;
  std::uint16_t vm;
  std::uint16_t reserved[3];
};

enum class FreeState : std::uint8_t { High, Clear, Soft, Hard, Low };
struct FreeStateThresholds {
  std::uint64_t high, soft, hard, low;
  std::uint64_t hysteresis;
  std::uint64_t clear;  // 0: there is no clear state
};
struct FreeStateQuestion {
  std::uint64_t free;
  FreeStateThresholds thresholds;
  FreeState current;
  std::uint8_t reserved[7];
};

enum class TaxCurve : std::uint8_t { Flat, Progressive };
struct TargetsQuestion {
  std::uint64_t available;    // to all VMs together
  std::uint32_t tax_percent;  // 0 to 99
  TaxCurve curve;
  std::uint8_t reserved[3];
};
struct VmClaim {
  std::uint64_t shares;
  std::uint64_t configured;
  std::uint64_t reservation;
  std::uint64_t active;  // the working-set estimate
  std::uint64_t limit;   // 2^36: none
  std::uint64_t wanted;  // every page that it ever touched
};

enum class Access : std::uint8_t { Read, Write };
struct WalkQuestion {
  std::uint64_t address;       // guest-virtual
  std::uint64_t guest_root;    // CR3: guest-physical address of the guest's top table
  std::uint64_t nested_root;   // machine address of the hypervisor's top table
  std::uint64_t guest_memory;  // bytes of guest-physical memory
  Access access;
  std::uint8_t reserved[7];
};
enum class WalkEnd : std::uint8_t {
  Mapped,
  NotCanonical,   // an address that the processor accepts at no time
  GuestFault,     // a page fault: the guest's tables do not map it, or not for writing
  NestedFault,    // the hypervisor's tables do not map what was needed, or not for writing
  OutsideMemory,  // an entry points behind the guest's memory
};
struct WalkAnswer {
  WalkEnd end;
  std::uint8_t level;     // of the entry that ended it, 4 to 1; 0: none did
  std::uint8_t accessed;  // if Mapped: how many entries of the guest's tables have their accessed bit set by this walk, and had not
  std::uint8_t dirty;     // if Mapped: 1 if it sets the dirty bit of the guest's entry for the page, 0 if not
  std::uint8_t reserved[4];
  std::uint64_t guest_physical;  // if Mapped; of a NestedFault: the guest-physical address that has no frame
  std::uint64_t machine;         // if Mapped: the machine address
};

// ---- Messages ----

enum class PolicyKind : std::uint32_t { Match = 1, Victim, Zip, FreeState, Targets, Walk };
enum class RequestKind : std::uint32_t { Match = 1, Victim, Admit, Evict, FreeState, Targets, Walk };

inline constexpr std::uint32_t kHelloMagic = 0x4c50434f;    // "OCPL"
inline constexpr std::uint32_t kRequestMagic = 0x5150434f;  // "OCPQ"
inline constexpr std::uint32_t kAnswerMagic = 0x4150434f;   // "OCPA"
inline constexpr std::uint32_t kReadMagic = 0x5250434f;     // "OCPR"

inline constexpr int kMessages = 3;  // file descriptors
inline constexpr int kBuffer = 4;

inline constexpr std::uint32_t kMostQuestions = 256;
inline constexpr std::uint32_t kMostCandidates = 64;  // of a question
inline constexpr std::uint32_t kMostVms = 4096;
inline constexpr std::size_t kPageBytes = 4096;

struct Hello {
  std::uint32_t magic;
  std::uint32_t version;
  PolicyKind kind;
  std::uint32_t candidates_wanted;  // of a victim or eviction, 1 to kMostCandidates
  std::uint32_t wants_bytes;        // 1: page bytes go with the questions of a match
  std::uint32_t reserved;
};
struct Request {
  std::uint32_t magic;
  RequestKind kind;
  std::uint32_t sequence;  // 1, 2, 3, …
  std::uint32_t questions;
  std::uint32_t items;  // candidates or claims, all together
  std::uint32_t has_bytes;
};
struct Answer {
  std::uint32_t magic;
  RequestKind kind;
  std::uint32_t sequence;  // of the request
  std::uint32_t answers;   // one for each question; of targets: one for each claim
  std::uint32_t bytes;     // that follow
  std::uint32_t reserved;
};
// Instead of an answer to a Walk: read 8 bytes, please. The engine answers with a ReadReply.
enum class Space : std::uint32_t { GuestPhysical, Machine };
struct ReadRequest {
  std::uint32_t magic;
  Space space;
  std::uint64_t address;
  std::uint64_t reserved;
};
struct ReadReply {
  std::uint64_t value;
  std::uint64_t readable;  // 0: there is no memory at this address, or it does not stand at a multiple of 8
};

// Where things are in the shared buffer.
inline constexpr std::size_t kQuestionsAt = 0;
inline constexpr std::size_t kItemsAt = std::size_t{64} << 10;
inline constexpr std::size_t kDoorbellAt = (std::size_t{1} << 20) - 64;
inline constexpr std::size_t kBytesAt = std::size_t{1} << 20;  // of question i: the page, then the known one
inline constexpr std::size_t kBufferBytes = kBytesAt + std::size_t{2} * kMostQuestions * kPageBytes;

// Being woken takes longer than most answers, so who waits for the other looks for a while before it sleeps. A policy need not: all
// messages come through the socket, and what stands here only says that one is there.
struct Doorbell {
  std::uint32_t rings;        // messages that the engine sent, counted from 0 and over again
  std::uint32_t nanoseconds;  // for which it is worth looking at `rings`; 0: there is one processor
};

static_assert(sizeof(MatchQuestion) == 56 && sizeof(VictimCandidate) == 32 && sizeof(VictimQuestion) == 24);
static_assert(sizeof(ZipQuestion) == 32 && sizeof(ZippedCandidate) == 24 && sizeof(EvictQuestion) == 24);
static_assert(sizeof(FreeStateQuestion) == 64 && sizeof(TargetsQuestion) == 16 && sizeof(VmClaim) == 48);
static_assert(sizeof(WalkQuestion) == 40 && sizeof(WalkAnswer) == 24);
static_assert(sizeof(Hello) == 24 && sizeof(Request) == 24 && sizeof(Answer) == 24 && sizeof(ReadRequest) == 24 && sizeof(ReadReply) == 16);
static_assert(kItemsAt + sizeof(VictimCandidate) * kMostQuestions * kMostCandidates <= kDoorbellAt);
static_assert(sizeof(MatchQuestion) * kMostQuestions <= kItemsAt && kItemsAt + sizeof(VmClaim) * kMostVms <= kDoorbellAt);

}  // namespace overcommit::policy
