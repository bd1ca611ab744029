// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/large_pages.h"

#include "support/test.h"

using namespace overcommit;

namespace {

using Options = std::map<std::string, std::uint64_t>;
constexpr Pages kLargeVm = kLeastMemoryForLargePages, kSmallVm = kLargeVm - Pages(1);

bool backs(const Options& options, Vintage vintage, std::uint64_t frameScale, Pages memory) {
  return largeBackingOf(options, profileOf(vintage), frameScale, memory) == LargeBacking::On;
}

}  // namespace

class LargePagesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void vintagesFromEsx4OnBackVmsOf64MiBAndMore() {
    for (const Profile& profile : profiles()) {
      QCOMPARE(backs({}, profile.vintage, 1, kLargeVm), profile.vintage >= Vintage::Esx4);
      QVERIFY(!backs({}, profile.vintage, 1, kSmallVm));
    }
  }

  void frameThatStandsForManyIsNoPartOfALargePage() { QVERIFY(!backs({}, Vintage::Esx5, 2, kLargeVm)); }

  void optionThatIsSetCountsAtAnyScaleAndSize() {
    QVERIFY(backs({{"AllocGuestLargePage", 1}}, Vintage::Esx5, 128, kSmallVm));
    QVERIFY(!backs({{"AllocGuestLargePage", 0}}, Vintage::Esx5, 1, kLargeVm));
  }

  void vintageWithoutLargePagesHasNoneWhateverIsSet() { QVERIFY(!backs({{"AllocGuestLargePage", 1}}, Vintage::Esx3, 1, kLargeVm)); }

  void nestedPagingMustBeTried() {
    QVERIFY(!backs({{"LPageAlwaysTryForNPT", 0}}, Vintage::Esx5, 1, kLargeVm));
    QVERIFY(!backs({{"LPageAlwaysTryForNPT", 0}, {"AllocGuestLargePage", 1}}, Vintage::Esx5, 1, kLargeVm));
  }

  void roomIsWhatLeavesTheHighThresholdFreeAndTheLimitKept() {
    QVERIFY(roomForLargePage({Pages(612), Pages(100), Pages(0), std::nullopt}));
    QVERIFY(!roomForLargePage({Pages(611), Pages(100), Pages(0), std::nullopt}));
    QVERIFY(roomForLargePage({Pages(5000), Pages(100), Pages(88), Pages(600)}));
    QVERIFY(!roomForLargePage({Pages(5000), Pages(100), Pages(89), Pages(600)}));
  }
};

OVERCOMMIT_TEST(LargePagesTest)
#include "large_pages_test.moc"
