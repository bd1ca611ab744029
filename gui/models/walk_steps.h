// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>
#include <QStringList>
#include <vector>

namespace overcommit::gui {

// One memory reference of a two-dimensional walk, and where it stands in the grid: a row for each table of the guest, level 4 to 1, and one
// for the page itself; a column for each level of the nested tables, 4 to 1, and one for the guest's own entry.
struct WalkStep {
  int number = 0;  // from 1
  bool nested = true;
  int level = 4;
  int row = 0, column = 0;
  bool present = true;
  QString entry, leadsTo;
  QStringList flags;
  QString words;  // a sentence
};

// A walk as the engine answered it.
struct WalkAnswer {
  std::vector<WalkStep> steps;
  QString end;   // "mapped", "nested fault", …
  QString why;   // in words; empty if it is mapped
  QString text;  // all of it, as `overcommit walk` prints it
  [[nodiscard]] bool mapped() const { return end == QLatin1String("mapped"); }
  [[nodiscard]] QString endWords() const;
  quint64 gva = 0;
  QString gpa, machineAddress;
};
inline constexpr int kWalkRows = 5, kWalkColumns = 5;

// What is missing or wrong in the answer is left out.
WalkAnswer walkAnswer(const QJsonObject& answer);
QString nameOfWalkRow(int row);
QString nameOfWalkColumn(int column);
QString shortNameOfWalkColumn(int column);  // "N4"

}  // namespace overcommit::gui
