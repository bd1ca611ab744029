// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>
#include <vector>

#include "gui/theme/theme.h"

namespace overcommit::gui {

// Over the floors, and transparent to the mouse: pages on their way, as squares that go straight from where they were to where they are.
class Flights final : public QWidget {
 public:
  static constexpr int kMilliseconds = 450, kSlowMilliseconds = 1400;
  struct Sprite {
    QPoint from, to;
    Hue hue;
    std::uint64_t count;  // pages; from 2 on it says so and is larger
  };
  Flights(const Theme& theme, QWidget* parent);
  enum class Pace : std::uint8_t { Normal, Slow };
  void start(const std::vector<Sprite>& sprites, Pace pace);
  // At once: paused means still.
  void clear();
  [[nodiscard]] std::size_t flying() const { return flying_.size(); }
  // As if so much time had passed; the timer calls it, and tests do.
  void advance(int milliseconds);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  struct Flying {
    Sprite sprite;
    int age, duration;  // ms
    QRect drawn;
  };
  [[nodiscard]] QRect rectOf(const Flying& one) const;
  [[nodiscard]] int sizeOf(std::uint64_t count) const;

  const Theme& theme_;
  std::vector<Flying> flying_;
  QTimer timer_;
  QElapsedTimer wall_;
};

}  // namespace overcommit::gui
