// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "gui/theme/theme.h"

namespace overcommit::gui {

// What `overcommit grade --format json` says of a submission (docs/reference/lab-result.schema.json), whole or as far as it has come.
struct LabReport {
  enum class Status : std::uint8_t { Passed, Partial, Failed, Skipped, Manual };
  struct Check {
    QString id, title;
    Status status = Status::Skipped;
    std::uint64_t milliPoints = 0, mostMilliPoints = 0;
    QString what, expected, got, why, mistake, hint;
    QStringList steps;
    QString run;                      // empty: it looks at none
    std::optional<VirtualTime> time;  // the instant to look at
  };
  bool complete = false, passed = false;
  std::uint64_t milliPoints = 0, mostMilliPoints = 0;
  std::size_t allChecks = 0;
  std::vector<Check> checks;
  QStringList warnings;  // what the grader passed over: answers to nothing, settings that are no knobs
};

// Nothing if it is no result.
std::optional<LabReport> labReportOf(const QByteArray& json);

QString pointsOf(std::uint64_t milliPoints);  // "2.5"
QString markOf(LabReport::Status status);     // "✓"
QString nameOf(LabReport::Status status);
// What there is to learn from a check, as rich text: what was expected, what came, why it matters, the usual cause.
QString checkHtml(const LabReport::Check& check, const Theme& theme);
QString warningHtml(const QString& warning);

}  // namespace overcommit::gui
