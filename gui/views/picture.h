// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>
#include <bitset>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "gui/theme/theme.h"
#include "trace/event.h"

class QAbstractItemModel;

namespace overcommit::gui {

// A figure that is painted: what it is called in `overcommit metrics`, and the events that made it.
struct Figure {
  QRect rect;
  QString metric;  // "vm.web1.ballooned"
  std::bitset<kEventKinds> kinds;
  std::optional<VmId> vm;
};

// Something painted. Each has a name for screen readers, takes the keyboard, and tells the same as a table.
class Picture : public QWidget {
  Q_OBJECT
 public:
  Picture(const Theme& theme, const QString& objectName, const QString& accessibleName, QWidget* parent);
  [[nodiscard]] const Theme& theme() const { return theme_; }
  // The same as a table; lives as long as the picture.
  [[nodiscard]] virtual QAbstractItemModel& table() = 0;
  // Where figures are painted; a click on one asks for its events.
  [[nodiscard]] virtual std::vector<Figure> figures() const { return figures_; }
 Q_SIGNALS:
  void figureChosen(const overcommit::gui::Figure& figure);

 protected:
  // A heading in capitals with a few words behind it, as every floor has one. Returns where the words end.
  int paintHeading(QPainter& painter, QRect line, const QString& heading, const QString& words, const QString& atRight) const;
  void setFigures(std::vector<Figure> figures) { figures_ = std::move(figures); }
  [[nodiscard]] std::optional<Figure> figureAt(QPoint point) const;
  // As figureChosen; false if there is no figure at that point.
  bool chooseFigure(QPoint point);
  // "vm.web1.ballooned: click for what made it".
  [[nodiscard]] static QString tipOf(const Figure& figure);
  // Whether a painter draws lines and text that are to stay lines and text: what is kept as pixels is then painted anew.
  [[nodiscard]] static bool drawsShapes(const QPainter& painter);

 private:
  const Theme& theme_;
  std::vector<Figure> figures_;
};

// Writes what a widget shows: as SVG if the name ends so, as the values of its table if it ends with .csv, else as PNG. An error says why
// it could not.
Result<void> savePicture(QWidget& widget, const QAbstractItemModel& table, const QString& path);

}  // namespace overcommit::gui
