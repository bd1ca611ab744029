// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QString>
#include <QStringList>
#include <optional>
#include <vector>

namespace overcommit::gui {

// A lab as `overcommit lab list --format json` describes it (docs/reference/lab.md).
struct LabEntry {
  struct Step {
    QString title, text;
    QJsonObject did;  // of a tour: what must have been done
  };
  struct Policy {
    QString kind;
    QStringList files;  // one of these
  };
  QString name, folder, title;
  int number = 0, minutes = 0;
  QStringList outcomes;  // what one can do then
  std::vector<Step> steps;
  QStringList scenarios;  // files in the folder of whoever works on it
  std::vector<Policy> policies;

  [[nodiscard]] QString heading() const;  // "3  Page sharing"
};

// A line of the list; nothing if it is none.
std::optional<LabEntry> labEntryOf(const QByteArray& line);

}  // namespace overcommit::gui
