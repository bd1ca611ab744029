// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/share_table.h"

#include <map>
#include <set>

#include "base/random.h"
#include "machine/dies.h"
#include "support/test.h"

using namespace overcommit;
using test::exitOf;

namespace {

struct Host {
  std::unique_ptr<MachineMemory> machine;
  ShareTable table;
  explicit Host(std::uint64_t frames = 512)
      : machine(*MachineMemory::create(Pages(frames), FreedFrames::FillWithJunk)), table(*machine, take(*machine)) {}
  static std::vector<Mfn> take(MachineMemory& machine) {
    std::vector<Mfn> frames;
    while (Pages(frames.size()) < ShareTable::framesFor(machine.frames())) frames.push_back(*machine.takeOverhead(kNoVm));
    return frames;
  }
  Mfn privateFrame(std::uint64_t gfn) const { return *machine->takePrivate(VmId(1), Gfn(gfn)); }
};

constexpr std::uint64_t kHash = 0x0123'4567'89ab'cdef;

}  // namespace

#define QVERIFY_SOUND(table)                       \
  do {                                             \
    const auto wrong = (table).audit();            \
    QVERIFY2(!wrong, wrong ? wrong->c_str() : ""); \
  } while (false)

class ShareTableTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void tableTakesLessThanHalfAPercentOfTheMachine() {
    const auto isBelow = [](std::uint64_t frames) { return ShareTable::framesFor(Pages(frames)).value() * 200 < frames; };
    for (std::uint64_t mebibytes = 4; mebibytes <= 65'536; mebibytes += 4) QVERIFY(isBelow(mebibytes * 256));
    for (std::uint64_t frames = 8704; frames < 100'000; ++frames) QVERIFY(isBelow(frames));
    QVERIFY(isBelow(MachineMemory::kMostFrames.value()));
  }

  void tableLiesInMachineFrames() {
    Host host(4096);
    QCOMPARE(host.machine->count(FrameUse::Overhead), Pages(20));
    const Mfn mfn = host.privateFrame(3);
    host.table.insertHint(mfn, kHash, VmId(1), Gfn(3));
    ShareEntry there;
    std::memcpy(static_cast<void*>(&there), host.machine->bytes(host.table.frames()[mfn.value() / 256]).data() + mfn.value() % 256 * 16,
                16);
    QVERIFY(there.kind() == ShareEntry::Kind::Hint && there.isOf(VmId(1), Gfn(3)));
  }

  void entryKeepsWhatItIsGiven() {
    const Gfn gfn((std::uint64_t{1} << 36) - 1);
    const ShareEntry hint = ShareEntry::hint(kHash, VmId(4095), gfn).withNext(Mfn(MachineMemory::kMostFrames.value() - 1));
    QVERIFY(hint.kind() == ShareEntry::Kind::Hint && hint.isOf(VmId(4095), gfn));
    QVERIFY(hint.next() == Mfn(MachineMemory::kMostFrames.value() - 1));
    QCOMPARE(hint.hash(), kHash & ~std::uint64_t{0xfffff});
    QVERIFY(hint.matches(kHash) && hint.matches(kHash ^ 1) && !hint.matches(kHash ^ (1u << 20)) && !hint.matches(~kHash));
    const ShareEntry shared = ShareEntry::shared(kHash, Mfn(77), ShareEntry::Holds::AnyPage).withNext(Mfn(0));
    QVERIFY(shared.kind() == ShareEntry::Kind::Shared && shared.mfn() == Mfn(77) && shared.next() == Mfn(0) && !shared.zeroPage());
    QVERIFY(shared.matches(kHash) && !shared.matches(kHash ^ 1) && shared.withNext({}).next() == std::nullopt);
  }

  void hintIsFoundByItsHash() {
    Host host;
    QVERIFY(!host.table.find(kHash));
    const Mfn mfn = host.privateFrame(3);
    host.table.insertHint(mfn, kHash, VmId(1), Gfn(3));
    QVERIFY(host.table.find(kHash) == mfn);
    QVERIFY(!host.table.find(~kHash));
    QCOMPARE(host.table.hintsOf(VmId(1)), 1u);
    QCOMPARE(host.table.hintsOf(VmId(2)), 0u);
    QVERIFY_SOUND(host.table);
  }

  void newHintOfAFrameReplacesTheOld() {
    Host host;
    const Mfn mfn = host.privateFrame(3);
    host.table.insertHint(mfn, kHash, VmId(1), Gfn(3));
    host.table.insertHint(mfn, ~kHash, VmId(2), Gfn(4));
    QVERIFY(!host.table.find(kHash) && host.table.find(~kHash) == mfn);
    QCOMPARE(host.table.hintsOf(VmId(1)), 0u);
    QCOMPARE(host.table.hintsOf(VmId(2)), 1u);
    QVERIFY_SOUND(host.table);
  }

  void sharedFrameIsFoundBeforeAHintThatLooksTheSame() {
    Host host;
    const Mfn first = host.privateFrame(1), second = host.privateFrame(2);
    host.table.insertHint(first, kHash, VmId(1), Gfn(1));
    host.table.hintToShared(first, kHash, ShareEntry::Holds::AnyPage);
    host.machine->makeShared(first);
    host.table.insertHint(second, kHash ^ 1, VmId(1), Gfn(2));
    QVERIFY(host.table.find(kHash) == first);
    QVERIFY(host.table.find(kHash ^ 1) == second);
    QCOMPARE(host.table.hints(), 1u);
    QCOMPARE(host.table.sharedFrames(), 1u);
    QVERIFY_SOUND(host.table);
  }

  void ineligiblePageIsNotFound() {
    Host host;
    const Mfn mfn = host.privateFrame(1);
    host.table.insertHint(mfn, kHash, VmId(1), Gfn(1));
    host.table.setIneligible(mfn, kHash, VmId(1), Gfn(1));
    QVERIFY(!host.table.find(kHash));
    QVERIFY(host.table.entry(mfn).kind() == ShareEntry::Kind::Ineligible && host.table.entry(mfn).isOf(VmId(1), Gfn(1)));
    QCOMPARE(host.table.hints(), 0u);
    QVERIFY_SOUND(host.table);
  }

  void whatAVmLeavesIsRemovedTogether() {
    Host host;
    for (std::uint64_t gfn = 0; gfn < 20; ++gfn) {
      const VmId vm(static_cast<std::uint16_t>(gfn % 2));
      host.table.insertHint(host.privateFrame(gfn), gfn << 60, vm, Gfn(gfn));
    }
    host.table.removeAllOf(VmId(1));
    QCOMPARE(host.table.hintsOf(VmId(0)), 10u);
    QCOMPARE(host.table.hintsOf(VmId(1)), 0u);
    QVERIFY_SOUND(host.table);
  }

  void auditSeesASharedEntryWithoutASharedFrame() {
    Host host;
    const Mfn mfn = host.privateFrame(1);
    host.table.insertHint(mfn, kHash, VmId(1), Gfn(1));
    host.table.hintToShared(mfn, kHash, ShareEntry::Holds::AnyPage);
    QVERIFY(host.table.audit().has_value());
    host.table.remove(mfn);
    QVERIFY_SOUND(host.table);
  }

  void wrongNumberOfFramesAndWrongPromotionsAreRefused() {
    QCOMPARE(exitOf([] {
               const auto machine = *MachineMemory::create(Pages(512), FreedFrames::FillWithJunk);
               const ShareTable table(*machine, {});
             }),
             kExitInvariantBroken);
    QCOMPARE(exitOf([] {
               Host host;
               host.table.insertHint(Mfn(9), kHash, VmId(1), Gfn(1));
               host.table.hintToShared(Mfn(9), ~kHash, ShareEntry::Holds::AnyPage);
             }),
             kExitInvariantBroken);
  }

  // Few different hashes: long chains.
  void randomOperationsAgreeWithAMap() {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Host host(300);
      Random random(seed, "share table");
      std::map<Mfn, std::uint64_t> hashOf;
      for (int step = 0; step < 400; ++step) {
        const Mfn mfn(random.below(300));
        const std::uint64_t hash = random.below(8) << 61 | random.below(2) << 30;
        if (random.below(3) != 0) {
          host.table.insertHint(mfn, hash, VmId(static_cast<std::uint16_t>(random.below(3))), Gfn(mfn.value()));
          hashOf[mfn] = hash;
        } else {
          host.table.remove(mfn);
          hashOf.erase(mfn);
        }
        const auto found = host.table.find(hash);
        const auto known = std::ranges::find_if(hashOf, [hash](const auto& entry) { return entry.second == hash; });
        QCOMPARE(found.has_value(), known != hashOf.end());
        if (found) QCOMPARE(hashOf.at(*found), hash);
        QCOMPARE(host.table.hints(), hashOf.size());
        QVERIFY_SOUND(host.table);
      }
    }
  }
};

OVERCOMMIT_TEST(ShareTableTest)
#include "share_table_test.moc"
