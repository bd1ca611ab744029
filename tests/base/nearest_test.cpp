// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/nearest.h"

#include <array>

#include "support/test.h"

using namespace overcommit;

class NearestTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aMistypedWordIsTheClosest() {
    constexpr std::array<std::string_view, 3> kKnown{"swapped", "shared", "share"};
    QCOMPARE(didYouMean("swaped", kKnown), std::string("; did you mean \"swapped\"?"));
    QVERIFY(nearest("shraed", kKnown) == "shared");
    QVERIFY(nearest("shar", kKnown) == "share");
  }

  void ofSeveralEquallyCloseOnesNoneIsMeant() {
    constexpr std::array<std::string_view, 3> kKnown{"esx2", "esx3", "esx4"};
    QVERIFY(!nearest("esx7", kKnown));
    QCOMPARE(didYouMean("esx7", kKnown), std::string());
    constexpr std::array<std::string_view, 4> kWithACloser{"ab", "abcx", "abcy", "abc"};
    QVERIFY(nearest("abc", kWithACloser) == "abc");
    constexpr std::array<std::string_view, 2> kTwice{"web1", "web1"};
    QVERIFY(nearest("web2", kTwice) == "web1");
  }

  void aWildGuessIsNoHelp() {
    constexpr std::array<std::string_view, 2> kKnown{"run", "a"};
    QVERIFY(!nearest("completely", kKnown));
    QVERIFY(!nearest("b", kKnown));
  }
};

OVERCOMMIT_TEST(NearestTest)
#include "nearest_test.moc"
