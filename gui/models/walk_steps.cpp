// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/models/walk_steps.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <array>

namespace overcommit::gui {
namespace {

QString walkSay(const char* text) { return QCoreApplication::translate("Walk", text); }

constexpr std::array kRowNames{"PML4 (level 4)", "PDPT (level 3)", "PD (level 2)", "PT (level 1)", "the page"};

QString wordsOf(const WalkStep& step, const QJsonObject& reference) {
  const QString frame = QStringLiteral("0x%1").arg(static_cast<quint64>(reference[QStringLiteral("mfn")].toDouble()), 0, 16);
  const auto offset = static_cast<quint64>(reference[QStringLiteral("offset")].toDouble());
  const QString what = step.nested ? walkSay("Nested table of level %1, in frame %2, entry %3").arg(step.level).arg(frame).arg(offset / 8)
                                   : walkSay("Guest's table of level %1, in frame %2, entry %3").arg(step.level).arg(frame).arg(offset / 8);
  QString where;
  if (step.present)
    where = step.nested ? walkSay("leads to frame %1").arg(step.leadsTo) : walkSay("leads to guest-physical address %1").arg(step.leadsTo);
  else if (step.nested)
    where = walkSay("is not present: the page is %1").arg(reference[QStringLiteral("place")].toString());
  else
    where = walkSay("is not present");
  QString words = QStringLiteral("%1, %2").arg(what, where);
  if (step.present && !step.flags.isEmpty()) words += QStringLiteral(" (%1)").arg(step.flags.join(QStringLiteral(", ")));
  return words;
}

}  // namespace

QString nameOfWalkRow(int row) { return row >= 0 && row < kWalkRows ? walkSay(kRowNames[static_cast<std::size_t>(row)]) : QString(); }

QString nameOfWalkColumn(int column) { return column == kWalkColumns - 1 ? walkSay("guest") : walkSay("nested %1").arg(4 - column); }

QString shortNameOfWalkColumn(int column) { return column == kWalkColumns - 1 ? walkSay("guest") : walkSay("N%1").arg(4 - column); }

QString WalkAnswer::endWords() const {
  const QString references = walkSay("After %1 memory references: ").arg(steps.size());
  if (mapped())
    return references + walkSay("guest-virtual 0x%1 is guest-physical %2, machine address %3").arg(gva, 0, 16).arg(gpa, machineAddress);
  return references + QStringLiteral("%1. %2").arg(end, why);
}

WalkAnswer walkAnswer(const QJsonObject& answer) {
  WalkAnswer walk;
  walk.end = answer[QStringLiteral("end")].toString();
  walk.why = answer[QStringLiteral("why")].toString();
  walk.text = answer[QStringLiteral("text")].toString();
  walk.gva = answer[QStringLiteral("gva")].toString().toULongLong(nullptr, 16);
  walk.gpa = answer[QStringLiteral("gpa")].toString();
  walk.machineAddress = answer[QStringLiteral("machine_address")].toString();
  for (const auto value : answer[QStringLiteral("references")].toArray()) {
    const QJsonObject reference = value.toObject();
    WalkStep step;
    step.number = reference[QStringLiteral("number")].toInt();
    step.nested = reference[QStringLiteral("table")].toString() == QLatin1String("nested");
    step.level = reference[QStringLiteral("level")].toInt();
    const int guestLevel = reference[QStringLiteral("for")].toInt();  // 0: the page
    if (step.level < 1 || step.level > 4 || guestLevel < 0 || guestLevel > 4 || step.number < 1) continue;
    step.row = guestLevel == 0 ? kWalkRows - 1 : 4 - guestLevel;
    step.column = step.nested ? 4 - step.level : kWalkColumns - 1;
    step.present = reference[QStringLiteral("present")].toBool();
    step.entry = reference[QStringLiteral("entry")].toString();
    if (step.nested)
      step.leadsTo = QStringLiteral("0x%1").arg(static_cast<quint64>(reference[QStringLiteral("to_mfn")].toDouble()), 0, 16);
    else
      step.leadsTo = reference[QStringLiteral("to_gpa")].toString();
    for (const auto flag : reference[QStringLiteral("flags")].toArray()) step.flags << flag.toString();
    step.words = wordsOf(step, reference);
    walk.steps.push_back(std::move(step));
  }
  return walk;
}

}  // namespace overcommit::gui
