// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/gate.h"

#include <QCoreApplication>

#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

QString say(const char* text) { return QCoreApplication::translate("Gate", text); }

template <typename Counts>
GateCounts countedFrom(Gate gate, const Counts& counts) {
  switch (gate) {
    case Gate::FirstTouch: return {counts.at(EventKind::FirstTouch) + counts.at(EventKind::LargeMap) * kLargePagePages, 0};
    case Gate::Sharing: return {counts.at(EventKind::Share), counts.at(EventKind::Break) + counts.at(EventKind::Revert)};
    case Gate::Balloon: return {counts.at(EventKind::Inflate), counts.at(EventKind::Deflate) + counts.at(EventKind::Pop)};
    case Gate::Compression: return {counts.at(EventKind::Zip), counts.at(EventKind::Unzip)};
    case Gate::Swap: return {counts.at(EventKind::SwapOut), counts.at(EventKind::SwapIn)};
  }
  return {};
}

// The first VM that holds more than its limit lets it, if any: its pages go whatever the host's state is.
QString limitedVm(const WorldModel& world) {
  for (std::size_t i = 0; i < world.vms(); ++i) {
    const VmId id(static_cast<std::uint16_t>(i));
    const WorldVm& vm = world.vm(id);
    if (vm.poweredOn && vm.limitPages < world.memory(id).value()) return qstring(world.name(id));
  }
  return {};
}

bool hasCompression(const WorldModel& world) {
  bool known = false;
  for (std::size_t i = 0; i < world.vms(); ++i) {
    const WorldVm& vm = world.vm(VmId(static_cast<std::uint16_t>(i)));
    if (!vm.poweredOn) continue;
    known = true;
    if (vm.zipSlotBytes != 0) return true;
  }
  return !known;
}

}  // namespace

QString nameOf(Gate gate) {
  switch (gate) {
    case Gate::FirstTouch: return say("First touch");
    case Gate::Sharing: return say("Page sharing");
    case Gate::Balloon: return say("Balloon");
    case Gate::Compression: return say("Compression");
    case Gate::Swap: return say("Swap");
  }
  return {};
}

Hue hueOf(Gate gate) {
  switch (gate) {
    case Gate::FirstTouch: return Hue::Private;
    case Gate::Sharing: return Hue::Shared;
    case Gate::Balloon: return Hue::Ballooned;
    case Gate::Compression: return Hue::Zipped;
    case Gate::Swap: return Hue::Swapped;
  }
  return Hue::Private;
}

QString downName(Gate gate) {
  switch (gate) {
    case Gate::FirstTouch: return say("touch");
    case Gate::Sharing: return say("share");
    case Gate::Balloon: return say("inflate");
    case Gate::Compression: return say("zip");
    case Gate::Swap: return say("out");
  }
  return {};
}

QString upName(Gate gate) {
  switch (gate) {
    case Gate::FirstTouch: return {};
    case Gate::Sharing: return say("break");
    case Gate::Balloon: return say("deflate");
    case Gate::Compression: return say("unzip");
    case Gate::Swap: return say("in");
  }
  return {};
}

std::bitset<kEventKinds> eventsOf(Gate gate) {
  std::bitset<kEventKinds> kinds;
  const auto want = [&kinds](std::initializer_list<EventKind> wanted) {
    for (const EventKind kind : wanted) kinds.set(indexOf(kind));
  };
  switch (gate) {
    case Gate::FirstTouch: want({EventKind::FirstTouch, EventKind::LargeMap}); break;
    case Gate::Sharing: want({EventKind::Share, EventKind::Break, EventKind::Revert, EventKind::Scan, EventKind::ZeroFrame}); break;
    case Gate::Balloon:
      want({EventKind::Inflate, EventKind::Deflate, EventKind::Pop, EventKind::BalloonTarget, EventKind::BalloonDriver,
            EventKind::ReclaimTarget});
      break;
    case Gate::Compression: want({EventKind::Zip, EventKind::Unzip, EventKind::ZipStoreTake, EventKind::ZipStoreGive}); break;
    case Gate::Swap: want({EventKind::SwapOut, EventKind::SwapIn}); break;
  }
  return kinds;
}

QString metricOf(Gate gate) {
  switch (gate) {
    case Gate::FirstTouch: return QStringLiteral("host.first_touches");
    case Gate::Sharing: return QStringLiteral("host.pshare_shared");
    case Gate::Balloon: return QStringLiteral("host.ballooned");
    case Gate::Compression: return QStringLiteral("host.zips");
    case Gate::Swap: return QStringLiteral("host.swap_outs");
  }
  return {};
}

GateCounts countsOf(Gate gate, const WorldHost& host) { return countedFrom(gate, host); }
GateCounts countsOf(Gate gate, const WorldVm& vm) { return countedFrom(gate, vm); }

GateState stateOf(Gate gate, const WorldModel& world) {
  const WorldHost& host = world.host();
  const bool belowHigh = host.at(FrameUse::Free) < host.thresholdOf(FreeState::High);
  const bool five = host.thresholdOf(FreeState::Clear) != 0;
  const QString limited = limitedVm(world);
  switch (gate) {
    case Gate::FirstTouch: return {true, say("always open"), say("A page gets a frame when its guest touches it for the first time.")};
    case Gate::Sharing:
      return {true, say("always open"), say("Equal pages are looked for in the background in every free state, at a set pace.")};
    case Gate::Balloon:
      if (five && host.freeState >= FreeState::Hard)
        return {false, say("closed in hard"), say("In the hard and low states this vintage no longer waits for balloons.")};
      if (host.freeState >= FreeState::Soft || (!five && belowHigh))
        return {true, say("open"), say("Free memory is low enough that balloon drivers are asked for pages.")};
      if (!limited.isEmpty()) return {true, say("open for %1").arg(limited), say("%1 has a limit below its memory.").arg(limited)};
      return {false, five ? say("closed until soft") : say("closed: enough free"),
              say("There is enough free memory: no balloon driver is asked for more.")};
    case Gate::Compression:
    case Gate::Swap:
      if (gate == Gate::Compression && !hasCompression(world))
        return {false, say("not in this vintage"), say("No VM of this run has a compression cache.")};
      if (host.freeState >= FreeState::Hard)
        return {true, say("open"), say("In the hard and low states pages are taken at once, whatever the guests do.")};
      if (!limited.isEmpty())
        return {true, say("open for %1").arg(limited),
                say("%1 has a limit below its memory, which holds in every free state.").arg(limited)};
      if (!five && host.freeState == FreeState::Soft)
        return {true, say("where no balloon"), say("In the soft state only VMs whose balloon cannot help are swapped.")};
      if (host.reclaiming) return {true, say("open"), say("The reclaimer is at work.")};
      return {false, say("closed until hard"), say("While enough is free, no page is compressed or swapped.")};
  }
  return {};
}

}  // namespace overcommit::gui
