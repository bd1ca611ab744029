// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/lab/lab_entry.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace overcommit::gui {

QString LabEntry::heading() const { return QStringLiteral("%1  %2").arg(number).arg(title); }

std::optional<LabEntry> labEntryOf(const QByteArray& line) {
  const QJsonObject json = QJsonDocument::fromJson(line).object();
  LabEntry lab;
  lab.name = json[QLatin1String("name")].toString();
  lab.folder = json[QLatin1String("folder")].toString();
  lab.title = json[QLatin1String("title")].toString();
  lab.number = json[QLatin1String("number")].toInt();
  lab.minutes = json[QLatin1String("minutes")].toInt();
  for (const QJsonValue outcome : json[QLatin1String("outcomes")].toArray()) lab.outcomes << outcome.toString();
  if (lab.name.isEmpty() || lab.folder.isEmpty()) return std::nullopt;
  for (const QJsonValue step : json[QLatin1String("steps")].toArray())
    lab.steps.push_back(
        {step[QLatin1String("title")].toString(), step[QLatin1String("text")].toString(), step[QLatin1String("did")].toObject()});
  for (const QJsonValue run : json[QLatin1String("runs")].toArray()) {
    const QString scenario = run[QLatin1String("scenario")].toString();
    if (!scenario.isEmpty() && !lab.scenarios.contains(scenario)) lab.scenarios << scenario;
  }
  for (const QJsonValue policy : json[QLatin1String("policies")].toArray()) {
    QStringList files;
    for (const QJsonValue file : policy[QLatin1String("files")].toArray()) files << file.toString();
    lab.policies.push_back({policy[QLatin1String("kind")].toString(), files});
  }
  return lab;
}

}  // namespace overcommit::gui
