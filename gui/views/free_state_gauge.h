// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "gui/models/figure_table.h"
#include "gui/session/run.h"
#include "gui/views/picture.h"

namespace overcommit::gui {

// The free-memory state as a gauge beside what each state permits. Every state has a row of the same height, so that the narrow ones can
// be read too: within a row the gauge is to scale, between rows it is not, and each threshold says its size. Hatched above a threshold:
// free memory must rise through it before the state below is left.
class FreeStateGauge final : public Picture {
  Q_OBJECT
 public:
  FreeStateGauge(const Theme& theme, QWidget* parent);
  [[nodiscard]] QAbstractItemModel& table() override { return table_; }
  void setRun(Run* run);
  void refresh();
  [[nodiscard]] QSize sizeHint() const override { return {theme().px(320), theme().px(300)}; }
  [[nodiscard]] QSize minimumSizeHint() const override { return {theme().px(260), theme().px(140)}; }

 Q_SIGNALS:
  void stateChosen();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  struct Row {
    FreeState state;
    std::uint64_t from, to;  // free pages where the gauge of this row begins (below) and ends (above)
    QString permits;
  };
  struct Layout {
    QRect bar;  // all rows of the gauge
    int rowHeight = 0;
    int textLeft = 0;
    QRect words, scaled;
    int freeY = 0;  // where free memory stands
  };
  [[nodiscard]] std::vector<Row> rows() const;
  [[nodiscard]] Layout layOut() const;
  [[nodiscard]] int yOf(const Layout& at, std::size_t row, std::uint64_t pages) const;
  [[nodiscard]] QStringList words() const;
  void paintGauge(QPainter& painter, const Layout& at) const;
  void paintRow(QPainter& painter, const Layout& at, std::size_t index) const;
  void paintWords(QPainter& painter, const Layout& at) const;
  [[nodiscard]] std::uint64_t hysteresis() const;

  Run* run_ = nullptr;
  std::vector<Row> rows_;  // from the top: most free first
  std::vector<QStringList> texts_;
  QStringList words_;  // how much is free, and of a scaled host what that stands for
  int freeY_ = 0;      // as painted last
  FigureTable table_;
};

}  // namespace overcommit::gui
