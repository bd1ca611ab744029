// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>
#include <string>

#include "abi/overcommit_abi.h"
#include "devices/balloon_device.h"
#include "host/audit.h"
#include "host/vm_on.h"
#include "reclaim/bare_host.h"

namespace overcommit::test {

// Plays bytes as what a mad balloon driver and its guest do: any command with any argument at any time, batch pages anywhere, touches of
// locked pages; while the host changes its mind. Checks every answer; the audit checks the rest. Two VMs, so that harm to others is seen.
class BalloonPlayer {
 public:
  static constexpr std::uint64_t kPages = 96, kMaximum = 60;

  BalloonPlayer() : host_(settings()) {
    TraceHeader header;
    header.hostMemory = Pages(kFrames);
    for (int i = 0; i < 2; ++i) header.vms.push_back({"vm" + std::to_string(i), Pages(kPages), Pages(0), "none"});
    audit_.emplace(header, host_.machine(), host_.pager(), &host_.sharing());
    host_.log().addListener(*audit_);
    host_.begin();
    powerOn();
    BareVmSettings other;
    other.memory = Pages(kPages);
    other.zip = QuarterSlots::On;
    host_.powerOn(1, other);
    for (std::uint64_t gfn = 0; gfn < kPages; ++gfn) {
      std::byte* bytes = host_.access(host_.vm(1), Gfn(gfn), Access::Write);
      invariant(bytes != nullptr, "there is memory enough");
      bytes[0] = std::byte{1};
    }
  }

  // Plays all of it, three bytes a step.
  void play(std::span<const std::uint8_t> bytes) {
    for (std::size_t at = 0; at + 3 <= bytes.size(); at += 3) step(bytes[at], bytes[at + 1], bytes[at + 2]);
    finish();
  }

  void step(std::uint8_t what, std::uint8_t first, std::uint8_t second) {
    if (vm().dead) {  // of a lack of memory that the host made up
      host_.powerOff(0);
      powerOn();
    }
    host_.log().setHostTime(host_.log().hostTime() + microseconds(1));
    const std::uint64_t page = argument(first);
    switch (what % 20) {
      case 0: call(OC_BALLOON_START, second % 4 == 0 ? ~std::uint64_t{0} : second, 0); break;
      case 1: call(OC_BALLOON_START, OC_BALLOON_CAP_BASIC | OC_BALLOON_CAP_BATCHED, 0); break;
      case 2: call(OC_BALLOON_GET_TARGET, page, second); break;
      case 3:
      case 4:
      case 5: call(OC_BALLOON_LOCK, page, second); break;
      case 6:
      case 7: call(OC_BALLOON_UNLOCK, page, second); break;
      case 8: call(OC_BALLOON_GUEST_ID, page, second); break;
      case 9:
      case 10:
      case 11: batch(OC_BALLOON_BATCHED_LOCK, page, second); break;
      case 12:
      case 13: batch(OC_BALLOON_BATCHED_UNLOCK, page, second); break;
      case 14: call(first, argument(second), first); break;  // any command
      case 15:
        if (page < kPages) static_cast<void>(host_.access(vm(), Gfn(page), second % 2 == 0 ? Access::Read : Access::Write));
        break;
      case 16: device_->setTarget(Pages(page)); break;
      case 17: hostDoes(first, second); break;
      case 18: device_->setMaximum(Pages(second)); break;
      default: {
        const auto reply = device_->call({OC_BALLOON_MAGIC ^ (1u << second % 32), first, page, 0});
        invariant(reply.status == OC_BALLOON_FAILURE && !reply.capabilities, "a wrong magic fails");
        break;
      }
    }
    check();
  }
  void finish() { audit_->sweep(); }

  struct Reached {
    std::uint64_t locks = 0, unlocks = 0, batches = 0, pops = 0, resets = 0, refusals = 0;
  };
  [[nodiscard]] const Reached& reached() const { return reached_; }

 private:
  static constexpr std::uint64_t kFrames = 260;
  static BareHostSettings settings() {
    BareHostSettings settings;
    settings.frames = Pages(kFrames);
    settings.thresholds = thresholdsFor(settings.frames, bytesOf(settings.frames), MinFreeScale::SixPercent, 0);
    settings.reclaim.compression = Compression::On;
    settings.vms = 2;
    return settings;
  }
  VmMemory& vm() { return host_.vm(0); }

  void powerOn() {
    BareVmSettings settings;
    settings.memory = Pages(kPages);
    settings.zip = QuarterSlots::On;
    invariant(host_.powerOn(0, settings) != nullptr, "there is memory enough");
    access_.emplace(vm(), host_.pager(), host_.machine());
    pages_.emplace(vm(), host_.pager(), *access_);
    device_.emplace(*pages_, Pages(kPages), Pages(kMaximum));
    popsSeen_ = 0;
    started_ = false;
  }

  // Pages of the guest, its tables among them, the first ones behind it, and numbers that overflow.
  static std::uint64_t argument(std::uint8_t byte) {
    if (byte < 200) return byte % kPages;
    if (byte < 240) return kPages + byte - 200;
    return ~std::uint64_t{0} >> (byte - 240) * 4u;
  }

