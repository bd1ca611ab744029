// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/ids.h"

#include <type_traits>

#include "support/test.h"

using namespace overcommit;

// Mixing kinds of numbers must not compile; that is the whole point of having them.
static_assert(!std::is_convertible_v<std::uint64_t, Gfn>);
static_assert(!std::is_convertible_v<Gfn, std::uint64_t>);
static_assert(!std::is_convertible_v<Gfn, Mfn> && !std::is_constructible_v<Mfn, Gfn>);
static_assert(!std::is_convertible_v<Pages, Bytes> && !std::is_constructible_v<Bytes, Pages>);
static_assert(!std::is_constructible_v<Gva, Gpa>);

template <typename A, typename B, typename = void>
struct Addable : std::false_type {};
template <typename A, typename B>
struct Addable<A, B, std::void_t<decltype(A() + B())>> : std::true_type {};
static_assert(Addable<Pages, Pages>::value);
static_assert(!Addable<Pages, Bytes>::value);
static_assert(!Addable<Gfn, Gfn>::value);
static_assert(sizeof(Gfn) == 8 && sizeof(Pages) == 8);

class IdsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void addressesAndFramesConvertByThePageSize() {
    QCOMPARE(gfnOf(Gpa(0x5fff)), Gfn(5));
    QCOMPARE(gpaOf(Gfn(5)), Gpa(0x5000));
    QCOMPARE(Gfn(7).next(), Gfn(8));
    QCOMPARE(Mfn(7).next(10), Mfn(17));
  }
  void amountsAddUp() {
    Pages sum(3);
    sum += Pages(4);
    sum -= Pages(2);
    QCOMPARE(sum, Pages(5));
    QCOMPARE(sum * 4, Pages(20));
    QCOMPARE(Pages(21) / 4, Pages(5));
    QCOMPARE(seconds(2) + milliseconds(500), milliseconds(2500));
  }
  void noVmIsNoVm() {
    QVERIFY(VmId() == kNoVm);
    QVERIFY(VmId(0) != kNoVm);
    QVERIFY(VmId(kMaxVms - 1) != kNoVm);
  }
};

OVERCOMMIT_TEST(IdsTest)
#include "ids_test.moc"
