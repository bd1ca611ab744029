// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <optional>

#include "reclaim/pager.h"

namespace overcommit {

enum class HypervisorSwap : std::uint8_t { Allowed, Forbidden };

// Takes memory from VMs: for a fault that finds no free frame, and between quanta while the free state asks for it or a VM is above
// its limit. Chooses the VM that pays, a random page of it, and what becomes of the page.
class Reclaimer final : public FrameSource {
 public:
  Reclaimer(const Pager::Parts& parts, Pager& pager, HypervisorSwap swap);

  // Takes up to `wanted` pages from the VMs that pay least. Returns how many frames became free.
  Pages reclaim(const ReclaimRequest& request) override;

  // Between quanta: swaps out as long as fewer than kOutstandingWrites of its writes are still queued at the disk.
  void runSwapDaemon(VirtualTime now);
  static constexpr std::size_t kOutstandingWrites = 32;
  [[nodiscard]] bool daemonHasWork() const;

  void setHypervisorSwap(HypervisorSwap swap) { swap_ = swap; }

 private:
  std::optional<Gfn> pickVictim(VmMemory& vm, std::uint64_t cause);
  void refuse(const VmMemory& vm, Gfn gfn, RefusalReason reason, std::uint64_t cause);

  Pager::Parts parts_;
  Pager& pager_;
  HypervisorSwap swap_;
  // When the daemon's last writes will have reached the disk, oldest first at next.
  std::array<VirtualTime, kOutstandingWrites> writesEnd_{};
  std::size_t nextWrite_ = 0;
};

}  // namespace overcommit
