// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "gui/map/world_fields.h"
#include "gui/models/figure_table.h"
#include "gui/session/selection.h"
#include "gui/session/view_options.h"
#include "gui/views/map_view.h"
#include "gui/views/picture.h"

namespace overcommit::gui {

// The lower floor: the VMs' swap files, a strip each, every slot of it.
class SwapFloor final : public Picture {
  Q_OBJECT
 public:
  SwapFloor(const Theme& theme, const ViewOptions& options, QWidget* parent);
  [[nodiscard]] QAbstractItemModel& table() override { return table_; }

  void setWorld(const WorldModel* world, const WorldFields* fields, Selection* selection);
  void layOut();
  void refreshCells();
  void refreshFigures();
  // Where a slot is drawn; empty if its VM is not shown.
  [[nodiscard]] QRect rectOf(VmId vm, std::uint64_t slot) const;
  // For a strip of so many px.
  [[nodiscard]] int heightFor(int strip) const;
  // Without labels, where there is little room.
  void setCompact(bool compact) { compact_ = compact; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  struct Strip {
    VmId vm;
    QRect label, frame;
    MapView map;
    std::uint64_t swapped = 0, capacity = 0;
    QString name;
  };
  [[nodiscard]] bool labelled() const;
  [[nodiscard]] const Strip* stripAt(QPoint point) const;

  const ViewOptions& options_;
  const WorldModel* world_ = nullptr;
  const WorldFields* fields_ = nullptr;
  Selection* selection_ = nullptr;
  std::vector<Strip> strips_;
  bool compact_ = false;
  FigureTable table_;
};

}  // namespace overcommit::gui
