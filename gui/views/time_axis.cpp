// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/time_axis.h"

#include <algorithm>
#include <cmath>

#include "base/units.h"
#include "gui/session/text.h"

namespace overcommit::gui {

TimeAxis::TimeAxis(VirtualTime from, VirtualTime to, int left, int width)
    : from_(from), to_(std::max(to, from + nanoseconds(1))), left_(left), width_(std::max(width, 1)) {}

int TimeAxis::xOf(VirtualTime time) const {
  const VirtualTime inside = std::clamp(time, from_, to_);
  const double part = static_cast<double>((inside - from_).value()) / static_cast<double>((to_ - from_).value());
  return left_ + static_cast<int>(std::lround(part * width_));
}

VirtualTime TimeAxis::timeAt(int x) const {
  const double part = std::clamp(static_cast<double>(x - left_) / width_, 0.0, 1.0);
  return from_ + VirtualTime(static_cast<std::uint64_t>(part * static_cast<double>((to_ - from_).value())));
}

std::vector<TimeAxis::Tick> TimeAxis::ticks(int spacing) const {
  const double most = std::max(static_cast<double>(width_) / std::max(spacing, 1), 1.0);
  const double smallest = static_cast<double>((to_ - from_).value()) / most;
  std::uint64_t step = 1;
  // 1, 2, 5, 10, 20, 50, …
  while (static_cast<double>(step) < smallest) {
    if (static_cast<double>(step * 2) >= smallest) {
      step *= 2;
    } else if (static_cast<double>(step * 5) >= smallest) {
      step *= 5;
    } else {
      step *= 10;
    }
  }
  std::vector<Tick> ticks;
  for (std::uint64_t time = (from_.value() + step - 1) / step * step; time <= to_.value(); time += step)
    ticks.push_back({xOf(VirtualTime(time)), time == 0 ? QStringLiteral("0 s") : qstring(formatTime(VirtualTime(time)))});
  return ticks;
}

}  // namespace overcommit::gui
