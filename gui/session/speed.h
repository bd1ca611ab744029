// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <array>
#include <cstdint>

namespace overcommit::gui {

// The speed ladder, in thousandths of a virtual second for a second on the wall; Most: as fast as this machine can.
inline constexpr std::uint64_t kMostSpeed = 0;
inline constexpr std::array<std::uint64_t, 7> kSpeeds{10, 100, 500, 1000, 5000, 20000, kMostSpeed};
inline constexpr std::size_t kNormalSpeed = 3;

// "0.5×", "max".
inline QString speedText(std::uint64_t speed) {
  return speed == kMostSpeed ? QStringLiteral("max") : QStringLiteral("%1×").arg(static_cast<double>(speed) / 1000.0);
}

}  // namespace overcommit::gui
