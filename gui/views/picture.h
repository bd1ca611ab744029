// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

#include "gui/theme/theme.h"

class QAbstractItemModel;

namespace overcommit::gui {

// Something painted. Each has a name for screen readers, takes the keyboard, and tells the same as a table.
class Picture : public QWidget {
  Q_OBJECT
 public:
  Picture(const Theme& theme, const QString& objectName, const QString& accessibleName, QWidget* parent);
  [[nodiscard]] const Theme& theme() const { return theme_; }
  // The same as a table; lives as long as the picture.
  [[nodiscard]] virtual QAbstractItemModel& table() = 0;

 protected:
  // A heading in capitals with a few words behind it, as every floor has one. Returns where the words end.
  int paintHeading(QPainter& painter, QRect line, const QString& heading, const QString& words, const QString& atRight) const;

 private:
  const Theme& theme_;
};

}  // namespace overcommit::gui
