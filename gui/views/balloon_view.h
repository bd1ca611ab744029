// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "gui/models/figure_table.h"
#include "gui/session/run.h"
#include "gui/views/picture.h"
#include "gui/views/time_axis.h"

namespace overcommit::gui {

// A row a VM: its balloon's size over time against what it is to be and what it may be at most, whether a driver runs in the guest, and
// how many pages the driver offered in vain. A click into a curve leads to the instant, one on a figure to what made it.
class BalloonView final : public Picture {
  Q_OBJECT
 public:
  BalloonView(const Theme& theme, QWidget* parent);
  [[nodiscard]] QAbstractItemModel& table() override { return table_; }
  void setRun(Run* run);
  // Another instant, theme, or a longer history.
  void refresh();
  [[nodiscard]] QSize sizeHint() const override { return {theme().px(480), wantedHeight()}; }
  [[nodiscard]] QSize minimumSizeHint() const override { return {theme().px(300), wantedHeight()}; }
  [[nodiscard]] const TimeAxis& axis() const { return axis_; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  struct Row {
    VmId vm;
    QRect words, plot;
    QRect size, target, refused, driver;  // the figures
    QString name, sizeText, targetText, refusedText, driverText;
    std::uint64_t most = 1;  // pages at the top of the plot
  };
  [[nodiscard]] int wantedHeight() const;
  [[nodiscard]] int rowHeight() const;
  void layOut();
  void paintRow(QPainter& painter, const Row& row) const;

  Run* run_ = nullptr;
  std::vector<Row> rows_;
  TimeAxis axis_;
  FigureTable table_;
};

}  // namespace overcommit::gui
