// SPDX-License-Identifier: GPL-2.0-or-later
// The balloon protocol from the side of a guest that does anything at all: three bytes a step, under audit.
#include "host/support/balloon_player.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLongest = 3 * 2000;
  overcommit::test::BalloonPlayer player;
  player.play({data, std::min(size, kLongest)});
  return 0;
}
