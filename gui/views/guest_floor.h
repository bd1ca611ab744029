// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "gui/map/world_fields.h"
#include "gui/models/figure_table.h"
#include "gui/session/selection.h"
#include "gui/session/view_options.h"
#include "gui/views/map_view.h"
#include "gui/views/memory_bar.h"
#include "gui/views/picture.h"

namespace overcommit::gui {

// The upper floor: what each VM believes it has. A card a VM, in the form that its width allows:
//
//   card  from 200 px   name and figures, composition with the target as a notch, map
//   tile  from 110 px   name and what it uses, composition, map
//   chip  below         name, composition, map
//
// One VM may take the whole floor (double-click, Enter); Escape brings the others back. Of more than 64 VMs those under most pressure
// are shown.
class GuestFloor final : public Picture {
  Q_OBJECT
 public:
  GuestFloor(const Theme& theme, const ViewOptions& options, QWidget* parent);
  [[nodiscard]] QAbstractItemModel& table() override { return table_; }
  [[nodiscard]] std::vector<Figure> figures() const override;

  // Another run: `world` outlives its use here; nothing of the old one is kept.
  void setWorld(const WorldModel* world, const WorldFields* fields, Selection* selection);
  // How much of `most` px of height the cards take at this width.
  [[nodiscard]] int heightWithin(int width, int most) const;
  void layOut();
  // The cells or figures may have changed.
  void refreshCells();
  void refreshFigures();

  // Where a page is drawn, in this widget; empty if its VM is not shown.
  [[nodiscard]] QRect rectOf(VmId vm, Gfn gfn) const;
  // The map of a VM.
  [[nodiscard]] QRect rectOf(VmId vm) const;
  struct PageAt {
    VmId vm;
    Gfn gfn;
  };
  // In a sorted map the first page of the row there.
  [[nodiscard]] std::optional<PageAt> pageAt(QPoint point) const;
  [[nodiscard]] std::optional<VmId> enlarged() const { return enlarged_; }
  void enlarge(std::optional<VmId> vm);
  static constexpr std::size_t kMostCards = 64;

 Q_SIGNALS:
  void arrangementChanged();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  enum class Form : std::uint8_t { Card, Tile, Chip };
  struct Card {
    VmId vm;
    QRect rect, title, bar;
    MapView map;
    std::vector<BarPart> parts;
    QString name, figures;
    std::uint64_t memory = 0, target = 0;
  };
  struct Grid {
    int columns = 1, rows = 1, cardWidth = 0, cardHeight = 0, gap = 0, top = 0;
    Form form = Form::Card;
  };
  [[nodiscard]] Grid gridFor(int width, int height, std::size_t cards) const;
  [[nodiscard]] std::vector<VmId> chosenVms() const;
  [[nodiscard]] int headHeight(Form form) const;
  [[nodiscard]] const Card* cardAt(QPoint point) const;
  void fillFigures(Card& card) const;
  void paintCard(QPainter& painter, const Card& card, const QRegion& exposed) const;
  // What of the card's figures has room beside its name, and where.
  struct Words {
    QString text;
    QRect rect;
  };
  [[nodiscard]] Words wordsOf(const Card& card) const;
  [[nodiscard]] QString tipFor(QPoint point) const;
  void moveSelection(int dx, int dy);

  const ViewOptions& options_;
  const WorldModel* world_ = nullptr;
  const WorldFields* fields_ = nullptr;
  Selection* selection_ = nullptr;
  std::vector<Card> cards_;
  Form form_ = Form::Card;
  std::optional<VmId> enlarged_;
  FigureTable table_;
};

}  // namespace overcommit::gui
