// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "trace/world.h"

namespace overcommit::gui {

// A page in a store frame of a compression cache: LZ4 bytes in a slot of 1 or 2 KiB.
struct StoreSlot {
  std::uint32_t offset = 0, bytes = 0;
  VmId vm;
  Gfn gfn;
  [[nodiscard]] std::uint32_t slotBytes() const {
    return bytes > kPageSize / 4 ? static_cast<std::uint32_t>(kPageSize / 2) : static_cast<std::uint32_t>(kPageSize / 4);
  }
  friend bool operator==(const StoreSlot&, const StoreSlot&) = default;
};
struct StoreFrame {
  Mfn mfn;
  VmId vm;
  std::vector<StoreSlot> slots;  // by offset
};

// All store frames of a VM or of all, by their number, and what is in them.
struct ZipStore {
  std::vector<StoreFrame> frames;
  std::uint64_t pages = 0, sameFilled = 0;  // compressed; those of them that are one value repeated, and so in no frame
  std::uint64_t bytes = 0, slotBytes = 0;   // of the LZ4 forms, and of the slots that hold them
  // How small compressed pages are, in permille of their size; same-filled ones are not counted. 0: there are none.
  [[nodiscard]] std::uint64_t ratioPermille() const {
    const std::uint64_t held = pages - sameFilled;
    return held == 0 ? 0 : bytes * 1000 / (held * kPageSize);
  }
};
ZipStore zipStoreOf(const WorldModel& world, std::optional<VmId> vm);

}  // namespace overcommit::gui
