// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/keyed_seed.h"

#include <fmt/format.h>

#include <set>

#include "support/test.h"

using namespace overcommit;

namespace {

std::string hexOf(const Sha256& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace

class KeyedSeedTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void digestsAreThoseOfTheStandard() {  // FIPS 180-4 examples, and the length of one block and more
    QCOMPARE(hexOf(sha256("")), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    QCOMPARE(hexOf(sha256("abc")), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    QCOMPARE(hexOf(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
             std::string("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    QCOMPARE(hexOf(sha256(std::string(1'000'000, 'a'))), std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
  }

  void codesAreThoseOfTheStandard() {  // RFC 4231, test cases 2 and 6
    QCOMPARE(hexOf(hmacSha256("Jefe", "what do ya want for nothing?")),
             std::string("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    QCOMPARE(hexOf(hmacSha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
             std::string("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
  }

  void everyStudentRunLabAndSecretHasASeedOfItsOwn() {
    std::set<std::uint64_t> seeds;
    for (const char* key : {"", "one secret of many"}) {
      for (const char* lab : {"lab-1", "lab-2"}) {
        for (const char* run : {"a", "b"}) {
          for (const char* student : {"ada", "bob", "ad"}) seeds.insert(keyedSeed(key, lab, run, student));
        }
      }
    }
    QCOMPARE(seeds.size(), std::size_t{24});
    QCOMPARE(keyedSeed("k", "l", "r", "s"), keyedSeed("k", "l", "r", "s"));
    QVERIFY(keyedSeed("k", "ab", "c", "s") != keyedSeed("k", "a", "bc", "s"));
    for (const std::uint64_t seed : seeds) QVERIFY(seed >> 63 == 0);
  }
};

OVERCOMMIT_TEST(KeyedSeedTest)
#include "keyed_seed_test.moc"
