// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/admission.h"

#include "support/test.h"

using namespace overcommit;

namespace {

void compare(const AdmissionResult& result, Admission admission, std::uint64_t needed, std::uint64_t available) {
  QCOMPARE(static_cast<int>(result.admission), static_cast<int>(admission));
  QCOMPARE(result.needed.value(), needed);
  QCOMPARE(result.available.value(), available);
}

}  // namespace

class AdmissionTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:  // machine memory >= min + overhead, swap space >= max - min (W02 6.2, A25 p405)
  void reservationAndOverheadMustFitToThePage() {
    const AdmissionRequest vm{Pages(1000), Pages(300), Pages(20)};
    compare(admit(vm, {Pages(1320), Pages(1000), Pages(9999)}), Admission::Granted, 320, 320);
    compare(admit(vm, {Pages(1319), Pages(1000), Pages(9999)}), Admission::NotEnoughMemory, 320, 319);
  }

  void memoryBeyondTheReservationMustFitTheSwapSpaceToThePage() {
    const AdmissionRequest vm{Pages(1000), Pages(300), Pages(20)};
    QVERIFY(admit(vm, {Pages(5000), Pages(0), Pages(700)}).admission == Admission::Granted);
    compare(admit(vm, {Pages(5000), Pages(0), Pages(699)}), Admission::NotEnoughSwapSpace, 700, 699);
  }

  void fullyReservedVmNeedsNoSwapSpace() {
    QVERIFY(admit({Pages(1000), Pages(1000), Pages(20)}, {Pages(1020), Pages(0), Pages(0)}).admission == Admission::Granted);
  }

  void memoryIsCheckedFirst() {
    QVERIFY(admit({Pages(10), Pages(5), Pages(1)}, {Pages(5), Pages(0), Pages(0)}).admission == Admission::NotEnoughMemory);
  }

  void hostThatPromisedTooMuchHasNothingLeft() {
    compare(admit({Pages(10), Pages(0), Pages(1)}, {Pages(100), Pages(120), Pages(100)}), Admission::NotEnoughMemory, 1, 0);
  }
};

OVERCOMMIT_TEST(AdmissionTest)
#include "admission_test.moc"
