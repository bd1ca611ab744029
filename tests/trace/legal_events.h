// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "trace/event.h"
#include "trace/world.h"

namespace overcommit::test {

inline TraceHeader smallHeader(std::uint64_t vms = 3, std::uint64_t pages = 64, std::uint64_t frames = 100) {
  TraceHeader header;
  header.engineVersion = "0.1.0";
  header.lz4Version = "1.9.4";
  header.backend = "script";
  header.title = "A run made for a test";
  header.scenario = "title = \"A run made for a test\"\nseed = 5\n";
  header.scenarioName = "test.toml";
  header.seed = 5;
  header.duration = seconds(60);
  header.hostMemory = Pages(frames);
  for (std::uint64_t i = 0; i < vms; ++i) header.vms.push_back({"vm" + std::to_string(i + 1), Pages(pages), Pages(pages / 4), "toucher"});
  header.inputs.push_back({"toucher.elf", "guest", 0x1234'5678'9abc'def0u});
  return header;
}

// Makes random events, each possible in the world as it is: pages go through all places, frames through all uses.
class LegalEvents {
 public:
  LegalEvents(const TraceHeader& header, std::uint64_t seed) : random_(seed, "legal events"), world_(header) {}

  // The next event, applied to world().
  const Event& next() {
    do {
      event_ = Event();
    } while (!propose());
    event_.sequence = world_.sequence() + 1;
    if (below(8) == 0) time_ += below(1'000'000);
    event_.hostTime = VirtualTime(time_);
    event_.vmTime = VirtualTime(infoOf(event_.kind).hasVm ? time_ + below(100'000) : time_);
    event_.cause = below(3) == 0 ? 0 : below(event_.sequence);
    if (infoOf(event_.kind).hasText && below(2) == 0) event_.text = "text " + std::to_string(below(1'000));
    const auto applied = world_.apply(event_);
    invariant(applied.has_value(), applied ? "" : applied.error().text.c_str());
    return event_;
  }
  [[nodiscard]] const WorldModel& world() const { return world_; }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }

  bool propose() {
    event_.vm = VmId(static_cast<std::uint16_t>(below(world_.vms())));
    event_.gfn = Gfn(below(world_.memory(event_.vm).value()));
    const std::uint64_t dice = below(100);
    if (!world_.vm(event_.vm).poweredOn) return is(EventKind::PowerOn, {world_.memory(event_.vm).value(), 7});
    if (dice < 70) return proposeForPage();
    if (dice < 80) return proposeForFrame();
    if (dice < 90) return is(EventKind::GuestFrame, {below(6), event_.gfn.value()});
    if (dice < 91) return proposePowerOff();
    return proposeReport();
  }

  bool is(EventKind kind, std::array<std::uint64_t, kEventValues> values) {
    event_.kind = kind;
    event_.values = values;
    const EventInfo& info = infoOf(kind);
    if (!info.hasVm) event_.vm = kNoVm;
    if (!info.hasGfn) event_.gfn = Gfn();
    return true;
  }

  bool freeFrame() {
    event_.mfn = Mfn(below(world_.hostMemory().value()));
    return world_.frame(event_.mfn).use == FrameUse::Free;
  }

  bool proposeForPage() {
    const WorldPage page = world_.page(event_.vm, event_.gfn);
    event_.mfn = page.mfn;
    const std::uint64_t dice = below(6);
    switch (page.place) {
      case PagePlace::Untouched:
        if (dice == 1) return largeMap();
        if (dice == 0) return is(EventKind::Inflate, {});
        return freeFrame() && is(EventKind::FirstTouch, {});
      case PagePlace::Private: {
        if (page.large) {
          event_.gfn = largePageOf(event_.gfn);
          return dice == 0 && is(EventKind::LargeBreak, {1 + below(4)});
        }
        if (dice == 0) return is(EventKind::Inflate, {});
        if (dice == 1) return is(EventKind::Discard, {});
        if (dice == 2) return is(EventKind::Share, {page.mfn.value(), 1});
        if (dice == 3) {
          const Mfn shared(below(world_.hostMemory().value()));
          const WorldFrame frame = world_.frame(shared);
          event_.mfn = shared;
          return frame.use == FrameUse::Shared && is(EventKind::Share, {page.mfn.value(), frame.references + 1});
        }
        if (dice == 4) {
          const std::uint64_t slot = below(world_.memory(event_.vm).value());
          return !world_.swapSlot(event_.vm, slot) && is(EventKind::SwapOut, {slot});
        }
        if (below(4) == 0) return is(EventKind::Zip, {});  // same-filled
        const Mfn store(below(world_.hostMemory().value()));
        const WorldFrame frame = world_.frame(store);
        if (frame.use != FrameUse::ZipStore || frame.vm != event_.vm) return false;
        return below(2) == 0 ? is(EventKind::Zip, {store.value(), below(4) * 1024, 1 + below(1024)})
                             : is(EventKind::Zip, {store.value(), below(2) * 2048, 1 + below(2048)});
      }
      case PagePlace::Shared: {
        const std::uint32_t references = world_.frame(page.mfn).references;
        if (dice == 0) return is(EventKind::Inflate, {});
        if (dice == 1) return is(EventKind::Discard, {});
        if (references == 1 && dice < 4) return is(EventKind::Revert, {});
        return freeFrame() && is(EventKind::Break, {page.mfn.value(), references - 1});
      }
      case PagePlace::Ballooned: return is(dice < 2 ? EventKind::Deflate : dice < 4 ? EventKind::Pop : EventKind::Discard, {}) && noFrame();
      case PagePlace::Zipped:
        if (dice == 0) return is(EventKind::Discard, {0, 1}) && noFrame();
        if (dice == 1) return is(EventKind::Inflate, {0, 1}) && noFrame();
        if (dice == 2) {
          const std::uint64_t slot = below(world_.memory(event_.vm).value());
          return !world_.swapSlot(event_.vm, slot) && is(EventKind::SwapOut, {slot, 1}) && noFrame();
        }
        return freeFrame() && is(EventKind::Unzip, {page.mfn.value(), page.storeOffset});
      case PagePlace::Swapped:
        if (dice == 0) return is(EventKind::Inflate, {page.slot + 1});
        if (dice == 1) return is(EventKind::Discard, {page.slot + 1});
        return freeFrame() && is(EventKind::SwapIn, {page.slot});
    }
    return false;
  }

  bool largeMap() {
    const Gfn touched = event_.gfn;
    event_.gfn = largePageOf(touched);
    if (event_.gfn.value() + kLargePagePages > world_.memory(event_.vm).value()) return false;
    const std::uint64_t rows = world_.hostMemory().value() / kLargePagePages;
    if (rows == 0) return false;
    event_.mfn = Mfn(below(rows) * kLargePagePages);
    for (std::uint64_t i = 0; i < kLargePagePages; ++i) {
      if (world_.page(event_.vm, event_.gfn.next(i)).place != PagePlace::Untouched) return false;
      if (world_.frame(event_.mfn.next(i)).use != FrameUse::Free) return false;
    }
    return is(EventKind::LargeMap, {touched.value()});
  }

  bool noFrame() {
    event_.mfn = Mfn();
    return true;
  }

  bool proposeForFrame() {
    event_.mfn = Mfn(below(world_.hostMemory().value()));
    const WorldFrame frame = world_.frame(event_.mfn);
    switch (frame.use) {
      case FrameUse::Free:
        if (below(2) == 0) event_.vm = below(4) == 0 ? kNoVm : event_.vm;
        return below(2) == 0 ? is(EventKind::OverheadTake, {1 + below(4)}) : is(EventKind::ZipStoreTake, {});
      case FrameUse::Overhead: event_.vm = frame.vm; return is(EventKind::OverheadGive, {});
      case FrameUse::ZipStore: event_.vm = frame.vm; return frame.references == 0 && is(EventKind::ZipStoreGive, {});
      case FrameUse::Private:
      case FrameUse::Shared: return false;
    }
    return false;
  }

  bool proposePowerOff() {
    const WorldVm& vm = world_.vm(event_.vm);
    if (vm.at(PagePlace::Untouched) != world_.memory(event_.vm).value()) return false;
    return is(EventKind::PowerOff, {vm.operations});
  }

  bool proposeReport() {
    switch (below(21)) {
      case 0: return is(EventKind::Operations, {below(1'000)});
      case 1: return is(EventKind::Phase, {below(4)});
      case 2: return is(EventKind::Console, {});
      case 3: return is(EventKind::TargetSet, {below(64), below(64), below(64), below(1'000'000)});
      case 4: return is(EventKind::BalloonTarget, {below(64), below(64)});
      case 5: return is(EventKind::Block, {1, 2});
      case 6: return is(EventKind::Unblock, {});
      case 7: return is(EventKind::Sample, {100, below(100), below(64)});
      case 8: return is(EventKind::FreeStateChange, {below(5), below(5), below(100), below(100)});
      case 9: return is(EventKind::ReclaimStart, {1 + below(4), 1, 2});
      case 10: return is(EventKind::ReclaimEnd, {1, 2});
      case 11: return is(EventKind::Crash, {below(1'000)});
      case 12: return is(EventKind::ResultChecksum, {random_.next(), below(1'000)});
      case 13: return is(EventKind::Threshold, {below(5), below(100)});
      case 14: return is(EventKind::Allotment, {below(64), below(2) == 0 ? kNoLimit : below(80), below(1'000), below(64)});
      case 15: return is(EventKind::OverheadFigures, {below(9), below(1'000'000), below(3) * 1024});
      case 16: return is(EventKind::ReclaimTarget, {below(64), below(64), below(2)});
      case 17: return is(EventKind::Active, {below(64), below(1'000'000), below(1'000'000), below(1'000'000)});
      case 18: return is(EventKind::Hints, {below(64)});
      case 19: {
        event_.mfn = Mfn(below(world_.hostMemory().value()));
        return world_.frame(event_.mfn).use == FrameUse::Shared && is(EventKind::ZeroFrame, {});
      }
      default: return is(EventKind::Mark, {});
    }
  }

  Random random_;
  WorldModel world_;
  Event event_;
  std::uint64_t time_ = 0;
};

inline std::vector<Event> legalEvents(const TraceHeader& header, std::uint64_t seed, std::size_t count) {
  LegalEvents source(header, seed);
  std::vector<Event> events;
  while (events.size() < count) events.push_back(source.next());
  return events;
}

// An event whose every field is as the dice fall, though only those that its kind carries. No world would accept it.
inline Event wildEvent(Random& random, EventKind kind, const Event& before) {
  const auto number = [&random] { return random.next() >> random.below(64); };
  const EventInfo& info = infoOf(kind);
  Event event;
  event.sequence = before.sequence + 1;
  event.hostTime = before.hostTime + VirtualTime(random.below(4) == 0 ? random.below(1u << 30) : 0);
  event.kind = kind;
  if (info.hasVm) event.vm = random.below(8) == 0 ? kNoVm : VmId(static_cast<std::uint16_t>(random.below(kMaxVms)));
  event.vmTime = VirtualTime(number());
  if (info.hasGfn) event.gfn = Gfn(number());
  if (info.hasMfn) event.mfn = Mfn(number());
  event.cause = random.below(event.sequence);
  for (std::size_t i = 0; i < kEventValues; ++i) event.values[i] = info.values[i].empty() ? 0 : number();
  if (info.hasText) {
    for (std::uint64_t i = random.below(40); i > 0; --i) event.text.push_back(static_cast<char>(random.below(256)));
  }
  return event;
}

// Every kind once, then kinds at random.
inline std::vector<Event> wildEvents(std::uint64_t seed, std::size_t count) {
  Random random(seed, "wild events");
  std::vector<Event> events;
  Event before;
  for (std::size_t i = 0; i < count; ++i) {
    const auto kind = static_cast<EventKind>(i < kEventKinds ? i + 1 : 1 + random.below(kEventKinds));
    before = wildEvent(random, kind, before);
    events.push_back(before);
  }
  return events;
}

}  // namespace overcommit::test
