// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/gate_lock.h"

#include <QRegularExpression>
#include <algorithm>

#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

// What the scenario says of the option in its [host], where it stands before any change.
bool lockedFromTheStart(const QString& option, const TraceHeader& header) {
  static const QRegularExpression kTable(QStringLiteral("^\\s*\\[+\\s*([^\\]\\s]+)\\s*\\]+"));
  const QRegularExpression setting(QStringLiteral("\\b%1\"?\\s*=\\s*0\\b").arg(option));
  bool inHost = false;
  for (const QString& line : qstring(header.scenario).split(QLatin1Char('\n'))) {
    const QString words = line.section(QLatin1Char('#'), 0, 0);
    if (const auto table = kTable.match(words); table.hasMatch())
      inHost = table.captured(1) == QStringLiteral("host") || table.captured(1) == QStringLiteral("host.options");
    if (inHost && setting.match(words).hasMatch()) return true;
  }
  return false;
}

}  // namespace

QString lockOptionOf(Gate gate) {
  switch (gate) {
    case Gate::FirstTouch: break;
    case Gate::Sharing: return QStringLiteral("GateShare");
    case Gate::Balloon: return QStringLiteral("GateBalloon");
    case Gate::Compression: return QStringLiteral("GateZip");
    case Gate::Swap: return QStringLiteral("GateSwap");
  }
  return {};
}

GateLock lockOf(Gate gate, const TraceHeader& header, const History& history, std::uint64_t sequence) {
  const QString option = lockOptionOf(gate);
  if (option.isEmpty()) return GateLock::Unlocked;
  const std::string setting = option.toStdString() + " = ";
  const auto& marks = history.marks();
  for (auto mark = marks.rbegin(); mark != marks.rend(); ++mark) {
    if (mark->sequence > sequence || mark->kind != EventKind::SettingChange || !mark->text.starts_with(setting)) continue;
    return mark->text == setting + "0" ? GateLock::Locked : GateLock::Unlocked;
  }
  return lockedFromTheStart(option, header) ? GateLock::Locked : GateLock::Unlocked;
}

}  // namespace overcommit::gui
