// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/bit_tree.h"

#include <set>

#include "base/random.h"
#include "support/test.h"

using namespace overcommit;

class BitTreeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void emptySetHasNoLowestMember() {
    for (const std::uint64_t size : {0u, 1u, 64u, 65u, 5000u}) {
      const BitTree tree(size);
      QVERIFY(!tree.lowest());
      QVERIFY(!tree.contains(0));
    }
  }

  void lowestMemberIsThatOfAPlainSet_data() {
    QTest::addColumn<quint64>("size");
    for (const quint64 size : {1u, 63u, 64u, 65u, 4096u, 4097u, 300'000u})
      QTest::addRow("%llu", static_cast<unsigned long long>(size)) << size;
  }
  void lowestMemberIsThatOfAPlainSet() {
    QFETCH(quint64, size);
    BitTree tree(size);
    std::set<std::uint64_t> plain;
    Random random(size, "bits");
    for (int step = 0; step < 20'000; ++step) {
      const std::uint64_t number = random.below(size);
      if (random.below(5) < 2) {
        tree.insert(number);
        plain.insert(number);
      } else {
        const std::uint64_t gone = !plain.empty() && random.below(2) == 0 ? *plain.begin() : number;
        tree.erase(gone);
        plain.erase(gone);
      }
      QCOMPARE(tree.contains(number), plain.contains(number));
      QCOMPARE(tree.lowest().has_value(), !plain.empty());
      if (!plain.empty()) QCOMPARE(*tree.lowest(), *plain.begin());
      const std::uint64_t from = random.below(size + 2);
      const auto next = plain.lower_bound(from);
      QVERIFY(tree.lowestFrom(from) == (next == plain.end() ? std::nullopt : std::optional(*next)));
    }
  }
};

OVERCOMMIT_TEST(BitTreeTest)
#include "bit_tree_test.moc"
