// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/scan_rate.h"

#include "base/random.h"
#include "support/test.h"

using namespace overcommit;

namespace {

constexpr Pages kGiBInPages(262'144);

HostScale unscaled() { return {kGiBInPages, bytesOf(kGiBInPages), 1}; }
HostScale scaledBy(std::uint64_t k, std::uint64_t timeScale) { return {kGiBInPages / k, bytesOf(kGiBInPages), timeScale}; }

}  // namespace

class ScanRateTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void wholeVmIsScannedInTheTimeOfAPass() {
    // 1 GiB in 60 minutes: 72.8 pages a second; in 10: 437.
    QCOMPARE(vmScanRate(WholeScanRate{60, 1024, 0}, unscaled(), kGiBInPages), (ScanRate{16'384, 225}));
    QCOMPARE(vmScanRate(WholeScanRate{10, 1024, 0}, unscaled(), kGiBInPages), (ScanRate{32'768, 75}));
  }

  void mostPagesPerSecondHoldLargeVmsBack() {
    // The rates meet at 1024 * 3600 pages, 14.06 GiB.
    const WholeScanRate setting{60, 1024, 0};
    QCOMPARE(vmScanRate(setting, unscaled(), Pages(3'686'400)), (ScanRate{1024, 1}));
    QCOMPARE(vmScanRate(setting, unscaled(), Pages(1024 * 3600 + 1)), (ScanRate{1024, 1}));
    QCOMPARE(vmScanRate(setting, unscaled(), Pages(1024 * 3600 - 3600)), (ScanRate{1023, 1}));
  }

  void limitsInPagesAreDividedByTheFrameScaleAndMultipliedByTheTimeScale() {
    QCOMPARE(vmScanRate(FixedScanRate{}, scaledBy(16, 1), Pages(100)), (ScanRate{25, 8}));
    QCOMPARE(vmScanRate(FixedScanRate{}, scaledBy(16, 60), Pages(100)), (ScanRate{375, 2}));
    QCOMPARE(hostScanRate(FixedScanRate{}, scaledBy(16, 60)), (ScanRate{750, 1}));
    QCOMPARE(hostScanRate(WholeScanRate{60, 1024, 1600}, scaledBy(16, 60)), (ScanRate{6000, 1}));
    QCOMPARE(vmScanRate(WholeScanRate{10, 32, 0}, scaledBy(16, 10), kGiBInPages), (ScanRate{20, 1}));
  }

  void aPassOfASmallVmTakesAsLongAsOfTheLargeOneItStandsFor() {
    // 1 GiB on the real host is 64 MiB here, scanned in 60 minutes / time scale.
    QCOMPARE(vmScanRate(WholeScanRate{60, 1024, 0}, scaledBy(16, 60), kGiBInPages / 16), (ScanRate{4096, 15}));
  }

  void frameScaleNeedNotBeWhole() {
    QCOMPARE(vmScanRate(FixedScanRate{}, {Pages(1000), Bytes(6'144'000), 1}, Pages(100)), (ScanRate{100, 3}));
  }

  void hostsCapFollowsTheClockRateOfItsProcessors() {
    QCOMPARE(hostPagesPerSecond(4, 1'000), 1024u);
    QCOMPARE(hostPagesPerSecond(4, 20'800), 21'299u);
    QCOMPARE(hostPagesPerSecond(0, 20'000), 0u);
  }

  void carriedSharesAddUp() {
    Random random(1, "carry");
    CarriedShare share;
    std::uint64_t amounts = 0, sum = 0;
    for (int i = 0; i < 10'000; ++i) {
      const std::uint64_t amount = random.below(1'000'000'000);
      amounts += amount;
      sum += share.of(amount, 7, 1'000'000'007);
      QCOMPARE(sum, amounts * 7 / 1'000'000'007);
    }
  }

  void carriedFractionOutlivesAChangeOfRate() {
    CarriedShare share;
    QCOMPARE(share.of(1, 1, 2), 0u);
    QCOMPARE(share.of(1, 2, 4), 1u);  // a half and a half
  }
};

OVERCOMMIT_TEST(ScanRateTest)
#include "scan_rate_test.moc"
