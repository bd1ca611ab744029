// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/run_setup.h"
#include "cli/say.h"
#include "cli/top_batch.h"
#include "cli/top_session.h"

namespace overcommit {
namespace {

enum class TopMode : std::uint8_t { Terminal, Screens, OneScreen, Batch };

struct TopRequest {
  TopMode mode = TopMode::Screens;
  VirtualTime delay = seconds(5);
  std::optional<std::uint64_t> samples;
  VirtualTime at;
  std::optional<TopFields> fields;
};

// Plain numbers are seconds, as esxtop takes them.
Result<std::optional<VirtualTime>> delayOf(const CommandLine& line) {
  const std::string text = line.text("-d");
  if (!line.has("-d")) return std::nullopt;
  const bool plain = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  const auto delay = parseTime(plain ? text + "s" : text);
  if (!delay) return failure("-d: {}", delay.error().text);
  if (*delay < milliseconds(1)) return failure("-d: a refresh is a millisecond of virtual time or more");
  return *delay;
}

Result<TopRequest> topRequestFrom(const CommandLine& line) {
  TopRequest request;
  const auto delay = delayOf(line);
  if (!delay) return tl::unexpected(delay.error());
  const auto samples = line.number("-n");
  if (!samples) return tl::unexpected(samples.error());
  if (*samples == 0u) return failure("-n: at least one refresh is shown");
  const auto at = line.time("--at");
  if (!at) return tl::unexpected(at.error());
  if (line.has("--fields")) {
    auto fields = parseTopFields(line.text("--fields"));
    if (!fields) return failure("--fields: {}", fields.error().text);
    request.fields = std::move(*fields);
  }
  if (*at && (line.has("-b") || *samples)) return failure("--at shows one screen; it goes with neither -b nor -n");
  request.delay = delay->value_or(request.delay);
  request.samples = *samples;
  request.at = at->value_or(VirtualTime(0));
  request.mode = *at ? TopMode::OneScreen : line.has("-b") ? TopMode::Batch : Terminal::isOne() ? TopMode::Terminal : TopMode::Screens;
  return request;
}

void sayScreen(const TopSample& sample, const TopText& text, const TopRequest& request) {
  TopView view;
  if (request.fields) view.fields = *request.fields;
  for (const std::string& line : topScreen(sample, text, view, request.fields ? topScreenWidth(view) : 80)) say("{}\n", line);
}

// One sample after the other, to standard output.
Result<ExitCode> list(TopSource& source, const std::string& title, const TopRequest& request) {
  const TopText text{title, vmNamesOf(source.header())};
  const TopBatch batch(request.fields.value_or(allTopFields()), text.vmNames);
  if (request.mode == TopMode::Batch) say("{}", batch.header());
  TopSample sample;
  for (std::uint64_t shown = 0; sample.now.time < source.end() && shown < request.samples.value_or(~std::uint64_t{0}); ++shown) {
    const VirtualTime last = sample.now.time;
    const VirtualTime next = std::min(last + request.delay, source.end());
    auto taken = sampleAt(source, next, next - last, sample);
    if (!taken) return tl::unexpected(taken.error());
    if (interrupted()) return ExitCode::Interrupted;
    if (!source.goesOnAfter(last)) break;
    sample = std::move(*taken);
    if (request.mode == TopMode::Batch) {
      say("{}", batch.row(sample));
    } else {
      if (shown > 0) say("\n");
      sayScreen(sample, text, request);
    }
    std::fflush(stdout);
    if (std::ferror(stdout) != 0) break;  // nobody reads any more; main() says so
  }
  return ExitCode::Well;
}

Result<ExitCode> showOne(TopSource& source, const std::string& title, const TopRequest& request) {
  const auto isBeyond = [&] {
    return failure("--at: {} is beyond the end of the run, which is at {}", formatTime(request.at), formatTime(source.end()));
  };
  if (request.at > source.end()) return isBeyond();
  const auto sample = sampleAt(source, std::max(request.at, nanoseconds(1)), request.delay, {});
  if (!sample) return tl::unexpected(sample.error());
  if (interrupted()) return ExitCode::Interrupted;
  if (request.at > source.end()) return isBeyond();  // it ended before its time
  sayScreen(*sample, {title, vmNamesOf(source.header())}, request);
  return ExitCode::Well;
}

Result<ExitCode> showAll(TopSource& source, const std::string& title, const TopRequest& request) {
  if (request.mode == TopMode::OneScreen) return showOne(source, title, request);
  if (request.mode != TopMode::Terminal) return list(source, title, request);
  auto terminal = Terminal::open();
  if (!terminal) return tl::unexpected(terminal.error());
  TopSession::Wanted wanted;
  wanted.delay = request.delay;
  wanted.refreshes = request.samples;
  wanted.title = title;
  if (request.fields) wanted.view.fields = *request.fields;
  return TopSession(source, **terminal, std::move(wanted)).run();
}

ExitCode endedAs(const Result<ExitCode>& result) {
  if (result) return *result;
  printError(result.error());
  return exitCodeFor(result.error());
}

ExitCode topOfTrace(const CommandLine& line, const std::string& title, const TopRequest& request) {
  for (const char* option : {"--seed", "--duration", "--backend"}) {
    if (!line.has(option)) continue;
    printError(Error{fmt::format("{}: a trace is of one run; give the scenario to run it otherwise", option)});
    return ExitCode::Usage;
  }
  auto reader = TraceReader::open(line.text("FILE"));
  if (!reader) return endedAs(tl::unexpected(reader.error()));
  if (request.mode == TopMode::OneScreen) {
    if (const auto reaches = reader->checkReaches(request.at); !reaches) return endedAs(failure("--at: {}", reaches.error().text));
  }
  if (reader->end() != TraceEnd::Complete && request.mode != TopMode::Terminal) printError(Error{reader->endText()});
  TraceTopSource source(*reader, request.mode == TopMode::Terminal ? TraceGrows::Perhaps : TraceGrows::No);
  return endedAs(showAll(source, title, request));
}

ExitCode topOfScenario(const CommandLine& line, const std::string& title, const TopRequest& request) {
  auto scenario = scenarioNotTraceFrom(line);
  if (!scenario) return endedAs(tl::unexpected(scenario.error()));
  EventLog log;
  auto run = setUp(std::move(*scenario), log);
  if (!run) return endedAs(tl::unexpected(run.error()));
  auto source = RunTopSource::start(**run, log);
  if (!source) return endedAs(tl::unexpected(source.error()));
  return endedAs(showAll(**source, title, request));
}

}  // namespace

ExitCode topCommand(const CommandLine& line) {
  const auto request = topRequestFrom(line);
  if (!request) {
    printError(request.error());
    return ExitCode::Usage;
  }
  catchInterrupts();
  const std::string file = line.text("FILE");
  const std::string title = printable(std::filesystem::path(file).filename().string());
  return isTrace(file) ? topOfTrace(line, title, *request) : topOfScenario(line, title, *request);
}

}  // namespace overcommit
