// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/idle_tax.h"

#include <vector>

#include "base/random.h"
#include "policy/taxes.h"
#include "policy/wide.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// In active pages, rounded down.
std::uint64_t chargeInPages(std::uint64_t active, std::uint64_t pages, IdleTax tax) {
  return ChargeCurve(Pages(active), tax).chargeOf(Pages(pages)) / chargeUnit(tax);
}

}  // namespace

class IdleTaxTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void activePagesAreNotTaxed() {
    for (const IdleTax tax : {flat(0), flat(75), flat(99), progressive(75), progressive(99)})
      QCOMPARE(chargeInPages(1000, 1000, tax), 1000u);
  }

  void atDefaultTaxAnIdlePageCostsFourActiveOnes() {  // k = 1 / (1 - 0.75) = 4 (W02 5.2)
    QCOMPARE(chargeInPages(0, 100, flat(75)), 400u);
    QCOMPARE(chargeInPages(60, 100, flat(75)), 60u + 4 * 40u);
  }

  void withoutTaxAllPagesCostTheSame() {
    for (const std::uint64_t active : {0u, 10u, 100u}) QCOMPARE(chargeInPages(active, 70, flat(0)), 70u);
    for (const std::uint64_t active : {0u, 10u, 100u}) QCOMPARE(chargeInPages(active, 70, progressive(0)), 70u);
  }

  void workedExamCase() {  // N5: tau = 0.8, k = 5
    QCOMPARE(chargeInPages(1000, 4000, flat(80)), 16000u);
    QCOMPARE(chargeInPages(1700, 2000, flat(80)), 3200u);
  }

  void progressiveTaxHasThreeBrackets() {  // ours: tau / 3 up to idle = active, 2 tau / 3 up to three times that, then tau
    // 75 %: 25, 50, 75 %: k = 4/3, 2, 4
    QCOMPARE(chargeInPages(300, 600, progressive(75)), 300u + 400u);
    QCOMPARE(chargeInPages(300, 1200, progressive(75)), 300u + 400u + 1200u);
    QCOMPARE(chargeInPages(300, 1300, progressive(75)), 300u + 400u + 1200u + 400u);
  }

  void withoutActivePagesProgressiveTaxIsTheFlatOne() {
    for (const std::uint32_t percent : {1u, 50u, 75u, 99u})
      QCOMPARE(chargeInPages(0, 1000, progressive(percent)), chargeInPages(0, 1000, flat(percent)));
  }

  void effectiveProgressiveRateGrowsWithIdleAndStaysBelowTheFlatOne() {
    // charge of all idle pages / idle pages never falls as a VM gets more idle pages
    for (const std::uint32_t percent : {10u, 75u, 99u}) {
      const ChargeCurve ours(Pages(100), progressive(percent));
      const std::uint64_t unit = chargeUnit(progressive(percent));
      Wide before = 0;
      for (std::uint64_t idle = 1; idle < 3000; ++idle) {
        const Wide now = (Wide{ours.chargeOf(Pages(100 + idle))} - Wide{100} * unit) * 1'000'000 / idle;
        QVERIFY(now >= before);
        before = now;
        QVERIFY(now * (100 - percent) <= Wide{unit} * 100 * 1'000'000);  // k <= 1 / (1 - tau)
      }
    }
  }

  void everyPageCostsSomethingAndChargesAreInverted() {
    Random random(1, "idle tax");
    for (int i = 0; i < 20'000; ++i) {
      const IdleTax tax{static_cast<std::uint32_t>(random.below(100)),
                        random.below(2) == 0 ? IdleTaxCurve::Flat : IdleTaxCurve::Progressive};
      const std::uint64_t size = std::uint64_t{1} << (1 + random.below(36));
      const ChargeCurve curve(Pages(random.below(size)), tax);
      const Pages pages(random.below(size));
      const std::uint64_t charge = curve.chargeOf(pages);
      QVERIFY(curve.chargeOf(pages + Pages(1)) > charge);
      QCOMPARE(curve.pagesFor(charge).value(), pages.value());
      if (charge > 0) QCOMPARE(curve.pagesFor(charge - 1).value(), pages.value() - 1);
    }
  }

  void largestChargesDoNotOverflow() {
    for (std::uint32_t percent = 0; percent < 100; ++percent) {
      for (const IdleTax tax : {flat(percent), progressive(percent)}) {
        for (const Pages active : {Pages(0), Pages(1), kMostTaxedPages / 2, kMostTaxedPages}) {
          const ChargeCurve curve(active, tax);
          QVERIFY(curve.chargeOf(kMostTaxedPages) > curve.chargeOf(kMostTaxedPages - Pages(1)));
          QVERIFY(curve.chargeOf(kMostTaxedPages) < std::uint64_t{1} << 62);
          QCOMPARE(curve.pagesFor(~std::uint64_t{0}).value(), kMostTaxedPages.value());
        }
      }
    }
  }
};

OVERCOMMIT_TEST(IdleTaxTest)
#include "idle_tax_test.moc"
