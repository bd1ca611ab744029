// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QPixmap>
#include <optional>

#include "gui/models/figure_table.h"
#include "gui/session/run.h"
#include "gui/session/seat.h"
#include "gui/views/picture.h"
#include "gui/views/time_axis.h"

namespace overcommit::gui {

// The whole run from left to right: the free state, what the machine's frames were used for, how much went through each gate, and marks.
//
//   axis and state row    press or drag: that instant
//   below                 click: that instant; drag: a range, to which everything filters
//   wheel                 nearer and further around the pointer
class TimelineView final : public Picture {
  Q_OBJECT
 public:
  TimelineView(const Theme& theme, QWidget* parent);
  [[nodiscard]] QAbstractItemModel& table() override { return table_; }
  void setRun(Run* run);
  // From a guest's seat: what the guest uses its memory for, of the VM that is selected or the first, and nothing of the host.
  void setSeat(Seat seat);
  // The history has grown, or the theme is another one.
  void rebuild();
  // The instant is another one.
  void showNow();
  [[nodiscard]] QSize sizeHint() const override { return {900, theme().px(150)}; }
  [[nodiscard]] const TimeAxis& axis() const { return axis_; }
  [[nodiscard]] QRect plot() const { return area_; }
  void zoomTo(VirtualTime from, VirtualTime to);
  void zoomOut();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  enum class Drag : std::uint8_t { None, Scrub, Range };
  void layOut();
  void paintBackground();
  void paintAll(QPainter& painter) const;
  void paintStates(QPainter& painter) const;
  void paintArea(QPainter& painter) const;
  void paintTracks(QPainter& painter) const;
  void paintMarks(QPainter& painter) const;
  void paintGuest(QPainter& painter) const;
  [[nodiscard]] VmId guest() const;
  void fillTable();
  void scrubTo(int x);
  [[nodiscard]] QString tipFor(QPoint point) const;

  Run* run_ = nullptr;
  Seat seat_ = Seat::AllKnowing;
  VirtualTime from_, to_;  // what is shown; to_ 0: everything
  TimeAxis axis_;
  QRect labels_, axisRow_, states_, area_, tracks_;
  QPixmap background_;
  bool backgroundStale_ = true;
  int nowX_ = 0;
  Drag drag_ = Drag::None;
  int pressX_ = 0;
  FigureTable table_;
};

}  // namespace overcommit::gui
