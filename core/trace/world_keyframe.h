// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <vector>

#include "base/error.h"
#include "trace/world.h"

namespace overcommit {

// A whole world as bytes, for the keyframes of a trace. Frames that pages use are not written: they follow from the pages.
std::vector<std::byte> encodeKeyframe(const WorldModel& world);
// The world of a run with this header. Refuses bytes that describe no possible world.
Result<WorldModel> decodeKeyframe(std::span<const std::byte> bytes, const TraceHeader& header);

}  // namespace overcommit
