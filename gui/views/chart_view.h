// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QPixmap>
#include <vector>

#include "gui/models/chart_series.h"
#include "gui/session/run.h"
#include "gui/views/picture.h"
#include "gui/views/time_axis.h"

namespace overcommit::gui {

// Curves over time. Memory is read at the left, rates at the right; where a pixel holds many samples their smallest and largest are drawn.
// A click leads to the instant.
class ChartView final : public Picture {
  Q_OBJECT
 public:
  ChartView(const Theme& theme, QWidget* parent);
  [[nodiscard]] QAbstractItemModel& table() override { return table_; }
  void setCurves(Run* run, std::vector<ChartSeries> series, VirtualTime window);
  void showNow();
  [[nodiscard]] QSize minimumSizeHint() const override { return {200, 90}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void paintBackground();
  void paintAll(QPainter& painter);
  void paintCurve(QPainter& painter, std::size_t curve, double most) const;
  [[nodiscard]] double mostOf(ChartSeries::Unit unit) const;
  [[nodiscard]] std::size_t sampleAt(VirtualTime time) const;

  Run* run_ = nullptr;
  std::vector<ChartSeries> series_;
  std::vector<std::vector<double>> values_;
  VirtualTime step_ = VirtualTime(1);
  TimeAxis axis_;
  QRect plot_;
  QPixmap background_;
  bool stale_ = true;
  int nowX_ = 0;
  ChartTable table_;
};

}  // namespace overcommit::gui
