// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "gui/models/figure_table.h"
#include "gui/session/run.h"
#include "gui/views/map_view.h"
#include "gui/views/picture.h"

namespace overcommit::gui {

// The swap file of a VM, slot by slot. A click on one chooses it.
class SlotView final : public Picture {
  Q_OBJECT
 public:
  SlotView(const Theme& theme, QWidget* parent);
  [[nodiscard]] QAbstractItemModel& table() override { return table_; }
  void show(Run* run, std::optional<VmId> vm);
  [[nodiscard]] std::optional<std::uint64_t> chosen() const { return chosen_; }
  void choose(std::optional<std::uint64_t> slot);
  [[nodiscard]] QRect rectOf(std::uint64_t slot) const { return map_.rectOf(slot); }
  [[nodiscard]] QSize sizeHint() const override { return {theme().px(460), theme().px(220)}; }
  [[nodiscard]] QSize minimumSizeHint() const override { return {theme().px(260), theme().px(64)}; }

 Q_SIGNALS:
  void slotChosen(overcommit::VmId vm, quint64 slot);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void layOut();
  void fill();
  [[nodiscard]] QString usedText() const;

  Run* run_ = nullptr;
  std::optional<VmId> vm_;
  CellField field_{0};
  MapView map_;
  std::uint64_t capacity_ = 0, used_ = 0;
  std::optional<std::uint64_t> chosen_;
  FigureTable table_;
};

}  // namespace overcommit::gui
