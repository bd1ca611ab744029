// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/top_source.h"

#include <algorithm>

#include "cli/interrupt.h"

namespace overcommit {
namespace {

// Events of the quantum that begins at `time` are after it.
VirtualTime lastBefore(VirtualTime time) { return time > VirtualTime(0) ? time - nanoseconds(1) : time; }

}  // namespace

Result<std::unique_ptr<RunTopSource>> RunTopSource::start(ScenarioRun& run, EventLog& log) {
  std::unique_ptr<RunTopSource> source(new RunTopSource(run, run.host().traceHeader(run.scenario().text, run.scenario().fileName)));
  log.addListener(source->world_);
  if (auto started = run.start(); !started) return tl::unexpected(started.error());
  return source;
}

Result<bool> RunTopSource::moveTo(VirtualTime time) {
  if (run_.ending() || run_.now() >= time) return true;
  if (auto advanced = run_.advance(std::min(time, run_.now() + run_.host().quantum())); !advanced) return tl::unexpected(advanced.error());
  invariant(!world_.error(), "the world model follows every event of the engine");
  return run_.ending() || run_.now() >= time;
}

MemoryFigures RunTopSource::figures(VirtualTime time) const {
  return figuresOf(world_.world(), time, header_.timeScale, FigureDepth::EachPage);
}

bool RunTopSource::goesOnAfter(VirtualTime time) { return !run_.ending() || run_.now() > time; }
VirtualTime RunTopSource::end() const { return run_.ending() ? run_.now() : run_.scenario().config.duration; }

Result<bool> TraceTopSource::moveTo(VirtualTime time) {
  if (auto sought = cursor_.seekTime(lastBefore(time)); !sought) return tl::unexpected(sought.error());
  return true;
}

MemoryFigures TraceTopSource::figures(VirtualTime time) const {
  return figuresOf(cursor_.world(), time, header().timeScale, FigureDepth::EachPage);
}

bool TraceTopSource::goesOnAfter(VirtualTime time) {
  if (reader_.end() == TraceEnd::Unfinished && reader_.lastTime() < time) (void)reader_.refresh();  // what cannot be read is not there
  return reader_.lastTime() >= time;
}

VirtualTime TraceTopSource::end() const {
  const bool asLongAsTheRun =
      reader_.end() == TraceEnd::Complete || (reader_.end() == TraceEnd::Unfinished && grows_ == TraceGrows::Perhaps);
  return asLongAsTheRun && header().duration > VirtualTime(0) ? header().duration : reader_.lastTime() + nanoseconds(1);
}

Result<TopSample> sampleAt(TopSource& source, VirtualTime time, VirtualTime delay, const TopSample& previous) {
  const auto figuresAt = [&](VirtualTime at) -> Result<MemoryFigures> {
    for (;;) {
      const auto there = source.moveTo(at);
      if (!there) return tl::unexpected(there.error());
      if (*there || interrupted()) return source.figures(at);
    }
  };
  TopSample sample;
  const VirtualTime start = time - std::min(time, delay);
  if (previous.now.time == start && !previous.now.vms.empty()) {
    sample.before = previous.now;
  } else if (start > VirtualTime(0)) {
    auto before = figuresAt(start);
    if (!before) return tl::unexpected(before.error());
    sample.before = std::move(*before);
  }
  auto now = figuresAt(time);
  if (!now) return tl::unexpected(now.error());
  sample.now = std::move(*now);
  return sample;
}

std::vector<std::string> vmNamesOf(const TraceHeader& header) {
  std::vector<std::string> names;
  for (const TraceVm& vm : header.vms) names.push_back(printable(vm.name));
  return names;
}

}  // namespace overcommit
