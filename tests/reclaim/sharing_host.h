// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <array>

#include "reclaim/bare_host.h"

namespace overcommit::test {

inline void fillPage(std::span<std::byte, kPageSize> bytes, std::uint64_t content) {
  for (std::size_t at = 0; at < kPageSize; at += 8) {
    const std::uint64_t word = content == 0 ? 0 : content * 0x9e3779b97f4a7c15u + at;
    std::memcpy(&bytes[at], &word, 8);
  }
}
inline bool pageHolds(std::span<const std::byte, kPageSize> bytes, std::uint64_t content) {
  std::array<std::byte, kPageSize> right{};
  fillPage(right, content);
  return std::memcmp(bytes.data(), right.data(), kPageSize) == 0;
}

inline BareHostSettings sharingOnly(Pages frames, const ShareSettings& sharing) {
  BareHostSettings settings;
  settings.frames = frames;
  settings.thresholds = thresholdsFor(frames, bytesOf(frames), MinFreeScale::SixPercent, 0);
  settings.sharing = sharing;
  settings.vms = 1;  // keeps few frames back
  return settings;
}

// A host with memory enough, and a word for what tests of page sharing do. Keeps all events.
class SharingHost final : private EventListener, public BareHost {
 public:
  explicit SharingHost(Pages frames, const ShareSettings& settings = quiet()) : BareHost(sharingOnly(frames, settings)) {
    log().addListener(*this);
    begin();
  }
  ~SharingHost() override { powerOffAll(); }

  VmMemory& powerOn(std::uint16_t number, Pages memory, const VmShareSettings& settings = {}) {
    BareVmSettings vm;
    vm.memory = memory;
    vm.sharing = settings;
    VmMemory* on = BareHost::powerOn(number, vm);
    invariant(on != nullptr, "there is memory enough");
    return *on;
  }
  Resolution resolve(VmMemory& vm, Gfn gfn, Access access) { return pager().resolve(vm, gfn, access); }
  BalloonResult lock(VmMemory& vm, Gfn gfn) { return pager().lock(vm, gfn); }
  void write(VmMemory& vm, std::uint64_t gfn, std::uint64_t content) {
    invariant(resolve(vm, Gfn(gfn), Access::Write) == Resolution::Present, "there is memory enough");
    fillPage(machine().bytes(vm.guest.entry(Gfn(gfn)).mfn()), content);
  }
  ShareAttempt scan(VmMemory& vm, std::uint64_t gfn) { return sharing().tryShare(vm, Gfn(gfn), ShareOccasion::Scan, 0); }
  void forgetRecent(VmMemory& vm) { vm.recent = RecentFaults(); }

  [[nodiscard]] std::uint64_t count(EventKind kind) const {
    return static_cast<std::uint64_t>(std::ranges::count_if(events_, [kind](const Event& event) { return event.kind == kind; }));
  }
  [[nodiscard]] std::uint64_t refusals(RefusalReason reason) const {
    return static_cast<std::uint64_t>(std::ranges::count_if(events_, [reason](const Event& event) {
      return event.kind == EventKind::Refusal && event.values[0] == static_cast<std::uint64_t>(reason);
    }));
  }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }

 private:
  void onEvent(const Event& event) override { events_.push_back(event); }
  std::vector<Event> events_;
};

#define QVERIFY_AUDIT(host)                   \
  do {                                        \
    const std::string wrong = (host).wrong(); \
    QVERIFY2(wrong.empty(), wrong.c_str());   \
  } while (false)

}  // namespace overcommit::test
