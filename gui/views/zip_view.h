// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "gui/models/figure_table.h"
#include "gui/models/zip_store.h"
#include "gui/session/run.h"
#include "gui/views/picture.h"

namespace overcommit::gui {

// A compression cache: every store frame of 4 KiB as a box of four quarters, in it the slots of 1 and 2 KiB, each filled as far as its
// page's LZ4 form goes. Above: figures.
class ZipView final : public Picture {
  Q_OBJECT
 public:
  ZipView(const Theme& theme, QWidget* parent);
  [[nodiscard]] QAbstractItemModel& table() override { return table_; }
  // `vm`: nothing is all VMs.
  void show(Run* run, std::optional<VmId> vm);
  [[nodiscard]] bool hasHeightForWidth() const override { return true; }
  [[nodiscard]] int heightForWidth(int width) const override;
  [[nodiscard]] QSize sizeHint() const override { return {theme().px(460), heightForWidth(theme().px(460))}; }
  [[nodiscard]] QSize minimumSizeHint() const override { return {theme().px(300), heightForWidth(std::max(width(), theme().px(300)))}; }
  // Where a slot is drawn; empty if it is not.
  [[nodiscard]] QRect rectOf(VmId vm, Gfn gfn) const;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  struct Fact {
    QString name, value, metric;
    EventKind kind;
  };
  [[nodiscard]] std::vector<Fact> facts() const;
  [[nodiscard]] int quarter() const { return std::max(theme().px(12), 8); }  // px of 1 KiB
  [[nodiscard]] int boxHeight() const { return std::max(theme().px(12), 8); }
  [[nodiscard]] int headHeight(int width) const;
  [[nodiscard]] int columnsFor(int width) const;
  [[nodiscard]] QRect frameRect(std::size_t frame) const;
  [[nodiscard]] QRect slotRect(std::size_t frame, const StoreSlot& slot) const;
  [[nodiscard]] const StoreSlot* slotAt(QPoint point) const;
  void layOut();

  Run* run_ = nullptr;
  std::optional<VmId> vm_;
  ZipStore store_;
  std::vector<Fact> facts_;
  FigureTable table_;
};

}  // namespace overcommit::gui
