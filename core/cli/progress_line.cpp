// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/progress_line.h"

#include <fmt/format.h>

#include "cli/say.h"

#include "base/units.h"
#include "host/metrics.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kBarWidth = 20;
constexpr std::chrono::milliseconds kInterval{100};

std::uint64_t hostFigure(const Host& host, std::string_view path) {
  const auto reference = findMetric(path, {});
  invariant(reference.has_value(), "the progress line shows metrics that exist");
  return readMetric(host, *reference);
}

}  // namespace

std::string progressText(VirtualTime now, VirtualTime duration, Bytes free, Bytes swapped, std::uint64_t operations) {
  const std::uint64_t total = std::max<std::uint64_t>(duration.value(), 1);
  const auto filled = static_cast<std::size_t>(std::min(kBarWidth, now.value() / std::max<std::uint64_t>(total / kBarWidth, 1)));
  return fmt::format("[{}{}] {} of {}  free {}  swapped {}  {} operations", std::string(filled, '#'), std::string(kBarWidth - filled, '.'),
                     formatTime(now), formatTime(duration), formatBytes(free), formatBytes(swapped), operations)
      .substr(0, 79);
}

void ProgressLine::onQuantum(const Host& host) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + kInterval;
  const std::string text = progressText(host.now(), duration_, Bytes(hostFigure(host, "host.free")),
                                        Bytes(hostFigure(host, "host.swapped")), hostFigure(host, "host.operations"));
  sayTo(terminal_, "\r\033[K{}", text);
  std::fflush(terminal_);
  shown_ = true;
}

void ProgressLine::clear() {
  if (!shown_) return;
  sayTo(terminal_, "\r\033[K");
  std::fflush(terminal_);
  shown_ = false;
}

}  // namespace overcommit
