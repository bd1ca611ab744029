// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/models/time_account.h"

#include <QCoreApplication>

#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

QString timeWord(const char* text) { return QCoreApplication::translate("TimeAccount", text); }

}  // namespace

QString nameOfTime(TimeUse use) {
  switch (use) {
    case TimeUse::Run: return timeWord("own work");
    case TimeUse::Idle: return timeWord("idle");
    case TimeUse::FirstTouch: return timeWord("first touches");
    case TimeUse::Break: return timeWord("breaking shared pages");
    case TimeUse::Unzip: return timeWord("decompressing");
    case TimeUse::SwapIn: return timeWord("swap-ins");
    case TimeUse::DiskQueue: return timeWord("behind others at a disk");
    case TimeUse::GuestDisk: return timeWord("its own disk");
    case TimeUse::GuestPaging: return timeWord("its own paging");
    case TimeUse::Reclaim: return timeWord("until memory was reclaimed");
    case TimeUse::Blocked: return timeWord("not allowed to run");
  }
  return {};
}

EventKind kindOfTime(TimeUse use) {
  switch (use) {
    case TimeUse::Run:
    case TimeUse::Idle:
    case TimeUse::Reclaim:
    case TimeUse::Blocked: return EventKind::TimeRun;
    case TimeUse::FirstTouch:
    case TimeUse::Break:
    case TimeUse::Unzip:
    case TimeUse::SwapIn: return EventKind::TimeFaults;
    case TimeUse::DiskQueue:
    case TimeUse::GuestDisk:
    case TimeUse::GuestPaging: return EventKind::TimeDisks;
  }
  return EventKind::TimeRun;
}

QString metricOfTime(const QString& vm, TimeUse use) { return QStringLiteral("vm.%1.time_%2").arg(vm, qstring(nameOf(use))); }

TimePaint paintOfTime(TimeUse use, const Palette& palette) {
  const QRgb grey = mixed(palette.at(Hue::Ground), palette.at(Hue::Text), 110);
  switch (use) {
    case TimeUse::Run: return {palette.at(Hue::Dim), false};
    case TimeUse::Idle: return {palette.at(Hue::Empty), false};
    case TimeUse::FirstTouch: return {palette.at(Hue::Private), false};
    case TimeUse::Break: return {palette.at(Hue::Shared), false};
    case TimeUse::Unzip: return {palette.at(Hue::Zipped), false};
    case TimeUse::SwapIn: return {palette.at(Hue::Swapped), false};
    case TimeUse::DiskQueue: return {palette.at(Hue::Swapped), true};
    case TimeUse::Reclaim: return {palette.at(Hue::Overhead), false};
    case TimeUse::Blocked: return {palette.at(Hue::Overhead), true};
    case TimeUse::GuestDisk: return {grey, false};
    case TimeUse::GuestPaging: return {grey, true};
  }
  return {palette.at(Hue::Empty), false};
}

std::optional<std::array<VirtualTime, kTimeUses>> accountAt(const History& history, VmId vm, VirtualTime time) {
  const std::size_t sample = history.indexAt(time);
  if (sample >= history.size()) return std::nullopt;
  std::array<VirtualTime, kTimeUses> account{};
  bool any = false;
  for (std::size_t i = 0; i < kTimeUses; ++i) {
    account[i] = history.vm(sample, vm).at(static_cast<TimeUse>(i));
    any = any || account[i] != VirtualTime(0);
  }
  return any ? std::optional(account) : std::nullopt;
}

QString durationText(VirtualTime time) {
  const auto ns = static_cast<double>(time.value());
  if (time >= seconds(1)) return QStringLiteral("%1 s").arg(ns / 1e9, 0, 'f', 2);
  if (time >= milliseconds(1)) return QStringLiteral("%1 ms").arg(ns / 1e6, 0, 'f', 1);
  return QStringLiteral("%1 µs").arg(ns / 1e3, 0, 'f', 0);
}

}  // namespace overcommit::gui
