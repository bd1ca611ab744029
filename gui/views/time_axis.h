// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <vector>

#include "base/ids.h"

namespace overcommit::gui {

// A stretch of virtual time on so many px.
class TimeAxis {
 public:
  TimeAxis() = default;
  TimeAxis(VirtualTime from, VirtualTime to, int left, int width);
  [[nodiscard]] VirtualTime from() const { return from_; }
  [[nodiscard]] VirtualTime to() const { return to_; }
  [[nodiscard]] int left() const { return left_; }
  [[nodiscard]] int width() const { return width_; }
  [[nodiscard]] int xOf(VirtualTime time) const;
  // Within the stretch, whatever x is.
  [[nodiscard]] VirtualTime timeAt(int x) const;

  struct Tick {
    int x;
    QString label;
  };
  // At round times, about `spacing` px apart or more.
  [[nodiscard]] std::vector<Tick> ticks(int spacing) const;

 private:
  VirtualTime from_, to_ = VirtualTime(1);
  int left_ = 0, width_ = 1;
};

}  // namespace overcommit::gui
