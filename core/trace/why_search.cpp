// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/why_search.h"

#include <algorithm>
#include <array>

namespace overcommit {
namespace {

bool movesPage(EventKind kind) { return kind >= EventKind::FirstTouch && kind <= EventKind::Discard; }

// Does the event move this page of its VM, alone or with a large page?
bool isOrHolds(const Event& event, Gfn gfn) {
  constexpr std::uint64_t kLargePages = 512;
  if (event.kind == EventKind::LargeMap) return gfn >= event.gfn && gfn.value() - event.gfn.value() < kLargePages;
  return event.gfn == gfn && movesPage(event.kind);
}

// Does the event bring a page back from where the hypervisor had put it?
bool bringsBack(const Event& event) {
  constexpr std::array kReturns{EventKind::Break, EventKind::Revert, EventKind::Deflate,
                                EventKind::Pop,   EventKind::Unzip,  EventKind::SwapIn};
  return std::ranges::find(kReturns, event.kind) != kReturns.end() ||
         ((event.kind == EventKind::FirstTouch || event.kind == EventKind::LargeMap) && event.cause != 0);
}

}  // namespace

Result<void> visitBackwards(const TraceReader& reader, std::uint64_t sequence, const std::function<bool(const Event&)>& wanted,
                            const std::function<Search(const Event&)>& visit, std::optional<std::size_t> blocks) {
  const auto all = reader.blocks();
  std::vector<Event> found;
  std::size_t read = 0;
  for (auto block = all.rbegin(); block != all.rend(); ++block) {
    if (block->kind != BlockKind::Events || block->firstSequence > sequence) continue;
    if (blocks && read++ == *blocks) return {};
    found.clear();
    Event event;
    EventStream stream = reader.events(block->firstSequence);
    const std::uint64_t last = std::min(block->endSequence() - 1, sequence);
    for (std::uint64_t at = block->firstSequence; at <= last; ++at) {
      const auto there = stream.next(event);
      if (!there) return tl::unexpected(there.error());
      if (!*there) break;
      if (wanted(event)) found.push_back(event);
    }
    for (auto newest = found.rbegin(); newest != found.rend(); ++newest) {
      if (visit(*newest) == Search::Enough) return {};
    }
  }
  return {};
}

Result<std::optional<Event>> findBackwards(const TraceReader& reader, std::uint64_t sequence,
                                           const std::function<bool(const Event&)>& wanted) {
  std::optional<Event> found;
  const auto done = visitBackwards(reader, sequence, wanted, [&found](const Event& event) {
    found = event;
    return Search::Enough;
  });
  if (!done) return tl::unexpected(done.error());
  return found;
}

Result<PageLife> lifeOf(const TraceReader& reader, VmId vm, Gfn gfn, std::uint64_t sequence) {
  PageLife life;
  const auto ofPage = [&](const Event& event) {
    return event.vm == vm && (isOrHolds(event, gfn) || (event.gfn == gfn && event.kind == EventKind::Refusal));
  };
  // A page that comes out of the balloon by a touch does so in two events: pop and first touch.
  const auto done = visitBackwards(reader, sequence, ofPage, [&life](const Event& event) {
    if (event.kind == EventKind::Refusal) {
      life.refusals.push_back(event);
      return Search::GoOn;
    }
    if (!life.arrived) {
      life.arrived = event;
      return bringsBack(event) ? Search::GoOn : Search::Enough;
    }
    if (event.sequence == life.arrived->cause) return Search::GoOn;
    life.before = event;
    return Search::Enough;
  });
  if (!done) return tl::unexpected(done.error());
  // A page without a frame may be one that the balloon gave back; the guest takes such pages into use soon, or it does not matter.
  constexpr std::size_t kSoon = 16;
  if (life.arrived && !life.before && (life.arrived->kind == EventKind::FirstTouch || life.arrived->kind == EventKind::LargeMap)) {
    const auto looked = visitBackwards(
        reader, life.arrived->sequence - 1, [&](const Event& event) { return event.vm == vm && isOrHolds(event, gfn); },
        [&life](const Event& event) {
          if (event.kind == EventKind::Deflate) life.before = event;
          return Search::Enough;
        },
        kSoon);
    if (!looked) return tl::unexpected(looked.error());
  }
  return life;
}

Result<std::vector<Event>> causesBack(const TraceReader& reader, const Event& event) {
  std::vector<Event> chain{event};
  while (chain.back().cause != 0 && chain.size() < kLongestChain) {
    const Event& effect = chain.back();
    if (effect.cause >= effect.sequence)
      return failure(
          "cannot explain: in {}, event #{} names event #{} as its cause, which comes after it; take another copy, or repeat the run",
          reader.name(), effect.sequence, effect.cause);
    auto cause = reader.event(effect.cause);
    if (!cause) return tl::unexpected(cause.error());
    chain.push_back(std::move(*cause));
  }
  return chain;
}

}  // namespace overcommit
