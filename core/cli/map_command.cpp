// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/memory_map.h"
#include "cli/run_setup.h"
#include "cli/say.h"
#include "trace/trace_cursor.h"
#include "trace/world_listener.h"

namespace overcommit {
namespace {

struct MapRequest {
  VirtualTime at;
  std::string vm;  // "" = all and the machine
  MapStyle style;
};

Result<MapRequest> requestFrom(const CommandLine& line) {
  MapRequest request;
  const auto at = line.time("--at");
  if (!at) return tl::unexpected(at.error());
  const auto pages = line.number("--pages");
  if (!pages) return tl::unexpected(pages.error());
  if (*pages == 0u) return failure("--pages: a character stands for one page at least");
  request.at = **at;
  request.vm = line.text("--vm");
  request.style = {line.has("--guest") ? MapOf::GuestUses : MapOf::Places, *pages};
  return request;
}

Result<void> draw(const WorldModel& world, const MapRequest& request, VirtualTime time) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < world.vms(); ++i) names.push_back(world.name(VmId(static_cast<std::uint16_t>(i))));
  if (!request.vm.empty() && std::find(names.begin(), names.end(), request.vm) == names.end())
    return failure("--vm: there is no VM \"{}\"{}", request.vm, didYouMean(request.vm, names));
  say("memory at {}\n", formatTime(time));
  for (std::size_t i = 0; i < world.vms(); ++i) {
    if (!request.vm.empty() && names[i] != request.vm) continue;
    say("\n{}", drawVm(world, VmId(static_cast<std::uint16_t>(i)), request.style));
  }
  say("{}", vmLegend(request.style.of));
  if (request.vm.empty()) say("\n{}{}", drawMachine(world, request.style), machineLegend(world));
  return {};
}

Result<void> mapTrace(const CommandLine& line, const MapRequest& request) {
  if (line.has("--seed")) return failure("--seed: a trace is a run of one seed; give the scenario to run it with another");
  const auto reader = TraceReader::open(line.text("FILE"));
  if (!reader) return tl::unexpected(reader.error());
  if (const auto reaches = reader->checkReaches(request.at); !reaches) return failure("--at: {}", reaches.error().text);
  if (reader->end() != TraceEnd::Complete) printError(Error{reader->endText()});
  TraceCursor cursor(*reader);
  if (auto sought = cursor.seekTime(request.at); !sought) return sought;
  return draw(cursor.world(), request, std::min(request.at, std::max(reader->lastTime(), cursor.world().hostTime())));
}

ExitCode mapScenario(const CommandLine& line, const MapRequest& request) {
  const auto fail = [](const Error& error) {
    printError(error);
    return exitCodeFor(error);
  };
  auto scenario = scenarioNotTraceFrom(line);
  if (!scenario) return fail(scenario.error());
  EventLog log;
  auto run = setUp(std::move(*scenario), log);
  if (!run) return fail(run.error());
  WorldListener listener((*run)->host().traceHeader((*run)->scenario().text, (*run)->scenario().fileName));
  log.addListener(listener);
  catchInterrupts();
  if (const auto started = (*run)->start(); !started) return fail(started.error());
  if (const auto advanced = advanceToInstant(**run, request.at); !advanced) return fail(advanced.error());
  if (interrupted()) return ExitCode::Interrupted;
  invariant(!listener.error(), "the world model follows every event of the engine");
  if (const auto drawn = draw(listener.world(), request, (*run)->now()); !drawn) return fail(drawn.error());
  return ExitCode::Well;
}

}  // namespace

ExitCode mapCommand(const CommandLine& line) {
  const auto request = requestFrom(line);
  if (!request) {
    printError(request.error());
    return ExitCode::Usage;
  }
  if (!isTrace(line.text("FILE"))) return mapScenario(line, *request);
  if (const auto drawn = mapTrace(line, *request); !drawn) {
    printError(drawn.error());
    return ExitCode::Usage;
  }
  return ExitCode::Well;
}

}  // namespace overcommit
