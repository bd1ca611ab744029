// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "gui/models/figure_table.h"
#include "gui/models/walk_steps.h"
#include "gui/views/picture.h"

namespace overcommit::gui {

// A two-dimensional walk as the grid that it is: the guest's tables downwards, for each the nested tables across. References are numbered in
// the order in which the hardware makes them, and lit up to the one that is looked at.
class WalkView final : public Picture {
  Q_OBJECT
 public:
  WalkView(const Theme& theme, QWidget* parent);
  [[nodiscard]] QAbstractItemModel& table() override { return table_; }

  void setWalk(const WalkAnswer& walk);
  void clear();
  [[nodiscard]] const WalkAnswer& walk() const { return walk_; }
  // The references up to this one are lit; 0: none, steps(): all, and the end.
  [[nodiscard]] int lit() const { return lit_; }
  void setLit(int lit);
  [[nodiscard]] int steps() const { return static_cast<int>(walk_.steps.size()); }
  [[nodiscard]] QRect cellRect(int row, int column) const;
  [[nodiscard]] int wantedHeight() const;

 Q_SIGNALS:
  void litChanged();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  [[nodiscard]] const WalkStep* at(int row, int column) const;
  [[nodiscard]] QRect gridRect() const;

  WalkAnswer walk_;
  int lit_ = 0;
  FigureTable table_;
};

}  // namespace overcommit::gui
