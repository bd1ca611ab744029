// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "policy/min_funding.h"
#include "reclaim/page_sharing.h"
#include "reclaim/pager.h"

namespace overcommit {

enum class Compression : std::uint8_t { Off, On };

// The host's settings of the reclaimer; may change while VMs run.
struct ReclaimSettings {
  HypervisorSwap swap = HypervisorSwap::Allowed;
  Compression compression = Compression::Off;
  std::uint64_t zipMaxPercent = 10;           // MemZipMaxPct: largest compression cache, of a VM's configured memory
  std::uint64_t zipMaxAllocatedPercent = 50;  // MemZipMaxAllocPct: and of its allocated memory
  IdleTax tax;
};

// Takes memory from VMs: for a fault that finds no free frame, and between quanta from those that the memory scheduler has given a swap
// target. Chooses the VM that pays, a random page of it, and what becomes of the page: shared if another one is equal, else compressed,
// else written to the swap file.
class Reclaimer final : public FrameSource {
 public:
  // `sharing`: nullptr where pages are never shared.
  Reclaimer(const Pager::Parts& parts, Pager& pager, PageSharing* sharing, const ReclaimSettings& settings);

  // Takes up to `wanted` pages from the VMs that pay least: for a swap target from those that have one, else from VMs above their
  // target first. Returns how many frames became free.
  Pages reclaim(const ReclaimRequest& request) override;

  // Between quanta: swaps out as long as fewer than kOutstandingWrites of its writes are still queued at the disk.
  void runSwapDaemon(VirtualTime now);
  static constexpr std::size_t kOutstandingWrites = 32;

  void setSettings(const ReclaimSettings& settings) { settings_ = settings; }
  // The last ReclaimEnd event; 0: none yet.
  [[nodiscard]] std::uint64_t lastEnd() const { return lastEnd_; }
  // Spent on compressing.
  [[nodiscard]] VirtualTime hostCpuTime() const { return hostCpuTime_; }

 private:
  enum class Fate : std::uint8_t { Kept, Shared, Zipped, Swapped };
  struct Taken {
    Fate fate = Fate::Kept;
    std::uint32_t writes = 0;  // to the swap file
  };
  Taken take(VmMemory& vm, Gfn gfn, std::uint64_t cause);
  Taken write(VmMemory& vm, Gfn gfn, std::uint64_t cause);  // to the swap file
  void account(const Taken& taken, VmMemory* toucher, bool first);
  // Which VMs may pay, and what they pay now. Compressed: with pages of their compression caches.
  enum class Payers : std::uint8_t { AboveTarget, Anybody, Compressed };
  [[nodiscard]] std::vector<VmFunding> fundingFor(const ReclaimRequest& request, Payers payers) const;
  [[nodiscard]] bool canTakeFrom(const VmMemory& vm) const;
  [[nodiscard]] Pages mostZipFrames(const VmMemory& vm) const;
  // What may be taken from the VM, drawn by `draws`: as many candidates as the policy wants, without `taken`. Those that were drawn and
  // must stay are recorded as refused, unless they are drawn `Ahead` of the time.
  enum class Drawn : std::uint8_t { Now, Ahead };
  void drawCandidates(const VmMemory& vm, Random& draws, std::span<const Gfn> taken, Drawn when, std::uint64_t cause);
  std::optional<Gfn> drawCandidate(const VmMemory& vm, Random& draws, std::span<const Gfn> taken, Drawn when, std::uint64_t cause);
  // `more`: so many pages may be taken from VMs before anything else happens.
  std::optional<Gfn> pickVictim(VmMemory& vm, Pages more, std::uint64_t cause);
  void askAhead(const VmMemory& vm, Pages more);
  // The event that led to the swap targets.
  [[nodiscard]] std::uint64_t swapCause() const;
  void refuse(const VmMemory& vm, Gfn gfn, RefusalReason reason, std::uint64_t cause);

  Pager::Parts parts_;
  Pager& pager_;
  PageSharing* sharing_;
  ReclaimSettings settings_;
  VirtualTime hostCpuTime_;
  std::uint64_t lastEnd_ = 0;
  std::vector<VictimCandidate> candidates_;  // of one question

  // What a policy said to the questions that were to be expected, by VM number. Only good until reclaim() returns.
  struct AnsweredAhead {
    std::vector<VictimQuestion> questions;
    std::vector<VictimCandidate> candidates;
    std::vector<std::uint32_t> answers;
    std::size_t next = 0;
    void clear();
    // The answer, if the next question is about these candidates.
    std::optional<std::uint32_t> find(std::span<const VictimCandidate> candidates);
  };
  std::vector<AnsweredAhead> ahead_;
  // When the daemon's last writes will have reached the disk, oldest first at next.
  std::array<VirtualTime, kOutstandingWrites> writesEnd_{};
  std::size_t nextWrite_ = 0;
};

}  // namespace overcommit
