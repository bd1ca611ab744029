// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "base/ids.h"
#include "policy/allocation.h"
#include "policy/free_state.h"

namespace overcommit {

// The policy seam: every decision of the hypervisor, as a question and an answer. Questions hold only what a hypervisor may know, never
// what guests or the all-knowing trace know, and no pointers: they are plain values that can be written to a pipe as they are. They are
// asked in batches; answer i belongs to question i, and both spans have the same length.
//
// An answer must depend on the questions so far and on nothing else: no clock, no chance of one's own. Where chance is wanted, as in
// the choice of victims, it is in the question. CheckedPolicies asks them and checks what they say: a wrong answer can cost performance,
// never contents.

// Does this page match? A page was hashed, and a page or frame with an equal hash is known. All bytes are compared before anything is
// shared, whatever the answer.
enum class KnownAs : std::uint8_t { Hint, Shared };
struct MatchQuestion {
  std::uint64_t hash = 0;  // of the contents alone
  std::uint64_t knownHash = 0;
  std::uint64_t salt = 0;  // equal salts: the administrator lets them share
  std::uint64_t knownSalt = 0;
  VmId vm;
  Gfn gfn;
  VmId knownVm;  // of a hint; kNoVm: a shared frame
  KnownAs known = KnownAs::Hint;
  std::uint32_t sharers = 0;  // of a shared frame
  friend bool operator==(const MatchQuestion&, const MatchQuestion&) = default;
};
enum class MatchAnswer : std::uint8_t { Leave, CompareAndShare };

class MatchPolicy {
 public:
  virtual ~MatchPolicy() = default;
  // A policy that wants to see what the pages hold says here of how many questions at most, and is shown both pages of each question
  // before it is asked. The bytes are there during the call only. 0: it decides by hashes.
  [[nodiscard]] virtual std::uint32_t mostWithContents() const { return 0; }
  virtual void show(std::uint32_t /*question*/, std::span<const std::byte, kPageSize> /*page*/,
                    std::span<const std::byte, kPageSize> /*known*/) {}
  virtual void match(std::span<const MatchQuestion> questions, std::span<MatchAnswer> answers) = 0;
};

// A piece of an array of candidates that belongs to one question.
struct Candidates {
  std::uint32_t first = 0;
  std::uint32_t count = 0;  // at least 1
};

// The most candidates that are drawn for one question.
inline constexpr std::uint32_t kMostCandidates = 64;

// Which page goes next? Candidates are drawn at random, without what is exempt; the answer is an index into the question's own.
struct VictimCandidate {
  Gfn gfn;
  VirtualTime placed;         // when it got its frame
  VirtualTime seen;           // its last touch that the host noticed: a nested fault, or the resolve of a sampled page
  std::uint32_t sharers = 1;  // of its frame
};
struct VictimQuestion {
  VmId vm;
  VirtualTime now;  // of the VM, as are the candidates' times
  Candidates candidates;
};

class VictimPolicy {
 public:
  virtual ~VictimPolicy() = default;
  // How many candidates it wants to choose from, 1 to kMostCandidates. Asked once, before everything else.
  [[nodiscard]] virtual std::uint32_t candidatesWanted() const = 0;
  virtual void choose(std::span<const VictimQuestion> questions, std::span<const VictimCandidate> candidates,
                      std::span<std::uint32_t> answers) = 0;
};

// Is a page that is about to be swapped out kept in the compression cache instead?
struct ZipQuestion {
  VmId vm;
  Gfn gfn;
  std::uint32_t bytes = 0;  // compressed; 0: same-filled, it takes no slot
  Pages frames;             // store frames that the VM's cache has
  Pages mostFrames;         // and may have
};
enum class ZipAnswer : std::uint8_t { Swap, Zip };

// Which page leaves a full cache? Candidates come in the order in which they were zipped, oldest first.
struct ZippedCandidate {
  Gfn gfn;
  VirtualTime zipped;
  std::uint32_t bytes = 0;
};
struct EvictQuestion {
  VmId vm;
  VirtualTime now;
  Candidates candidates;
};

class ZipPolicy {
 public:
  virtual ~ZipPolicy() = default;
  virtual void admit(std::span<const ZipQuestion> questions, std::span<ZipAnswer> answers) = 0;
  // Of those that may have to leave the cache; as above.
  [[nodiscard]] virtual std::uint32_t candidatesWanted() const = 0;
  virtual void evict(std::span<const EvictQuestion> questions, std::span<const ZippedCandidate> candidates,
                     std::span<std::uint32_t> answers) = 0;
};

// What is the free state now?
struct FreeStateQuestion {
  FreeState current = FreeState::High;
  Pages free;
  FreeStateThresholds thresholds;
};

class FreeStatePolicy {
 public:
  virtual ~FreeStatePolicy() = default;
  virtual void next(std::span<const FreeStateQuestion> questions, std::span<FreeState> answers) = 0;
};

// How many pages should each VM have? One question about all VMs at once.
struct TargetsQuestion {
  Pages available;  // to VMs
  IdleTax tax;
};

class TargetsPolicy {
 public:
  virtual ~TargetsPolicy() = default;
  virtual void targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<Pages> answers) = 0;
};

// Whom the host asks. nullptr: what ESX does decides.
struct Policies {
  MatchPolicy* match = nullptr;
  VictimPolicy* victim = nullptr;
  ZipPolicy* zip = nullptr;
  FreeStatePolicy* freeState = nullptr;
  TargetsPolicy* targets = nullptr;
};

template <typename... Values>
inline constexpr bool kArePlain = ((std::is_trivially_copyable_v<Values> && std::is_standard_layout_v<Values>)&&...);
static_assert(kArePlain<MatchQuestion, VictimCandidate, VictimQuestion, ZipQuestion, ZippedCandidate, EvictQuestion, FreeStateQuestion,
                        TargetsQuestion, VmClaim>);

}  // namespace overcommit
