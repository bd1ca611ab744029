// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/models/cost_rows.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <algorithm>
#include <array>

#include "base/units.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

QString costWord(const char* text) { return QCoreApplication::translate("Costs", text); }

// "0.5" and "us": in the unit in which it is a number one can read.
struct Measured {
  QString number, unit;
};
struct TimeUnit {
  std::uint64_t nanoseconds;
  const char* name;
};
Measured measured(VirtualTime time) {
  for (const TimeUnit& unit : {TimeUnit{1'000'000'000, "s"}, TimeUnit{1'000'000, "ms"}, TimeUnit{1'000, "µs"}}) {
    if (time.value() < unit.nanoseconds) continue;
    return {QString::number(static_cast<double>(time.value()) / static_cast<double>(unit.nanoseconds), 'g', 6),
            QString::fromUtf8(unit.name)};
  }
  return {QString::number(time.value()), QStringLiteral("ns")};
}

}  // namespace

std::vector<RunCost> costsOf(const TraceHeader& header) {
  std::vector<RunCost> costs;
  for (const CostInfo& info : costTable()) costs.push_back({&info, info.fallback});
  // The engine took this text, so its lines are keys and values; what is written in rarer ways is read as not changed.
  static const QRegularExpression kTable(QStringLiteral("^\\s*\\[\\[?\\s*([^\\]]*?)\\s*\\]"));
  static const QRegularExpression kKey(QStringLiteral("^\\s*(cost\\s*\\.\\s*)?([a-z_]+)\\s*=\\s*[\"']([^\"']*)[\"']"));
  QString table;
  for (const QString& line : qstring(header.scenario).split(QLatin1Char('\n'))) {
    if (const auto found = kTable.match(line); found.hasMatch()) {
      table = found.captured(1);
      continue;
    }
    const auto found = kKey.match(line);
    const bool isCost = found.hasMatch() && (found.captured(1).isEmpty() ? table == QStringLiteral("cost") : table.isEmpty());
    if (!isCost) continue;
    const auto cost = std::ranges::find_if(costs, [&](const RunCost& one) { return qstring(one.info->name) == found.captured(2); });
    const auto time = parseTime(found.captured(3).toStdString());
    if (cost == costs.end() || !time) continue;
    cost->value = *time;
    cost->changed = true;
  }
  return costs;
}

std::bitset<kEventKinds> eventsOfCost(std::size_t row) {
  using Member = VirtualTime Costs::*;
  struct CostEvents {
    Member cost;
    EventKind kind;
  };
  static constexpr std::array kEvents{CostEvents{&Costs::firstTouch, EventKind::FirstTouch},
                                      CostEvents{&Costs::largeTouch, EventKind::LargeMap},
                                      CostEvents{&Costs::breakShared, EventKind::Break},
                                      CostEvents{&Costs::breakLarge, EventKind::LargeBreak},
                                      CostEvents{&Costs::zip, EventKind::Zip},
                                      CostEvents{&Costs::unzip, EventKind::Unzip},
                                      CostEvents{&Costs::swapInFault, EventKind::SwapIn},
                                      CostEvents{&Costs::swapRead, EventKind::SwapIn},
                                      CostEvents{&Costs::swapWrite, EventKind::SwapOut},
                                      CostEvents{&Costs::diskRead, EventKind::TimeDisks},
                                      CostEvents{&Costs::diskWrite, EventKind::TimeDisks},
                                      CostEvents{&Costs::diskStream, EventKind::TimeDisks},
                                      CostEvents{&Costs::hypercall, EventKind::TimeRun},
                                      CostEvents{&Costs::balloonCall, EventKind::TimeRun},
                                      CostEvents{&Costs::scanPage, EventKind::Scan},
                                      CostEvents{&Costs::comparePage, EventKind::Scan},
                                      CostEvents{&Costs::blockOfCode, EventKind::TimeRun}};
  std::bitset<kEventKinds> kinds;
  if (row >= costTable().size()) return kinds;
  const auto found = std::ranges::find(kEvents, costTable()[row].member, &CostEvents::cost);
  if (found != kEvents.end()) kinds.set(indexOf(found->kind));
  return kinds;
}

QStringList costColumns() {
  return {costWord("cost"), costWord("value"), costWord("unit"), costWord("default"), costWord("for"), costWord("how that is known")};
}

std::vector<QStringList> costRows(const TraceHeader& header) {
  std::vector<QStringList> rows;
  for (const RunCost& cost : costsOf(header)) {
    const Measured value = measured(cost.value), fallback = measured(cost.info->fallback);
    rows.push_back({qstring(cost.info->name), value.number, value.unit, QStringLiteral("%1 %2").arg(fallback.number, fallback.unit),
                    qstring(cost.info->meaning), cost.changed ? costWord("set by the scenario") : qstring(cost.info->provenance)});
  }
  return rows;
}

}  // namespace overcommit::gui
