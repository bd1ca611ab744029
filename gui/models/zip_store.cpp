// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/models/zip_store.h"

#include <algorithm>

namespace overcommit::gui {

ZipStore zipStoreOf(const WorldModel& world, std::optional<VmId> vm) {
  ZipStore store;
  world.forEachFrame([&](std::uint64_t mfn, FrameCell frame) {
    if (frame.use() == FrameUse::ZipStore && (!vm || frame.vm() == *vm)) store.frames.push_back({Mfn(mfn), frame.vm(), {}});
  });
  for (std::size_t i = 0; i < world.vms(); ++i) {
    const VmId id(static_cast<std::uint16_t>(i));
    if ((vm && id != *vm) || world.vm(id).at(PagePlace::Zipped) == 0) continue;
    world.forEachPage(id, [&](std::uint64_t gfn, PageCell page) {
      if (page.place() != PagePlace::Zipped) return;
      ++store.pages;
      if (!page.inStore()) {
        ++store.sameFilled;
        return;
      }
      const StoreSlot slot{static_cast<std::uint32_t>(page.offset()), static_cast<std::uint32_t>(page.bytes()), id, Gfn(gfn)};
      store.bytes += slot.bytes;
      store.slotBytes += slot.slotBytes();
      const auto frame = std::ranges::lower_bound(store.frames, Mfn(page.number()), {}, &StoreFrame::mfn);
      if (frame != store.frames.end() && frame->mfn == Mfn(page.number())) frame->slots.push_back(slot);
    });
  }
  for (StoreFrame& frame : store.frames) std::ranges::sort(frame.slots, {}, &StoreSlot::offset);
  return store;
}

}  // namespace overcommit::gui
