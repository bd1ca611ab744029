// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hash.h"

#include <string_view>
#include <vector>

#include "support/test.h"

using namespace overcommit;

class HashTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // The published values of XXH3 for no input at all.
  void theHashIsXxh3() {
    QCOMPARE(hash64({}), std::uint64_t{0x2d06800538d394c2});
    QCOMPARE(hash128({}).text(), std::string("99aa06d3014798d86001c324468d497f"));
  }

  void aStreamHashesLikeTheWholeWhateverThePieces() {
    std::vector<std::byte> bytes(10'000);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 31 >> 3);
    const std::span<const std::byte> all(bytes);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{256}, std::size_t{4096}}) {
      DigestStream stream;
      for (std::size_t at = 0; at < all.size(); at += piece) stream.add(all.subspan(at, std::min(piece, all.size() - at)));
      QCOMPARE(stream.digest().text(), hash128(all).text());
    }
  }

  void askingForTheDigestDoesNotEndTheStream() {
    const std::array<std::byte, 2> bytes{std::byte{1}, std::byte{2}};
    DigestStream stream;
    stream.add(std::span(bytes).first(1));
    QVERIFY(stream.digest() == hash128(std::span(bytes).first(1)));
    stream.add(std::span(bytes).last(1));
    QVERIFY(stream.digest() == hash128(bytes));
  }

  void oneChangedBitChangesTheHash() {
    std::vector<std::byte> page(4096);
    const std::uint64_t before = hash64(page);
    page[1234] ^= std::byte{1};
    QVERIFY(hash64(page) != before);
  }
};

OVERCOMMIT_TEST(HashTest)
#include "hash_test.moc"
