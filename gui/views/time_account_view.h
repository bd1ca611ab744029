// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "gui/models/figure_table.h"
#include "gui/models/time_account.h"
#include "gui/session/run.h"
#include "gui/views/picture.h"

namespace overcommit::gui {

// What every VM's time went into up to the instant, as a bar a VM: the parts add up to the time since it was powered on.
class TimeAccountView final : public Picture {
  Q_OBJECT
 public:
  TimeAccountView(const Theme& theme, QWidget* parent);
  [[nodiscard]] QAbstractItemModel& table() override { return table_; }
  void setRun(Run* run);
  void refresh();
  [[nodiscard]] QSize sizeHint() const override { return {theme().px(460), wantedHeight(theme().px(460))}; }
  [[nodiscard]] QSize minimumSizeHint() const override { return {theme().px(300), wantedHeight(std::max(width(), theme().px(300)))}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  bool event(QEvent* event) override;

 private:
  struct Part {
    TimeUse use;
    VirtualTime spent;
    QRect rect;
  };
  struct Row {
    VmId vm;
    QString name, elapsed;
    QRect label, bar;
    std::vector<Part> parts;
  };
  [[nodiscard]] int lineHeight() const;
  [[nodiscard]] int legendHeight(int width) const;
  [[nodiscard]] int wantedHeight(int width) const;
  // Each use's swatch and name, from the left and line by line.
  template <typename Visit>
  void forEachKey(int width, Visit visit) const;
  void layOut();
  [[nodiscard]] QString tipFor(QPoint point) const;

  Run* run_ = nullptr;
  std::vector<Row> rows_;
  FigureTable table_;
};

}  // namespace overcommit::gui
