// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/stop_conditions.h"

#include <array>

#include "base/nearest.h"
#include "serve/method_table.h"
#include "serve/params.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kMost = ~std::uint64_t{0};

std::vector<std::string_view> stopNames() {
  std::vector<std::string_view> names;
  for (const ParamInfo& stop : stopTable()) names.push_back(stop.name);
  return names;
}

void readVm(Params& params, const TraceHeader& header, EventFilter& filter) {
  const auto name = params.text("vm");
  if (!name) return;
  const auto vm = vmNamed(header, *name);
  if (vm) filter.vm = *vm;
  if (!vm) params.wrong("{}", vm.error().text);
}

Answer<EventFilter> readEvent(const ReceivedJson& object, const TraceHeader& header) {
  constexpr std::array<std::string_view, 4> kNames{"kind", "vm", "gfn", "mfn"};
  Params params(object, "until.event", kNames);
  EventFilter filter;
  for (const std::string& name : params.texts("kind").value_or(std::vector<std::string>())) {
    const auto kind = eventKindNamed(name);
    if (kind) filter.want(*kind);
    if (!kind) params.wrong("{}", kind.error().text);
  }
  readVm(params, header, filter);
  if (const auto gfn = params.number("gfn", 0, kMost)) filter.gfn = Gfn(*gfn);
  if (const auto mfn = params.number("mfn", 0, kMost)) filter.mfn = Mfn(*mfn);
  if (params.error()) return tl::unexpected(*params.error());
  return filter;
}

Answer<EventFilter> readPage(const ReceivedJson& object, const TraceHeader& header) {
  constexpr std::array<std::string_view, 2> kNames{"vm", "gfn"};
  Params params(object, "until.page", kNames);
  EventFilter filter;
  for (const std::string_view name : kNames) params.require(name);
  readVm(params, header, filter);
  filter.gfn = Gfn(params.number("gfn", 0, kMost).value_or(0));
  if (filter.vm && filter.gfn->value() >= header.vms[filter.vm->value()].memory.value())
    params.wrong("{} has {} pages: there is no page {}", header.vms[filter.vm->value()].name, header.vms[filter.vm->value()].memory.value(),
                 filter.gfn->value());
  if (params.error()) return tl::unexpected(*params.error());
  return filter;
}

void readState(Params& params, StopConditions& conditions) {
  constexpr std::array kStates{FreeState::High, FreeState::Clear, FreeState::Soft, FreeState::Hard, FreeState::Low};
  const auto name = params.text("state");
  if (!name) return;
  std::vector<std::string_view> names{"any"};
  conditions.anyState = *name == "any";
  for (const FreeState state : kStates) {
    names.push_back(nameOf(state));
    if (*name == nameOf(state)) conditions.state = state;
  }
  if (!conditions.anyState && !conditions.state)
    params.wrong("there is no free state \"{}\"{}; there are {}", *name, didYouMean(*name, names), fmt::join(names, ", "));
}

}  // namespace

Answer<StopConditions> readStopConditions(const ReceivedJson& until, const TraceHeader& header) {
  const auto names = stopNames();
  Params params(until, "until", names);
  StopConditions conditions;
  conditions.time = params.time("time");
  conditions.quanta = params.number("quanta", 1, kMost);
  conditions.events = params.number("events", 1, kMost);
  readState(params, conditions);
  const auto read = [&](std::string_view name, auto reader, std::optional<EventFilter>& into) -> Answer<void> {
    const ReceivedJson* object = params.object(name);
    if (object == nullptr) return {};
    auto filter = reader(*object, header);
    if (!filter) return tl::unexpected(filter.error());
    into = *filter;
    return {};
  };
  if (const auto done = read("event", readEvent, conditions.event); !done) return tl::unexpected(done.error());
  if (const auto done = read("page", readPage, conditions.page); !done) return tl::unexpected(done.error());
  if (params.error()) return tl::unexpected(*params.error());
  return conditions;
}

void StopWatch::arm(const StopConditions& conditions, std::uint64_t sequence) {
  conditions_ = conditions;
  from_ = last_ = sequence;
  quanta_ = 0;
  met_.reset();
  armed_ = true;
}

// A large page is 512 pages, and its events name the first.
bool StopWatch::concernsPage(const Event& event) const {
  const EventFilter& page = *conditions_.page;
  const bool large = event.kind == EventKind::LargeMap || event.kind == EventKind::LargeBreak;
  return page.matches(event) || (large && event.vm == page.vm && event.gfn == largePageOf(*page.gfn));
}

std::string_view StopWatch::reasonOf(const Event& event) const {
  if (conditions_.event && conditions_.event->matches(event)) return "event";
  if (conditions_.page && concernsPage(event)) return "page";
  if (event.kind == EventKind::FreeStateChange) {
    const bool wanted = conditions_.anyState || (conditions_.state && event.values[0] == static_cast<std::uint64_t>(*conditions_.state));
    if (wanted) return "state";
  }
  return "";
}

void StopWatch::onEvent(const Event& event) {
  last_ = event.sequence;
  if (!armed_ || met_) return;
  if (const std::string_view reason = reasonOf(event); !reason.empty()) met_ = Met{reason, event};
}

std::optional<StopWatch::Met> StopWatch::met(VirtualTime now) const {
  if (!armed_) return std::nullopt;
  if (met_) return met_;
  if (conditions_.events && last_ - from_ >= *conditions_.events) return Met{"events", std::nullopt};
  if (conditions_.quanta && quanta_ >= *conditions_.quanta) return Met{"quanta", std::nullopt};
  if (conditions_.time && now >= *conditions_.time) return Met{"time", std::nullopt};
  return std::nullopt;
}

}  // namespace overcommit
