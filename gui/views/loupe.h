// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

#include "gui/map/cell_field.h"
#include "gui/map/cell_painter.h"
#include "gui/theme/theme.h"

namespace overcommit::gui {

// A magnifying glass: the 33 x 33 pages around one, each large enough to be seen, in the order of their addresses. Follows the pointer,
// and is transparent to it.
class Loupe final : public QWidget {
 public:
  static constexpr std::uint64_t kSide = 33;
  Loupe(const Theme& theme, QWidget* parent);
  // At `point` of the parent; `what` stands below, such as "web1, page 0x1a".
  void show(const CellField& field, std::uint64_t page, MapLayer layer, QPoint point, const QString& what);
  // The first of the pages that are shown.
  [[nodiscard]] std::uint64_t first() const { return first_; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  [[nodiscard]] int side() const { return std::max(theme_.px(7), 7); }

  const Theme& theme_;
  std::vector<Cell> cells_;
  std::uint64_t first_ = 0, page_ = 0;
  MapLayer layer_ = MapLayer::State;
  QString what_;
};

}  // namespace overcommit::gui
