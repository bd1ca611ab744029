// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <cstdio>

#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "trace/event_filter.h"
#include "trace/event_text.h"
#include "trace/trace_info.h"

namespace overcommit {
namespace {

Result<EventFormat> formatFrom(const CommandLine& line) {
  const std::string name = line.text("--format");
  if (!line.has("--format") || name == "text") return EventFormat::Text;
  if (name == "json") return EventFormat::JsonLines;
  if (name == "csv") return EventFormat::Csv;
  return failure("--format: there is no format \"{}\"; use text, json or csv", name);
}

Result<void> addKinds(const std::string& list, EventFilter& filter) {
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    const auto kind = eventKindNamed(std::string_view(list).substr(at, end - at));
    if (!kind) return failure("--kind: {}", kind.error().text);
    filter.want(*kind);
    at = end + 1;
  }
  return {};
}

Result<EventFilter> filterFrom(const CommandLine& line, const TraceHeader& header) {
  EventFilter filter;
  if (line.has("--kind")) {
    if (const auto added = addKinds(line.text("--kind"), filter); !added) return tl::unexpected(added.error());
  }
  if (line.has("--vm")) {
    const auto vm = vmNamed(header, line.text("--vm"));
    if (!vm) return failure("--vm: {}", vm.error().text);
    filter.vm = *vm;
  }
  const auto gfn = line.address("--gfn");
  const auto mfn = line.address("--mfn");
  const auto from = line.time("--from");
  const auto to = line.time("--to");
  const auto limit = line.number("--limit");
  if (!gfn) return tl::unexpected(gfn.error());
  if (!mfn) return tl::unexpected(mfn.error());
  if (!from) return tl::unexpected(from.error());
  if (!to) return tl::unexpected(to.error());
  if (!limit) return tl::unexpected(limit.error());
  if (*gfn) filter.gfn = Gfn(**gfn);
  if (*mfn) filter.mfn = Mfn(**mfn);
  filter.fromTime = *from;
  filter.toTime = *to;
  filter.limit = *limit;
  return filter;
}

Result<void> printEvents(const CommandLine& line) {
  const auto format = formatFrom(line);
  if (!format) return tl::unexpected(format.error());
  const auto reader = TraceReader::open(line.text("TRACE"));
  if (!reader) return tl::unexpected(reader.error());
  const auto filter = filterFrom(line, reader->header());
  if (!filter) return tl::unexpected(filter.error());
  const auto write = [](std::string_view text) { return std::fwrite(text.data(), 1, text.size(), stdout) == text.size(); };
  write(eventLinesHead(*format));
  const auto printed =
      forEachEvent(*reader, *filter, [&](const Event& event) { return write(eventLine(*format, event, reader->header())); });
  if (!printed) return tl::unexpected(printed.error());
  if (reader->end() != TraceEnd::Complete) printError(Error{reader->endText()});
  return {};
}

Result<void> printInfo(const CommandLine& line) {
  const auto reader = TraceReader::open(line.text("TRACE"));
  if (!reader) return tl::unexpected(reader.error());
  const auto info = traceInfo(*reader);
  if (!info) return tl::unexpected(info.error());
  say("{}", traceInfoText(*info));
  return {};
}

ExitCode ended(const Result<void>& done) {
  if (done) return ExitCode::Well;
  printError(done.error());
  return ExitCode::Usage;
}

}  // namespace

ExitCode traceInfoCommand(const CommandLine& line) { return ended(printInfo(line)); }
ExitCode traceEventsCommand(const CommandLine& line) { return ended(printEvents(line)); }

}  // namespace overcommit
