// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QRegion>

#include "gui/map/world_fields.h"
#include "gui/models/figure_table.h"
#include "gui/session/selection.h"
#include "gui/session/view_options.h"
#include "gui/views/map_view.h"
#include "gui/views/memory_bar.h"
#include "gui/views/picture.h"

namespace overcommit::gui {

// The middle floor: what really exists. A bar of what all frames are used for, with the free-state thresholds as ticks from its free
// end, and a map of every frame.
class MachineFloor final : public Picture {
  Q_OBJECT
 public:
  MachineFloor(const Theme& theme, const ViewOptions& options, QWidget* parent);
  [[nodiscard]] QAbstractItemModel& table() override { return table_; }
  [[nodiscard]] std::vector<Figure> figures() const override;

  void setWorld(const WorldModel* world, const WorldFields* fields, Selection* selection);
  void layOut();
  void refreshCells();
  void refreshFigures();
  [[nodiscard]] int headHeight() const;
  // Ticks of thresholds without their words, and a lower bar, where there is little room.
  void setCompact(bool compact) { compact_ = compact; }
  [[nodiscard]] int heightWithin(int width, int most) const;
  // In a sorted map the first frame of the row there.
  [[nodiscard]] std::optional<Mfn> frameAt(QPoint point) const {
    const auto page = map_.pageAt(point);
    return page ? std::optional(Mfn(*page)) : std::nullopt;
  }
  [[nodiscard]] QRect rectOf(Mfn mfn) const { return map_.rectOf(mfn.value()); }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void paintThresholds(QPainter& painter) const;
  [[nodiscard]] QString thresholdText() const;
  [[nodiscard]] std::optional<Mfn> selectedFrame() const;

  const ViewOptions& options_;
  const WorldModel* world_ = nullptr;
  const WorldFields* fields_ = nullptr;
  Selection* selection_ = nullptr;
  MapView map_;
  QRect heading_, bar_, ticks_;
  bool compact_ = false;
  std::vector<BarPart> parts_;
  FigureTable table_;
};

}  // namespace overcommit::gui
