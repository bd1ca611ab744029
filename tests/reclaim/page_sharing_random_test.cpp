// SPDX-License-Identifier: GPL-2.0-or-later
// Random operations around page sharing against what every page must hold, with a weak hash in every second run. Everything is audited
// after each step.
#include <array>
#include <set>

#include "reclaim/sharing_host.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

ShareSettings settingsFor(std::uint64_t seed) {
  ShareSettings settings = quiet(static_cast<Salting>(seed % 3));
  settings.rate = FixedScanRate{10'000, 30'000};
  if (seed % 2 == 1) settings.hash = &weakHash;
  return settings;
}

class Play {
 public:
  explicit Play(std::uint64_t seed) : random_(seed, "sharing test"), host_(Pages(kVms * kPages + 100), settingsFor(seed)) {
    for (std::uint16_t number = 0; number < kVms; ++number) powerOn(number);
  }

  void step() {
    host_.log().setHostTime(host_.log().hostTime() + microseconds(random_.below(3000)));
    const auto number = static_cast<std::uint16_t>(random_.below(kVms));
    if (!host_.isOn(number)) return powerOn(number);
    VmMemory& vm = host_.vm(number);
    const Gfn gfn(random_.below(kPages));
    auto& content = contents_[number];
    switch (random_.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3: write(number, gfn.value(), random_.below(random_.below(2) == 0 ? 4 : 40)); break;
      case 4: {  // what a page holds moves on to another
        const std::uint64_t other = random_.below(kPages);
        write(number, other, content[gfn.value()]);
        write(number, gfn.value(), random_.below(40));
        break;
      }
      case 5: host_.resolve(vm, gfn, Access::Read); break;
      case 6:
        if (host_.lock(vm, gfn) == BalloonResult::Done) content[gfn.value()] = 0;
        break;
      case 7: host_.pager().unlock(vm, gfn); break;
      case 8:
        if (host_.sharing().tryShare(vm, gfn, ShareOccasion::BeforeSwap, 0) != ShareAttempt::Shared) host_.pager().swapOut(vm, gfn, 0);
        break;
      case 9:
        if (random_.below(8) == 0) host_.powerOff(number);
        break;
      case 10:
        if (random_.below(8) == 0) host_.sharing().setSharing(vm, random_.below(3) == 0 ? VmSharing::Off : VmSharing::On);
        break;
      default: host_.sharing().scan(host_.log().hostTime() + milliseconds(random_.below(3))); break;
    }
    check();
  }

  [[nodiscard]] std::string digest() { return host_.log().digest().text(); }
  [[nodiscard]] const ShareCounters& counters() { return host_.sharing().counters(); }

 private:
  static constexpr std::uint16_t kVms = 4;
  static constexpr std::uint64_t kPages = 48;

  void powerOn(std::uint16_t number) {
    VmShareSettings settings;
    if (random_.below(2) == 0) settings.salt = std::to_string(random_.below(3));
    host_.powerOn(number, Pages(kPages), settings);
    contents_[number].fill(0);
  }

  void write(std::uint16_t number, std::uint64_t gfn, std::uint64_t content) {
    host_.write(host_.vm(number), gfn, content);
    contents_[number][gfn] = content;
  }

  void check() {
    const std::string wrong = host_.wrong();
    invariant(wrong.empty(), wrong);
    std::array<std::byte, kPageSize> bytes{};
    for (std::uint16_t number = 0; number < kVms; ++number) {
      if (!host_.isOn(number)) continue;
      for (std::uint64_t gfn = 0; gfn < kPages; ++gfn) {
        invariant(host_.pager().look(host_.vm(number), Gfn(gfn), bytes), "every page can be looked at");
        invariant(pageHolds(bytes, contents_[number][gfn]), "a page holds what was written last, whoever shares it");
      }
    }
    checkSavings();
  }

  void checkSavings() {
    const HostSavings savings = host_.sharing().savings();
    std::uint64_t sum = 0;
    Pages zero(0);
    for (std::uint16_t number = 0; number < kVms; ++number) {
      if (!host_.isOn(number)) continue;
      const VmSavings ofVm = host_.sharing().savingsOf(host_.vm(number));
      sum += ofVm.savedMillionths;
      zero += ofVm.zero;
    }
    invariant(sum + kVms >= savings.saving().value() * 1'000'000 && sum <= savings.saving().value() * 1'000'000 + kVms,
              "what the VMs save adds up to what the host saves");
    invariant(zero == savings.zero, "the VMs' zero pages add up to the host's");
  }

  Random random_;
  SharingHost host_;
  std::array<std::array<std::uint64_t, kPages>, kVms> contents_{};
};

constexpr int kSteps = 300;

}  // namespace

class PageSharingRandomTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void randomOperationsLeaveEveryPageAsItWasWritten() {
    ShareCounters sum;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      Play play(seed);
      for (int step = 0; step < kSteps; ++step) play.step();
      sum.shared += play.counters().shared;
      sum.falseMatches += play.counters().falseMatches;
      sum.changedHints += play.counters().changedHints;
    }
    // The test must reach what it tests.
    QVERIFY2(sum.shared > 2000 && sum.falseMatches > 1000 && sum.changedHints > 30,
             qPrintable(QString("%1 shared, %2 false, %3 changed").arg(sum.shared).arg(sum.falseMatches).arg(sum.changedHints)));
  }

  void sameOperationsGiveTheSameDigest() {
    const auto digestOf = [](std::uint64_t seed) {
      Play play(seed);
      for (int step = 0; step < kSteps; ++step) play.step();
      return play.digest();
    };
    for (std::uint64_t seed = 0; seed < 4; ++seed) QCOMPARE(digestOf(seed), digestOf(seed));
    QVERIFY(digestOf(1) != digestOf(2));
  }
};

OVERCOMMIT_TEST(PageSharingRandomTest)
#include "page_sharing_random_test.moc"
