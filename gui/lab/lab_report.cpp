// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/lab/lab_report.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace overcommit::gui {
namespace {

using Status = LabReport::Status;

QString say(const char* text) { return QCoreApplication::translate("LabReport", text); }

std::uint64_t countOf(const QJsonValue& value) { return static_cast<std::uint64_t>(std::max<qint64>(value.toInteger(), 0)); }

Status statusOf(const QString& name) {
  if (name == QLatin1String("passed")) return Status::Passed;
  if (name == QLatin1String("partial")) return Status::Partial;
  if (name == QLatin1String("failed")) return Status::Failed;
  return name == QLatin1String("manual") ? Status::Manual : Status::Skipped;
}

}  // namespace

std::optional<LabReport> labReportOf(const QByteArray& text) {
  const QJsonObject json = QJsonDocument::fromJson(text).object();
  if (json[QLatin1String("format")].toString() != QLatin1String("overcommit-lab-result")) return std::nullopt;
  LabReport report;
  report.complete = json[QLatin1String("complete")].toBool();
  report.passed = json[QLatin1String("passed")].toBool();
  report.milliPoints = countOf(json[QLatin1String("milli_points")]);
  report.mostMilliPoints = countOf(json[QLatin1String("max_milli_points")]);
  report.allChecks = countOf(json[QLatin1String("all_checks")]);
  for (const QJsonValue value : json[QLatin1String("checks")].toArray()) {
    LabReport::Check check;
    check.id = value[QLatin1String("id")].toString();
    check.title = value[QLatin1String("title")].toString();
    check.status = statusOf(value[QLatin1String("status")].toString());
    check.milliPoints = countOf(value[QLatin1String("milli_points")]);
    check.mostMilliPoints = countOf(value[QLatin1String("max_milli_points")]);
    check.what = value[QLatin1String("what")].toString();
    check.expected = value[QLatin1String("expected")].toString();
    check.got = value[QLatin1String("got")].toString();
    check.why = value[QLatin1String("why")].toString();
    check.mistake = value[QLatin1String("mistake")].toString();
    check.hint = value[QLatin1String("hint")].toString();
    for (const QJsonValue step : value[QLatin1String("steps")].toArray()) check.steps << step.toString();
    check.run = value[QLatin1String("run")].toString();
    if (value[QLatin1String("time_ns")].isDouble()) check.time = VirtualTime(countOf(value[QLatin1String("time_ns")]));
    report.checks.push_back(std::move(check));
  }
  for (const QJsonValue warning : json[QLatin1String("warnings")].toArray()) report.warnings << warning.toString();
  return report;
}

QString pointsOf(std::uint64_t milliPoints) { return QString::number(static_cast<double>(milliPoints) / 1000, 'g', 12); }

QString markOf(Status status) {
  switch (status) {
    case Status::Passed: return QStringLiteral("✓");
    case Status::Partial: return QStringLiteral("~");
    case Status::Failed: return QStringLiteral("✗");
    case Status::Skipped: return QStringLiteral("·");
    case Status::Manual: return QStringLiteral("?");
  }
  return {};
}

QString nameOf(Status status) {
  switch (status) {
    case Status::Passed: return say("passed");
    case Status::Partial: return say("in part");
    case Status::Failed: return say("failed");
    case Status::Skipped: return say("not looked at");
    case Status::Manual: return say("a person reads it");
  }
  return {};
}

QString checkHtml(const LabReport::Check& check, const Theme& theme) {
  QString html = QStringLiteral("<p><b>%1  %2</b>: %3").arg(check.id, check.title.toHtmlEscaped(), nameOf(check.status));
  if (check.mostMilliPoints > 0) html += say(", %1 of %2 points").arg(pointsOf(check.milliPoints), pointsOf(check.mostMilliPoints));
  html += QStringLiteral("</p>");
  const QString dim = theme.colour(Hue::Dim).name();
  const auto part = [&](const QString& head, const QString& text) {
    if (text.isEmpty()) return;
    const QString lines = text.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>"));
    html += QStringLiteral("<p style='margin-top:4px'><span style='color:%1'>%2</span><br>%3</p>").arg(dim, head, lines);
  };
  part(say("Looked at"), check.what);
  if (check.status == Status::Passed) {
    part(say("Came"), check.got);
  } else {
    part(say("Expected"), check.expected);
    part(say("Came"), check.got);
    if (!check.steps.isEmpty()) part(say("How to get there"), check.steps.join(QLatin1Char('\n')));
  }
  part(say("Why it matters"), check.why);
  if (check.status == Status::Passed || check.status == Status::Manual) return html;
  part(say("The usual cause"), check.mistake);
  part(say("A hint"), check.hint);
  return html;
}

QString warningHtml(const QString& warning) {
  return QStringLiteral("<p><b>%1</b></p><p style='margin-top:4px'>%2</p>").arg(say("The grader warns"), warning.toHtmlEscaped());
}

}  // namespace overcommit::gui
