// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/live_trace.h"

namespace overcommit {
namespace {

// A look at the clock costs as much as a tenth of an event.
constexpr unsigned kEventsBetweenLooks = 64;

}  // namespace

Result<std::unique_ptr<LiveTrace>> LiveTrace::create(const std::filesystem::path& path, const TraceHeader& header) {
  auto writer = TraceWriter::create(path, header);
  if (!writer) return tl::unexpected(writer.error());
  return std::unique_ptr<LiveTrace>(new LiveTrace(std::move(*writer)));
}

void LiveTrace::onEvent(const Event& event) {
  writer_->onEvent(event);
  if (++sinceLook_ < kEventsBetweenLooks) return;
  sinceLook_ = 0;
  if (Clock::now() - flushed_ >= kLongestOpen) flush();
}

void LiveTrace::flush() {
  writer_->flush();
  flushed_ = Clock::now();
}

}  // namespace overcommit
