// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>

#include "gui/models/figure_table.h"
#include "gui/session/gate.h"
#include "gui/session/gate_lock.h"
#include "gui/session/run.h"
#include "gui/views/picture.h"

namespace overcommit::gui {

// Between guests and machine: the five gates through which pages go down and come back, each open or closed with the reason, how many
// pages a second go each way, and the last five seconds of that as a curve. In a run that goes on a click locks a gate shut, or unlocks it.
class GateStrip final : public Picture {
  Q_OBJECT
 public:
  GateStrip(const Theme& theme, QWidget* parent);
  [[nodiscard]] QAbstractItemModel& table() override { return table_; }
  [[nodiscard]] std::vector<Figure> figures() const override;
  void setRun(Run* run);
  void refresh();
  [[nodiscard]] int wantedHeight() const;
  // One line a gate instead of two, where there is little room: name and rates.
  void setCompact(bool compact);
  // Whether a click locks and unlocks; else it asks for what went through.
  enum class Locks : std::uint8_t { Fixed, Work };
  void setLocks(Locks locks);
  [[nodiscard]] QRect rectOf(Gate gate) const { return rectOf(static_cast<std::size_t>(gate)); }

 Q_SIGNALS:
  // A gate was chosen: show what went through it.
  void gateChosen(overcommit::gui::Gate gate);
  void lockWanted(overcommit::gui::Gate gate, overcommit::gui::GateLock lock);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  bool event(QEvent* event) override;

 private:
  static constexpr std::size_t kPoints = 40;
  struct Box {
    GateState state;
    GateLock lock = GateLock::Unlocked;
    GateCounts rate;  // pages a virtual second
    GateCounts total;
    std::array<GateCounts, kPoints> curve{};
  };
  [[nodiscard]] QRect rectOf(std::size_t gate) const;
  [[nodiscard]] std::optional<std::size_t> gateAt(QPoint point) const;
  void paintBox(QPainter& painter, const QRect& rect, Gate gate, const Box& box, bool focused) const;
  void choose(std::size_t gate, Qt::KeyboardModifiers modifiers);
  [[nodiscard]] bool canLock(std::size_t gate) const { return locks_ == Locks::Work && !lockOptionOf(kAllGates[gate]).isEmpty(); }
  void wantLock(std::size_t gate);
  void paintBolt(QPainter& painter, const QRect& rect) const;
  void paintCurve(QPainter& painter, const QRect& rect, Gate gate, const Box& box) const;

  Run* run_ = nullptr;
  std::array<Box, kGates> boxes_;
  std::size_t current_ = 0;
  bool compact_ = false;
  Locks locks_ = Locks::Fixed;
  FigureTable table_;
};

}  // namespace overcommit::gui
