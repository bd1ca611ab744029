// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/made_by.h"

#include "gui/session/gate.h"

namespace overcommit::gui {
namespace {

// Frames are given and taken through every gate.
std::bitset<kEventKinds> throughAnyGate() {
  std::bitset<kEventKinds> kinds;
  for (const Gate gate : kAllGates) kinds |= eventsOf(gate);
  return kinds;
}

}  // namespace

std::bitset<kEventKinds> kindsOf(std::initializer_list<EventKind> wanted) {
  std::bitset<kEventKinds> kinds;
  for (const EventKind kind : wanted) kinds.set(indexOf(kind));
  return kinds;
}

std::bitset<kEventKinds> eventsOf(PagePlace place) {
  switch (place) {
    case PagePlace::Untouched:
      return eventsOf(Gate::FirstTouch) | kindsOf({EventKind::PowerOn, EventKind::Deflate, EventKind::Discard, EventKind::LargeMap});
    case PagePlace::Private: return throughAnyGate();
    case PagePlace::Shared: return eventsOf(Gate::Sharing);
    case PagePlace::Ballooned: return eventsOf(Gate::Balloon);
    case PagePlace::Zipped: return eventsOf(Gate::Compression);
    case PagePlace::Swapped: return eventsOf(Gate::Swap);
  }
  return {};
}

std::bitset<kEventKinds> eventsOf(FrameUse use) {
  switch (use) {
    case FrameUse::Private: return throughAnyGate();
    case FrameUse::Shared: return eventsOf(Gate::Sharing);
    case FrameUse::ZipStore: return eventsOf(Gate::Compression);
    case FrameUse::Overhead: return kindsOf({EventKind::OverheadTake, EventKind::OverheadGive, EventKind::OverheadFigures});
    case FrameUse::Free: return throughAnyGate() | kindsOf({EventKind::FreeStateChange, EventKind::PowerOff});
  }
  return {};
}

std::bitset<kEventKinds> eventsOf(CounterGroup group) {
  switch (group) {
    case CounterGroup::Pshare:
    case CounterGroup::Cow: return eventsOf(Gate::Sharing);
    case CounterGroup::SwapLine:
    case CounterGroup::Swap:
    case CounterGroup::LocalSwap: return eventsOf(Gate::Swap) | kindsOf({EventKind::ReclaimTarget});
    case CounterGroup::ZipLine:
    case CounterGroup::Cache: return eventsOf(Gate::Compression);
    case CounterGroup::MemctlLine:
    case CounterGroup::Mctl: return eventsOf(Gate::Balloon);
    case CounterGroup::Active: return kindsOf({EventKind::Active, EventKind::Sample});
    case CounterGroup::Vmkmem:
    case CounterGroup::Overhead: return eventsOf(FrameUse::Overhead);
    case CounterGroup::Allocation:
      return kindsOf({EventKind::PowerOn, EventKind::Allotment, EventKind::TargetSet, EventKind::SettingChange});
    case CounterGroup::Overcommit:
    case CounterGroup::Checkpoint: return kindsOf({EventKind::PowerOn, EventKind::PowerOff});
    case CounterGroup::Size: return eventsOf(Gate::FirstTouch) | kindsOf({EventKind::TargetSet});
    case CounterGroup::Pmem:
    case CounterGroup::Numa:
    case CounterGroup::NumaOfVm:
    case CounterGroup::Vcenter: return eventsOf(FrameUse::Free);
  }
  return {};
}

}  // namespace overcommit::gui
