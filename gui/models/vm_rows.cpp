// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/models/vm_rows.h"

#include <QCoreApplication>

#include "gui/models/time_account.h"
#include "gui/session/gate.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

QString vmWord(const char* text) { return QCoreApplication::translate("VmRows", text); }

QString stateOf(const WorldVm& vm, Seat seat) {
  if (vm.crashed) return vmWord("crashed");
  if (!vm.poweredOn) return vmWord("off");
  // That it is not run a guest cannot notice.
  return vm.blocked && seesMachine(seat) ? vmWord("blocked") : vmWord("runs");
}

// Over the last second, or since the beginning.
std::uint64_t operationsPerSecond(const History& history, VmId vm, VirtualTime now) {
  const std::size_t last = history.indexAt(now);
  if (last >= history.size()) return 0;
  const VirtualTime ago = now - std::min(now, seconds(1));
  const std::size_t first = history.indexAt(ago);
  const std::uint64_t before = first < history.size() ? history.vm(first, vm).operations : 0;
  const VirtualTime from = first < history.size() ? history.timeOf(first) : VirtualTime(0);
  const std::uint64_t done = history.vm(last, vm).operations;
  const VirtualTime window = history.timeOf(last) - std::min(history.timeOf(last), from);
  if (window == VirtualTime(0) || done <= before) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(done - before) * 1e9 / static_cast<double>(window.value()));
}

}  // namespace

QStringList vmColumns(Seat seat) {
  const QStringList names{vmWord("VM"), vmWord("state")};
  switch (seat) {
    case Seat::Application:
      return names + QStringList{vmWord("its own memory"), vmWord("operations"),  vmWord("a second"),
                                 vmWord("half within"),    vmWord("95 % within"), vmWord("99 % within")};
    case Seat::GuestOs:
      return names + QStringList{vmWord("memory"),   vmWord("free"),    vmWord("kernel"),    vmWord("page cache"),
                                 vmWord("programs"), vmWord("balloon"), vmWord("operations")};
    case Seat::Hypervisor:
    case Seat::AllKnowing: break;
  }
  return names + QStringList{vmWord("memory"), vmWord("used"),    vmWord("target"), vmWord("balloon"),
                             vmWord("zipped"), vmWord("swapped"), vmWord("active"), vmWord("operations")};
}

std::vector<VmFigure> vmFigures(Seat seat) {
  const auto of = [](const char* metric, std::initializer_list<EventKind> kinds) {
    VmFigure figure{QString::fromLatin1(metric), {}};
    for (const EventKind kind : kinds) figure.kinds.set(indexOf(kind));
    return figure;
  };
  const auto gate = [](const char* metric, Gate which) { return VmFigure{QString::fromLatin1(metric), eventsOf(which)}; };
  std::vector<VmFigure> figures{of("on", {EventKind::PowerOn}), of("on", {EventKind::PowerOn})};
  const VmFigure memory = of("memory", {EventKind::PowerOn}), used = of("guest frames", {EventKind::GuestFrame}),
                 operations = of("operations", {EventKind::Operations});
  switch (seat) {
    case Seat::Application:
      figures.insert(figures.end(), {used, operations, of("operations_per_second", {EventKind::Operations})});
      for (const char* metric : {"latency_p50", "latency_p95", "latency_p99"}) figures.push_back(of(metric, {EventKind::Latency}));
      return figures;
    case Seat::GuestOs: figures.insert(figures.end(), {memory, used, used, used, used, used, operations}); return figures;
    case Seat::Hypervisor:
    case Seat::AllKnowing: break;
  }
  figures.insert(figures.end(),
                 {memory, gate("granted", Gate::FirstTouch), of("target", {EventKind::TargetSet}), gate("ballooned", Gate::Balloon),
                  gate("zipped", Gate::Compression), gate("swapped", Gate::Swap), of("active", {EventKind::Active}), operations});
  return figures;
}

std::vector<QStringList> vmRows(const WorldModel& world, const History& history, VirtualTime now, Seat seat) {
  std::vector<QStringList> rows;
  for (std::size_t i = 0; i < world.vms(); ++i) {
    const VmId id(static_cast<std::uint16_t>(i));
    const WorldVm& vm = world.vm(id);
    QStringList row{qstring(world.name(id)), stateOf(vm, seat)};
    switch (seat) {
      case Seat::Application: {
        const std::size_t sample = history.indexAt(now);
        row << mebibytes(vm.at(GuestUse::User)) << grouped(vm.operations) << grouped(operationsPerSecond(history, id, now));
        for (std::size_t n = 0; n < 3; ++n) {
          const std::uint32_t latency = sample < history.size() ? history.vm(sample, id).latency[n] : 0;
          row << (latency == 0 ? QStringLiteral("–") : durationText(kTimeGrain * latency));
        }
        break;
      }
      case Seat::GuestOs:
        row << mebibytes(world.memory(id).value()) << mebibytes(vm.at(GuestUse::Free))
            << mebibytes(vm.at(GuestUse::Kernel) + vm.at(GuestUse::Table)) << mebibytes(vm.at(GuestUse::Cache))
            << mebibytes(vm.at(GuestUse::User)) << mebibytes(vm.at(GuestUse::Balloon)) << grouped(vm.operations);
        break;
      case Seat::Hypervisor:
      case Seat::AllKnowing:
        row << mebibytes(world.memory(id).value()) << mebibytes(vm.at(PagePlace::Private) + vm.at(PagePlace::Shared))
            << mebibytes(vm.targetPages) << mebibytes(vm.at(PagePlace::Ballooned)) << mebibytes(vm.at(PagePlace::Zipped))
            << mebibytes(vm.at(PagePlace::Swapped)) << mebibytes(vm.activePages) << grouped(vm.operations);
        break;
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace overcommit::gui