  BalloonDevice::Reply call(std::uint32_t command, std::uint64_t first, std::uint64_t second) {
    const std::uint64_t pops = vm().counters.pops;
    if (pops != popsSeen_) {  // as the host does
      device_->demandReset();
      needsReset_ = true;
      ++reached_.pops;
    }
    popsSeen_ = pops;
    const Pages before = ballooned();
    const BalloonDevice::Reply reply = device_->call({OC_BALLOON_MAGIC, command, first, second});
    const bool known = reply.status == OC_BALLOON_SUCCESS || reply.status == OC_BALLOON_SUCCESS_WITH_CAPABILITIES ||
                       reply.status == OC_BALLOON_FAILURE || (reply.status >= OC_BALLOON_BAD_COMMAND && reply.status <= OC_BALLOON_BUSY);
    invariant(known, "an answer has a status of the protocol");
    if (command == OC_BALLOON_START) {
      invariant(reply.capabilities && (*reply.capabilities & ~first) == 0, "only what was asked for is granted");
      invariant((reply.status == OC_BALLOON_SUCCESS) == (first == OC_BALLOON_CAP_BASIC),
                "plain success is for drivers without capabilities");
      invariant(ballooned() == Pages(0), "a driver that starts has no pages");
      started_ = true;
      needsReset_ = false;
    } else {
      invariant((reply.status == OC_BALLOON_RESET) == (!started_ || needsReset_), "reset is answered until the driver starts anew");
      if (reply.status == OC_BALLOON_RESET) {
        ++reached_.resets;
        invariant(ballooned() == before, "a command that is answered by reset does nothing");
      } else {
        invariant(reply.result == device_->target().value(), "an answer tells the target");
      }
    }
    if (reply.status > OC_BALLOON_SUCCESS && reply.status < OC_BALLOON_RESET) ++reached_.refusals;
    if (command == OC_BALLOON_LOCK && reply.status == OC_BALLOON_SUCCESS) {
      ++reached_.locks;
      invariant(vm().guest.entry(Gfn(first)).place() == PagePlace::Ballooned && ballooned() == before + Pages(1),
                "a locked page is ballooned");
    }
    if (command == OC_BALLOON_UNLOCK && reply.status == OC_BALLOON_SUCCESS) {
      ++reached_.unlocks;
      invariant(vm().guest.entry(Gfn(first)).place() == PagePlace::Untouched, "an unlocked page is untouched");
    }
    if (ballooned() > before) invariant(ballooned() <= device_->maximum(), "nothing is locked beyond the maximum");
    return reply;
  }

  // Fills the batch page first, as a driver does, wherever it says that the page is: a locked page, a table, the page itself in it.
  void batch(std::uint32_t command, std::uint64_t page, std::uint8_t count) {
    if (page < kPages) {
      std::byte* bytes = host_.access(vm(), Gfn(page), Access::Write);
      if (bytes == nullptr) return;
      for (std::uint64_t i = 0; i < OC_BALLOON_BATCH_ENTRIES; ++i) {
        const std::uint64_t entry =
            i % 7 == 6 ? page << kPageShift : (argument(static_cast<std::uint8_t>(count + i * 37)) << kPageShift) | (i & 0xfff);
        std::memcpy(bytes + i * 8, &entry, 8);
      }
    }
    const std::uint64_t entries = count < 250 ? count : count == 250 ? 512 : count == 251 ? 513 : ~std::uint64_t{0} >> (count & 3);
    if (call(command, page, entries).status == OC_BALLOON_SUCCESS) ++reached_.batches;
  }

  void hostDoes(std::uint8_t what, std::uint8_t many) {
    switch (what % 5) {
      case 0: static_cast<void>(host_.reclaimer().reclaim({ReclaimReason::Target, Pages(many % 50), nullptr, nullptr, Gfn(0), 0})); break;
      case 1:
        device_->demandReset();
        needsReset_ = true;
        break;
      case 2: static_cast<void>(host_.sharing().scanPages(host_.vm(many % 2), Pages(many))); break;
      case 3: vm().settings.limit = many < 8 ? std::nullopt : std::optional(Pages(many)); break;
      default:
        if (many != 0) break;
        host_.powerOff(0);
        powerOn();
        break;
    }
  }

  [[nodiscard]] Pages ballooned() { return vm().guest.count(PagePlace::Ballooned); }
  void check() {
    if (++steps_ % 16 == 0) audit_->sweep();
    invariant(device_->target() <= device_->maximum(), "the target is within the maximum");
    for (Gfn gfn(4); gfn < Gfn(8); gfn = gfn.next())
      invariant(vm().guest.entry(gfn).place() != PagePlace::Ballooned, "a page table is never locked");
    invariant(!host_.vm(1).dead && host_.vm(1).guest.count(PagePlace::Ballooned) == Pages(0), "other VMs keep what they have");
  }

  BareHost host_;
  std::optional<Audit> audit_;
  std::optional<PagerAccess> access_;
  std::optional<PagerBalloon> pages_;
  std::optional<BalloonDevice> device_;
  std::uint64_t popsSeen_ = 0, steps_ = 0;
  bool started_ = false, needsReset_ = false;
  Reached reached_;
};

}  // namespace overcommit::test
