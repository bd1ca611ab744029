// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/event_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/nearest.h"

namespace overcommit {
namespace {

bool namesFrame(const Event& event, Mfn mfn) {
  const EventInfo& info = infoOf(event.kind);
  if (info.hasMfn && event.mfn == mfn) return true;
  for (std::size_t i = 0; i < kEventValues; ++i) {
    if (info.values[i].ends_with("mfn") && event.values[i] == mfn.value()) return true;
  }
  return false;
}

}  // namespace

bool EventFilter::matches(const Event& event) const {
  if (kinds.any() && !kinds.test(static_cast<std::size_t>(event.kind) - 1)) return false;
  if (vm && event.vm != *vm) return false;
  if (gfn && (!infoOf(event.kind).hasGfn || event.gfn != *gfn)) return false;
  if (mfn && !namesFrame(event, *mfn)) return false;
  if (fromTime && event.hostTime < *fromTime) return false;
  if (toTime && event.hostTime > *toTime) return false;
  if (fromSequence && event.sequence < *fromSequence) return false;
  return !toSequence || event.sequence <= *toSequence;
}

Result<EventKind> eventKindNamed(std::string_view name) {
  std::vector<std::string_view> names;
  for (const EventInfo& info : eventTable()) {
    if (info.name == name) return info.kind;
    names.push_back(info.name);
  }
  return failure("there is no event kind \"{}\"{}", name, didYouMean(name, names));
}

Result<VmId> vmNamed(const TraceHeader& header, std::string_view name) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < header.vms.size(); ++i) {
    if (header.vms[i].name == name) return VmId(static_cast<std::uint16_t>(i));
    names.push_back(header.vms[i].name);
  }
  return failure("there is no VM \"{}\" in this trace{}; it has {}", name, didYouMean(name, names), fmt::join(names, ", "));
}

Result<std::uint64_t> forEachEvent(const TraceReader& reader, const EventFilter& filter, const std::function<bool(const Event&)>& visit) {
  std::uint64_t first = filter.fromSequence.value_or(1);
  if (filter.fromTime && filter.fromTime->value() > 0) {
    const auto before = reader.lastSequenceAt(VirtualTime(filter.fromTime->value() - 1));
    if (!before) return tl::unexpected(before.error());
    first = std::max(first, *before + 1);
  }
  std::uint64_t matched = 0;
  Event event;
  EventStream stream = reader.events(first);
  while (!filter.limit || matched < *filter.limit) {
    const auto found = stream.next(event);
    if (!found) return tl::unexpected(found.error());
    if (!*found || (filter.toTime && event.hostTime > *filter.toTime) || (filter.toSequence && event.sequence > *filter.toSequence)) break;
    if (!filter.matches(event)) continue;
    ++matched;
    if (!visit(event)) break;
  }
  return matched;
}

}  // namespace overcommit
