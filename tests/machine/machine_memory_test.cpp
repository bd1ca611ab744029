// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/machine_memory.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "base/random.h"
#include "machine/dies.h"
#include "support/test.h"

using namespace overcommit;

namespace {

std::unique_ptr<MachineMemory> machineOf(std::uint64_t frames, FreedFrames freed = FreedFrames::FillWithJunk) {
  auto machine = MachineMemory::create(Pages(frames), freed);
  return machine ? std::move(*machine) : nullptr;
}

bool isZero(const MachineMemory& machine, Mfn mfn) {
  return std::ranges::all_of(machine.bytes(mfn), [](std::byte b) { return b == std::byte{0}; });
}

void scribble(MachineMemory& machine, Mfn mfn) { std::ranges::fill(machine.bytes(mfn), std::byte{0x5a}); }

// Machine memory as a table of what each frame should be.
struct Model {
  struct Owned {
    FrameUse use;
    std::uint32_t references;
    std::byte stamp;
  };
  std::map<Mfn, Owned> owned;

  [[nodiscard]] std::uint64_t count(FrameUse use) const {
    return static_cast<std::uint64_t>(std::ranges::count_if(owned, [use](const auto& entry) { return entry.second.use == use; }));
  }
  [[nodiscard]] std::optional<Mfn> any(Random& random, FrameUse use) const {
    std::vector<Mfn> all;
    for (const auto& [mfn, frame] : owned) {
      if (frame.use == use) all.push_back(mfn);
    }
    if (all.empty()) return std::nullopt;
    return all[random.below(all.size())];
  }
};

}  // namespace

class MachineMemoryTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void largePageIsAnAlignedRowOfZeroedFrames() {
    const auto machine = machineOf(2048);
    const Mfn dirty = *machine->takeOverhead(VmId(1));  // leaves the first row without its first frame
    const auto first = machine->takeLarge(VmId(0), Gfn(1024));
    QVERIFY(first && first->value() % 512 == 0 && first->value() != 0);
    QCOMPARE(machine->count(FrameUse::Private).value(), 512u);
    for (std::uint64_t i = 0; i < 512; ++i) {
      QVERIFY(isZero(*machine, first->next(i)));
      QCOMPARE(machine->frame(first->next(i)).gfn, Gfn(1024 + i));
    }
    machine->release(dirty);
    QVERIFY(!machine->audit());
  }

  void largePageNeedsARowThatIsFreeAndNobodys() {
    const auto machine = machineOf(1024 + 300);
    QVERIFY(machine->takePrivate(VmId(0), Gfn(5)));   // one frame of either row ...
    QVERIFY(machine->takePrivate(VmId(1), Gfn(70)));  // ... and the last row is no whole one
    QVERIFY(!machine->takeLarge(VmId(0), Gfn(512)));
    QVERIFY(machine->free() > Pages(1300));
  }

  void pageOfALargePageThatWasFreedFindsItsPlaceAgain() {
    const auto machine = machineOf(2048);
    const Mfn first = *machine->takeLarge(VmId(0), Gfn(512));
    scribble(*machine, first.next(7));
    machine->release(first.next(7));
    QVERIFY(machine->takePrivate(VmId(1), Gfn(0)) != first.next(7));
    QCOMPARE(*machine->takePrivate(VmId(0), Gfn(519)), first.next(7));
    QVERIFY(isZero(*machine, first.next(7)));
    QVERIFY(!machine->audit());
  }

  void rowThatIsFreedWholeCanBeALargePageAgain() {
    const auto machine = machineOf(512);
    for (int round = 0; round < 3; ++round) {
      const auto first = machine->takeLarge(VmId(0), Gfn(0));
      QVERIFY(first);
      QVERIFY(!machine->takeLarge(VmId(0), Gfn(512)));
      for (std::uint64_t i = 0; i < 512; ++i) machine->release(first->next(i));
      QVERIFY(!machine->audit());
    }
  }

  void allFramesAreFreeAtFirst() {
    const auto machine = machineOf(1000);
    QCOMPARE(machine->frames().value(), 1000u);
    QCOMPARE(machine->free().value(), 1000u);
    QVERIFY(!machine->audit());
  }

  void frameThatIsHandedOutIsZeroed_data() {
    QTest::addColumn<bool>("junk");
    QTest::newRow("punched out") << false;
    QTest::newRow("filled with junk") << true;
  }
  void frameThatIsHandedOutIsZeroed() {
    QFETCH(bool, junk);
    const auto machine = machineOf(4, junk ? FreedFrames::FillWithJunk : FreedFrames::PunchOut);
    for (int round = 0; round < 3; ++round) {
      std::vector<Mfn> taken;
      for (std::uint64_t i = 0; i < 4; ++i) {
        const auto mfn = machine->takePrivate(VmId(0), Gfn(i));
        QVERIFY(mfn && isZero(*machine, *mfn));
        scribble(*machine, *mfn);
        taken.push_back(*mfn);
      }
      for (const Mfn mfn : taken) machine->release(mfn);
    }
  }

  void nothingIsHandedOutWhenNothingIsFree() {
    const auto machine = machineOf(3);
    for (std::uint64_t i = 0; i < 3; ++i) QVERIFY(machine->takePrivate(VmId(0), Gfn(i * 1000)));
    QVERIFY(!machine->takePrivate(VmId(0), Gfn(7)));
    QVERIFY(!machine->takeOverhead(VmId(0)));
    QVERIFY(!machine->takeZipStore(VmId(0)));
    QCOMPARE(machine->free().value(), 0u);
  }

  void freedFrameIsFilledWithJunkUnderAudit() {
    const auto machine = machineOf(8);
    const Mfn mfn = *machine->takePrivate(VmId(0), Gfn(0));
    machine->release(mfn);
    const auto page = std::as_const(*machine).bytes(mfn);
    QVERIFY(page[0] != std::byte{0});
    QVERIFY(std::ranges::all_of(page, [&](std::byte b) { return b == page[0]; }));
  }

  void writeToAFreedFrameIsFoundUnderAudit() {
    QCOMPARE(test::exitOf([] {
               const auto machine = machineOf(1);
               const Mfn mfn = *machine->takePrivate(VmId(0), Gfn(0));
               machine->release(mfn);
               machine->bytes(mfn)[100] = std::byte{1};
               static_cast<void>(machine->takePrivate(VmId(0), Gfn(0)));
             }),
             kExitInvariantBroken);
  }

  void memoryOfFreedFramesGoesBackToTheSystem() {
    const auto machine = machineOf(4096, FreedFrames::PunchOut);
    std::vector<Mfn> taken;
    for (std::uint64_t i = 0; i < 2000; ++i) {
      taken.push_back(*machine->takePrivate(VmId(0), Gfn(i)));
      scribble(*machine, taken.back());
    }
    QCOMPARE(machine->resident(), bytesOf(Pages(2000)));
    for (std::size_t i = 0; i < 1000; ++i) machine->release(taken[i]);
    QVERIFY(machine->resident() <= bytesOf(Pages(1500)));  // at most an eighth of the machine is kept in long runs
    machine->giveBackAll();
    QCOMPARE(machine->resident(), bytesOf(Pages(1000)));
    for (std::size_t i = 1000; i < 2000; ++i) QCOMPARE(machine->bytes(taken[i])[17], std::byte{0x5a});
    QVERIFY(!machine->audit());
  }

  void memoryOfFramesThatStayFreeGoesBackAtTheSecondLook() {
    const auto machine = machineOf(4096, FreedFrames::PunchOut);
    std::vector<Mfn> taken;
    for (std::uint64_t i = 0; i < 256; ++i) {
      taken.push_back(*machine->takePrivate(VmId(0), Gfn(i)));
      scribble(*machine, taken.back());
    }
    for (std::size_t i = 0; i < 64; ++i) machine->release(taken[i]);
    machine->giveBackIdle();
    QCOMPARE(machine->resident(), bytesOf(Pages(256)));
    const Mfn again = *machine->takePrivate(VmId(0), Gfn(0));  // its neighbours go without it
    QVERIFY(isZero(*machine, again));
    machine->release(again);
    machine->giveBackIdle();
    QCOMPARE(machine->resident(), bytesOf(Pages(256 - 63)));
    machine->giveBackIdle();
    QCOMPARE(machine->resident(), bytesOf(Pages(256 - 64)));
    QVERIFY(!machine->audit());
  }

  void scatteredFreeFramesGoBackAFewAtATime() {
    const auto machine = machineOf(4096, FreedFrames::PunchOut);
    std::vector<Mfn> taken;
    for (std::uint64_t i = 0; i < 2048; ++i) {
      taken.push_back(*machine->takePrivate(VmId(0), Gfn(i)));
      scribble(*machine, taken.back());
    }
    for (std::size_t i = 0; i < 2048; i += 2) machine->release(taken[i]);
    QCOMPARE(machine->resident(), bytesOf(Pages(2048)));  // no system call for each
    machine->giveBackIdle();
    machine->giveBackIdle();
    const Bytes after = machine->resident();
    QVERIFY(after < bytesOf(Pages(2048)) && after > bytesOf(Pages(1900)));
    for (int look = 0; look < 100; ++look) machine->giveBackIdle();
    QCOMPARE(machine->resident(), bytesOf(Pages(1024)));
    for (std::size_t i = 1; i < 2048; i += 2) QCOMPARE(machine->bytes(taken[i])[17], std::byte{0x5a});
    QVERIFY(!machine->audit());
  }

  void machineLargerThanMemoryCostsNothingUntilUsed() {
    const auto machine = machineOf((std::uint64_t{64} << 30) / kPageSize, FreedFrames::PunchOut);
    QVERIFY(machine);
    QCOMPARE(machine->resident(), Bytes(0));
    QVERIFY(machine->takePrivate(VmId(0), Gfn(0)));
    QVERIFY(!machine->audit());
  }

  void impossibleMachineIsRefusedWithAdvice() {
    for (const std::uint64_t frames : {std::uint64_t{0}, std::uint64_t{1} << 30, std::uint64_t{1} << 60}) {
      const auto machine = MachineMemory::create(Pages(frames), FreedFrames::PunchOut);
      QVERIFY(!machine);
      QVERIFY2(machine.error().text.find("give the host") != std::string::npos, machine.error().text.c_str());
    }
  }

  void consecutiveGuestFramesGetConsecutiveMachineFrames() {
    const auto machine = machineOf(65536);
    Random random(1, "order");
    std::map<std::uint64_t, Mfn> frames;  // two VMs touch 4 MiB each, in random order, taking turns
    while (frames.size() < 2048) {
      const std::uint64_t vm = random.below(2), gfn = random.below(1024);
      if (!frames.contains(vm * 1024 + gfn))
        frames[vm * 1024 + gfn] = *machine->takePrivate(VmId(static_cast<std::uint16_t>(vm)), Gfn(gfn));
    }
    int breaks = 0;
    for (std::uint64_t i = 0; i + 1 < 2048; ++i) breaks += frames[i + 1] == frames[i].next() ? 0 : 1;
    QVERIFY2(breaks <= 3, qPrintable(QString::number(breaks)));  // at most where 2 MiB groups meet
  }

  void guestFrameGetsItsOldPlaceBack() {
    const auto machine = machineOf(65536);
    for (std::uint64_t i = 0; i < 256; ++i) static_cast<void>(machine->takePrivate(VmId(0), Gfn(i)));
    const Mfn before = *machine->takePrivate(VmId(0), Gfn(300));
    static_cast<void>(machine->takePrivate(VmId(0), Gfn(301)));
    machine->release(before);
    for (std::uint64_t i = 0; i < 256; ++i) static_cast<void>(machine->takePrivate(VmId(1), Gfn(i)));
    QCOMPARE(*machine->takePrivate(VmId(0), Gfn(300)), before);
  }

  void placeThatBecameEntirelyFreeIsForgotten() {
    const auto machine = machineOf(128);  // two blocks of 64
    machine->release(*machine->takePrivate(VmId(0), Gfn(5)));
    const Mfn theirs = *machine->takePrivate(VmId(1), Gfn(5));
    const Mfn ours = *machine->takePrivate(VmId(0), Gfn(5));
    QVERIFY(theirs.value() / 64 != ours.value() / 64);
    QCOMPARE(*machine->takePrivate(VmId(1), Gfn(6)), theirs.next());
    QCOMPARE(*machine->takePrivate(VmId(0), Gfn(6)), ours.next());
  }

  void fullAndFragmentedMachineStillHandsOutItsLastFrame() {
    const auto machine = machineOf(262'144, FreedFrames::PunchOut);
    std::vector<Mfn> all;
    while (const auto mfn = machine->takePrivate(VmId(static_cast<std::uint16_t>(all.size() % 8)), Gfn(all.size() * 7 % 40'000)))
      all.push_back(*mfn);
    QCOMPARE(all.size(), std::size_t{262'144});
    QCOMPARE(std::set<Mfn>(all.begin(), all.end()).size(), all.size());
    Random random(2, "churn");
    for (int i = 0; i < 200'000; ++i) {
      Mfn& mfn = all[random.below(all.size())];
      machine->release(mfn);
      mfn = *machine->takePrivate(VmId(static_cast<std::uint16_t>(random.below(8))), Gfn(random.below(40'000)));
    }
    QCOMPARE(machine->free().value(), 0u);
    QVERIFY(!machine->audit());
  }

  void sharedFrameIsFreedByItsLastReference() {
    const auto machine = machineOf(8);
    const Mfn mfn = *machine->takePrivate(VmId(3), Gfn(9));
    QCOMPARE(machine->frame(mfn).vm, VmId(3));
    QCOMPARE(machine->frame(mfn).gfn, Gfn(9));
    machine->makeShared(mfn);
    QVERIFY(machine->frame(mfn).vm == kNoVm);
    machine->addReference(mfn);
    machine->addReference(mfn);
    QCOMPARE(machine->frame(mfn).references, 3u);
    QCOMPARE(machine->dropReference(mfn), 2u);
    QCOMPARE(machine->dropReference(mfn), 1u);
    QCOMPARE(machine->count(FrameUse::Shared).value(), 1u);
    QCOMPARE(machine->dropReference(mfn), 0u);
    QCOMPARE(machine->free().value(), 8u);
  }

  void lastReferenceCanBecomePrivateAgain() {
    const auto machine = machineOf(8);
    const Mfn mfn = *machine->takePrivate(VmId(0), Gfn(1));
    scribble(*machine, mfn);
    machine->makeShared(mfn);
    machine->makePrivate(mfn, VmId(1), Gfn(5));
    QCOMPARE(machine->frame(mfn).vm, VmId(1));
    QCOMPARE(machine->frame(mfn).gfn, Gfn(5));
    QCOMPARE(machine->bytes(mfn)[0], std::byte{0x5a});
    QVERIFY(!machine->audit());
  }

  void frameReleasedTwiceBreaksAnInvariant() {
    QCOMPARE(test::exitOf([] {
               const auto machine = machineOf(8);
               const Mfn mfn = *machine->takePrivate(VmId(0), Gfn(0));
               machine->release(mfn);
               machine->release(mfn);
             }),
             kExitInvariantBroken);
  }

  void sharedFrameReleasedAsPrivateBreaksAnInvariant() {
    QCOMPARE(test::exitOf([] {
               const auto machine = machineOf(8);
               const Mfn mfn = *machine->takePrivate(VmId(0), Gfn(0));
               machine->makeShared(mfn);
               machine->release(mfn);
             }),
             kExitInvariantBroken);
  }

  void sameCallsGiveTheSameFrames() {
    const auto play = [] {
      const auto machine = machineOf(3000);
      Random random(5, "calls");
      std::vector<Mfn> taken, log;
      for (int i = 0; i < 20'000; ++i) {
        if (random.below(100) < 55 || taken.empty()) {
          const auto mfn = machine->takePrivate(VmId(static_cast<std::uint16_t>(random.below(4))), Gfn(random.below(2000)));
          if (mfn) taken.push_back(*mfn), log.push_back(*mfn);
        } else {
          const std::size_t which = random.below(taken.size());
          machine->release(taken[which]);
          taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(which));
        }
      }
      return log;
    };
    QVERIFY(play() == play());
  }

  // The second law, and every frame's contents, after random operations.
  void framesAreConserved() {
    const int seeds = qEnvironmentVariableIsSet("OVERCOMMIT_FULL") ? 2000 : 200;
    for (int seed = 0; seed < seeds; ++seed) {
      Random random(static_cast<std::uint64_t>(seed), "conservation");
      const std::uint64_t frames = 1 + random.below(300);
      const auto machine = machineOf(frames, seed % 2 == 0 ? FreedFrames::FillWithJunk : FreedFrames::PunchOut);
      Model model;
      for (int step = 0; step < 400; ++step) {
        const VmId vm(static_cast<std::uint16_t>(random.below(3)));
        const auto kind = random.below(8);
        if (kind <= 3) {
          const FrameUse use = kind <= 1 ? FrameUse::Private : kind == 2 ? FrameUse::Overhead : FrameUse::ZipStore;
          const auto mfn = use == FrameUse::Private    ? machine->takePrivate(vm, Gfn(random.below(500)))
                           : use == FrameUse::Overhead ? machine->takeOverhead(vm)
                                                       : machine->takeZipStore(vm);
          QCOMPARE(mfn.has_value(), model.owned.size() < frames);
          if (!mfn) continue;
          QVERIFY(!model.owned.contains(*mfn));
          QVERIFY(isZero(*machine, *mfn));
          const auto stamp = static_cast<std::byte>(1 + random.below(255));
          std::ranges::fill(machine->bytes(*mfn), stamp);
          model.owned[*mfn] = {use, 0, stamp};
        } else if (kind == 4) {
          if (const auto mfn = model.any(random, FrameUse::Private)) {
            machine->makeShared(*mfn);
            model.owned[*mfn].use = FrameUse::Shared;
            model.owned[*mfn].references = 1;
          }
        } else if (kind == 5) {
          if (const auto mfn = model.any(random, FrameUse::Shared)) machine->addReference(*mfn), ++model.owned[*mfn].references;
        } else if (kind == 6) {
          if (const auto mfn = model.any(random, FrameUse::Shared)) {
            auto& frame = model.owned[*mfn];
            if (frame.references == 1 && random.below(2) == 0) {
              machine->makePrivate(*mfn, vm, Gfn(3));
              frame.use = FrameUse::Private;
              frame.references = 0;
            } else {
              QCOMPARE(machine->dropReference(*mfn), --frame.references);
              if (frame.references == 0) model.owned.erase(*mfn);
            }
          }
        } else {
          const FrameUse uses[] = {FrameUse::Private, FrameUse::Overhead, FrameUse::ZipStore};
          if (const auto mfn = model.any(random, uses[random.below(3)])) machine->release(*mfn), model.owned.erase(*mfn);
        }
        if (random.below(50) == 0) machine->giveBackIdle();
        if (random.below(100) == 0) machine->giveBackAll();
      }
      for (const FrameUse use : {FrameUse::Private, FrameUse::Shared, FrameUse::ZipStore, FrameUse::Overhead}) {
        QCOMPARE(machine->count(use).value(), model.count(use));
      }
      QCOMPARE(machine->free().value(), frames - model.owned.size());
      for (const auto& [mfn, frame] : model.owned) {
        QCOMPARE(machine->frame(mfn).references, frame.references);
        QVERIFY(std::ranges::all_of(machine->bytes(mfn), [stamp = frame.stamp](std::byte b) { return b == stamp; }));
      }
      const auto wrong = machine->audit();
      QVERIFY2(!wrong, wrong ? wrong->c_str() : "");
    }
  }
};

OVERCOMMIT_TEST(MachineMemoryTest)
#include "machine_memory_test.moc"
