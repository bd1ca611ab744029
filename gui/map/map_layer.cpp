// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/map/map_layer.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>

namespace overcommit::gui {
namespace {

QString layerWord(const char* text) { return QCoreApplication::translate("MapLayer", text); }

// Ages at which a step ends; what is older is in the last.
constexpr std::array<VirtualTime, 3> kHeatSteps{seconds(1), seconds(5), seconds(20)};
constexpr std::array<VirtualTime, 4> kAgeSteps{seconds(1), seconds(5), seconds(20), seconds(60)};

// Codes of Heat beside those of State.
constexpr unsigned kCoolPrivate = 9, kCoolShared = 12;
// Of Sharers and Age: steps from 0, then the rest.
constexpr unsigned kNotShared = 5, kNoPage = 5;
// Of Owner: VMs from 0.
constexpr unsigned kManyOwners = 9, kHypervisor = 10, kLaterVm = 11;
constexpr CellState kEmptyCode = CellState::Empty;

template <std::size_t n>
unsigned stepOf(const std::array<VirtualTime, n>& steps, VirtualTime time, VirtualTime now) {
  if (time == PageTimes::kNever || time > now) return static_cast<unsigned>(n);
  return static_cast<unsigned>(std::ranges::upper_bound(steps, now - time) - steps.begin());
}

// What a guest's touch leads to, and what else moves a page.
constexpr bool isTouch(EventKind kind) {
  return kind == EventKind::FirstTouch || kind == EventKind::LargeMap || kind == EventKind::Break || kind == EventKind::Revert ||
         kind == EventKind::Unzip || kind == EventKind::SwapIn || kind == EventKind::Pop;
}
constexpr bool isMove(EventKind kind) {
  return kind == EventKind::Share || kind == EventKind::Inflate || kind == EventKind::Deflate || kind == EventKind::Zip ||
         kind == EventKind::SwapOut;
}

CellState heatCode(CellState state, VirtualTime touched, VirtualTime now) {
  const bool shared = state == CellState::Shared;
  if (!shared && state != CellState::Private && state != CellState::FreeHeld) return state;
  const unsigned step = stepOf(kHeatSteps, touched, now);
  if (step == 0) return shared ? CellState::Shared : CellState::Private;
  return layerCode((shared ? kCoolShared : kCoolPrivate) + step - 1);
}

CellState sharersCode(std::uint64_t references) {
  return layerCode(references <= 2 ? 0 : references <= 4 ? 1 : references <= 16 ? 2 : references <= 64 ? 3 : 4);
}

CellState ownerCode(VmId vm) { return layerCode(vm.value() < kMostOwners ? vm.value() : vm == kNoVm ? kHypervisor : kLaterVm); }

constexpr QRgb opaqueOf(QRgb colour) { return colour | 0xff00'0000u; }
// Any two of them, and each and the empty cell of both shades, are at least 18 apart (CIEDE2000) for every eye.
constexpr std::array<QRgb, kMostOwners> kOwners{opaqueOf(0x0f1fdc), opaqueOf(0x9eae00), opaqueOf(0x00807c), opaqueOf(0x886e2d),
                                                opaqueOf(0x92c0fa), opaqueOf(0xfad9a6), opaqueOf(0x8b6cfa), opaqueOf(0x6c0f0c)};

}  // namespace

QString nameOf(MapLayer layer) {
  switch (layer) {
    case MapLayer::State: return layerWord("state");
    case MapLayer::Heat: return layerWord("heat");
    case MapLayer::Sharers: return layerWord("sharers");
    case MapLayer::Age: return layerWord("age");
    case MapLayer::Owner: return layerWord("owner");
  }
  return {};
}

QString optionOf(MapLayer layer) {
  switch (layer) {
    case MapLayer::State: return QStringLiteral("state");
    case MapLayer::Heat: return QStringLiteral("heat");
    case MapLayer::Sharers: return QStringLiteral("sharers");
    case MapLayer::Age: return QStringLiteral("age");
    case MapLayer::Owner: return QStringLiteral("owner");
  }
  return {};
}

QRgb colourOf(MapLayer layer, CellState code, const Palette& palette) {
  const auto n = static_cast<unsigned>(code);
  const QRgb empty = palette.at(Hue::Empty);
  switch (layer) {
    case MapLayer::State: break;
    case MapLayer::Heat:
      // At most half-way to empty, so that a cold page still is what it is.
      if (n >= kCoolPrivate && n < kCoolPrivate + 3) return mixed(palette.at(Hue::Private), empty, 43 * (n - kCoolPrivate + 1));
      if (n >= kCoolShared && n < kCoolShared + 3) return mixed(palette.at(Hue::Shared), empty, 43 * (n - kCoolShared + 1));
      break;
    case MapLayer::Sharers:
      if (n < 3) return mixed(empty, palette.at(Hue::Shared), 96 + 80 * n);
      if (n < kNotShared) return mixed(palette.at(Hue::Shared), palette.at(Hue::Text), 70 * (n - 2));
      return code == kEmptyCode ? empty : mixed(empty, palette.at(Hue::Private), 70);
    case MapLayer::Age:
      if (n < kNoPage) return mixed(palette.at(Hue::Accent), empty, 52 * n);
      return code == kEmptyCode ? palette.at(Hue::Ground) : mixed(empty, palette.at(Hue::Overhead), 60);
    case MapLayer::Owner:
      if (n < kMostOwners) return kOwners[n];
      if (n == kManyOwners) return palette.at(Hue::Dim);
      if (n == kHypervisor) return palette.at(Hue::Overhead);
      return code == kEmptyCode ? empty : palette.at(Hue::Private);
  }
  return n < kCellStates ? colourOf(code, palette) : empty;
}

std::vector<CellState> stackedCodes(MapLayer layer) {
  std::vector<CellState> codes;
  const auto add = [&codes](std::initializer_list<unsigned> more) {
    for (const unsigned code : more) codes.push_back(layerCode(code));
  };
  switch (layer) {
    case MapLayer::State: add({0, 1, 2, 3, 4, 5, 6, 7, 8}); break;
    case MapLayer::Heat: add({0, 1, 9, 10, 11, 2, 3, 4, 12, 13, 14, 5, 6, 7, 8}); break;
    case MapLayer::Sharers: add({4, 3, 2, 1, 0, kNotShared, 8}); break;
    case MapLayer::Age: add({kNoPage, 0, 1, 2, 3, 4, 8}); break;
    case MapLayer::Owner: add({kHypervisor, 0, 1, 2, 3, 4, 5, 6, 7, kLaterVm, kManyOwners, 8}); break;
  }
  return codes;
}

std::vector<LayerKey> keysOf(MapLayer layer, const Palette& palette, const QStringList& vms) {
  std::vector<LayerKey> keys;
  const auto add = [&](unsigned code, const QString& name) { keys.push_back({colourOf(layer, layerCode(code), palette), name}); };
  switch (layer) {
    case MapLayer::State: break;
    case MapLayer::Heat:
      add(static_cast<unsigned>(CellState::Private), layerWord("touched within 1 s"));
      add(kCoolPrivate, layerWord("5 s"));
      add(kCoolPrivate + 1, layerWord("20 s"));
      add(kCoolPrivate + 2, layerWord("longer ago"));
      add(static_cast<unsigned>(CellState::Shared), layerWord("shared: likewise"));
      break;
    case MapLayer::Sharers:
      add(0, layerWord("2 or fewer pages share it"));
      add(1, layerWord("4"));
      add(2, layerWord("16"));
      add(3, layerWord("64"));
      add(4, layerWord("more"));
      add(kNotShared, layerWord("not shared"));
      break;
    case MapLayer::Age:
      add(0, layerWord("there for up to 1 s"));
      add(1, layerWord("5 s"));
      add(2, layerWord("20 s"));
      add(3, layerWord("60 s"));
      add(4, layerWord("longer"));
      add(kNoPage, layerWord("no page"));
      break;
    case MapLayer::Owner:
      for (std::size_t i = 0; i < std::min<std::size_t>(static_cast<std::size_t>(vms.size()), kMostOwners); ++i)
        add(static_cast<unsigned>(i), vms[static_cast<qsizetype>(i)]);
      if (static_cast<std::size_t>(vms.size()) > kMostOwners) add(kLaterVm, layerWord("other VMs"));
      add(kManyOwners, layerWord("shared"));
      add(kHypervisor, layerWord("hypervisor"));
      break;
  }
  return keys;
}

PageTimes::PageTimes(const TraceHeader& header) {
  for (const TraceVm& vm : header.vms) {
    const auto pages = static_cast<std::size_t>(vm.memory.value());
    vms.push_back({std::vector<VirtualTime>(pages, kNever), std::vector<VirtualTime>(pages, kNever)});
  }
}

void PageTimes::add(const Event& event) {
  sequence = event.sequence;
  if (!infoOf(event.kind).hasGfn || event.vm.value() >= vms.size()) return;
  Vm& vm = vms[event.vm.value()];
  const std::uint64_t pages = event.kind == EventKind::LargeMap ? kLargePagePages : 1;
  if (event.gfn.value() >= vm.moved.size() || pages > vm.moved.size() - event.gfn.value()) return;
  if (event.kind == EventKind::Discard) {
    vm.touched[static_cast<std::size_t>(event.gfn.value())] = kNever;
    vm.moved[static_cast<std::size_t>(event.gfn.value())] = kNever;
    return;
  }
  const bool touch = isTouch(event.kind);
  if (!touch && !isMove(event.kind)) return;
  for (std::uint64_t i = 0; i < pages; ++i) {
    const auto gfn = static_cast<std::size_t>(event.gfn.value() + i);
    vm.moved[gfn] = event.hostTime;
    if (touch) vm.touched[gfn] = event.hostTime;
  }
}

CellState pageCode(MapLayer layer, const WorldModel& world, VmId vm, std::uint64_t gfn, PageCell page, const PageTimes* times,
                   VirtualTime now) {
  const auto timeOf = [&](const std::vector<VirtualTime> PageTimes::Vm::*which) {
    if (times == nullptr || vm.value() >= times->vms.size()) return now;
    const std::vector<VirtualTime>& all = times->vms[vm.value()].*which;
    return gfn < all.size() ? all[static_cast<std::size_t>(gfn)] : PageTimes::kNever;
  };
  switch (layer) {
    case MapLayer::State: return cellStateOf(page.place());
    case MapLayer::Heat: return heatCode(cellStateOf(page.place()), timeOf(&PageTimes::Vm::touched), now);
    case MapLayer::Sharers:
      if (page.place() == PagePlace::Untouched) return kEmptyCode;
      if (page.place() != PagePlace::Shared) return layerCode(kNotShared);
      return sharersCode(world.frameCell(page.number()).number());
    case MapLayer::Age:
      if (page.place() == PagePlace::Untouched) return kEmptyCode;
      return layerCode(stepOf(kAgeSteps, timeOf(&PageTimes::Vm::moved), now));
    case MapLayer::Owner: return page.place() == PagePlace::Untouched ? kEmptyCode : ownerCode(vm);
  }
  return kEmptyCode;
}

CellState frameCode(MapLayer layer, FrameCell frame, VirtualTime touched, VirtualTime moved, VirtualTime now) {
  const FrameUse use = frame.use();
  switch (layer) {
    case MapLayer::State: return cellStateOf(use);
    case MapLayer::Heat: return heatCode(cellStateOf(use), touched, now);
    case MapLayer::Sharers:
      if (use == FrameUse::Free) return kEmptyCode;
      return use == FrameUse::Shared ? sharersCode(frame.number()) : layerCode(kNotShared);
    case MapLayer::Age:
      if (use == FrameUse::Free) return kEmptyCode;
      return use == FrameUse::Private || use == FrameUse::Shared ? layerCode(stepOf(kAgeSteps, moved, now)) : layerCode(kNoPage);
    case MapLayer::Owner:
      if (use == FrameUse::Free) return kEmptyCode;
      return use == FrameUse::Shared ? layerCode(kManyOwners) : ownerCode(frame.vm());
  }
  return kEmptyCode;
}

}  // namespace overcommit::gui
