// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/compression_cache.h"

#include <lz4.h>

#include <array>
#include <cstring>
#include <map>

#include "base/random.h"
#include "cpu/script_content.h"
#include "support/test.h"

using namespace overcommit;

namespace {

using Page = std::array<std::byte, kPageSize>;

constexpr VmId kVm(3);
constexpr Pages kAnyFrames(1'000);

Page filled(std::uint64_t word) {
  Page page;
  for (std::size_t at = 0; at < kPageSize; at += sizeof word) std::memcpy(page.data() + at, &word, sizeof word);
  return page;
}

// `noise` bytes that cannot be compressed, and zeros.
Page noisy(std::size_t noise, std::uint64_t seed = 1) {
  Random random(seed, "noise");
  Page page{};
  for (std::size_t i = 0; i < noise; ++i) page[i] = static_cast<std::byte>(random.next());
  return page;
}

int lz4Length(const Page& page) {
  std::array<char, LZ4_COMPRESSBOUND(kPageSize)> out{};
  return LZ4_compress_default(reinterpret_cast<const char*>(page.data()), out.data(), static_cast<int>(kPageSize),
                              static_cast<int>(out.size()));
}

// A page whose LZ4 form is so long.
Page pageOfLength(int bytes, std::uint64_t seed = 1) {
  for (std::size_t noise = static_cast<std::size_t>(bytes); noise > 0; --noise) {
    const Page page = noisy(noise, seed);
    if (lz4Length(page) == bytes) return page;
  }
  qFatal("no page compresses to this length");
}

// A cache, and what a caller has beside it.
struct Store {
  std::unique_ptr<MachineMemory> machine;
  PageCompressor compressor;
  CompressionCache cache;

  explicit Store(QuarterSlots quarterSlots = QuarterSlots::On, std::uint64_t frames = 16)
      : machine(*MachineMemory::create(Pages(frames), FreedFrames::FillWithJunk)), cache(*machine, kVm, quarterSlots) {}

  tl::expected<CompressionCache::Placed, ZipRefusal> zip(std::uint64_t gfn, const Page& page, Pages mostFrames = kAnyFrames) {
    return cache.place(Gfn(gfn), compressor.compress(page), mostFrames);
  }
  ZippedPage zipped(std::uint64_t gfn, int bytes) { return zip(gfn, pageOfLength(bytes, gfn + 1))->page; }
  bool holds(std::uint64_t slot, const Page& page) const {
    Page out;
    out.fill(std::byte{0xcc});
    return cache.read(slot, out).has_value() && out == page;
  }
};

// In which store frame, the first that was taken being 0, and where.
struct Place {
  std::uint64_t frame;
  std::uint32_t offset;
};
bool isAt(const ZippedPage& page, Place place) { return page.store == Mfn(place.frame) && page.offset == place.offset; }

bool isSound(const Store& store) {
  const auto wrong = store.cache.audit();
  if (wrong) qWarning("%s", wrong->c_str());
  return !wrong && !store.machine->audit() && store.machine->count(FrameUse::ZipStore) == store.cache.frames();
}

}  // namespace

class CompressionCacheTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // What docs/reference/script.md promises of a script's pages.
  void textOfScriptsFitsCodeMostlyAndRandomNever() {
    using Content = ScriptStep::Content;
    PageCompressor compressor;
    const auto fitting = [&](Content content) {
      int fit = 0;
      for (std::uint64_t gfn = 0; gfn < 100; ++gfn) {
        Page page;
        fillPage(page, {content, 1}, Gfn(gfn), 1);
        if (compressor.compress(page).form == CompressedPage::Form::Lz4) ++fit;
      }
      return fit;
    };
    QCOMPARE(fitting(Content::Text), 100);
    QVERIFY2(fitting(Content::Code) >= 90, std::to_string(fitting(Content::Code)).c_str());
    QCOMPARE(fitting(Content::Random), 0);
    QCOMPARE(fitting(Content::Same), 0);
  }

  void pageComesBackAsItWent() {
    Store store;
    const Page page = noisy(1'500);
    const auto placed = store.zip(7, page);
    QVERIFY(placed && placed->tookFrame && placed->page.gfn == Gfn(7) && !placed->page.sameFilled());
    QCOMPARE(static_cast<int>(placed->page.bytes), lz4Length(page));
    QCOMPARE(store.machine->frame(placed->page.store).use, FrameUse::ZipStore);
    QCOMPARE(store.machine->frame(placed->page.store).vm, kVm);
    QVERIFY(store.cache.at(placed->page.slot) == placed->page);
    QVERIFY(store.holds(placed->page.slot, page));
    QVERIFY(store.holds(placed->page.slot, page));  // reading changes nothing
    QVERIFY(store.cache.uses(placed->page.slot));
    QVERIFY(isSound(store));
  }

  void halfAPageFitsAndOneByteMoreDoesNot() {
    Store store;
    QCOMPARE(store.zip(1, pageOfLength(2'048))->page.bytes, 2'048u);
    QCOMPARE(store.zip(2, pageOfLength(2'049)).error(), ZipRefusal::DoesNotFit);
    QCOMPARE(store.zip(3, noisy(kPageSize)).error(), ZipRefusal::DoesNotFit);
    QCOMPARE(store.cache.pages(), Pages(1));
  }

  void quarterOfAPageTakesAQuarterSlotFromEsxi5On() {
    Store esxi5(QuarterSlots::On), esx41(QuarterSlots::Off);
    QCOMPARE(esxi5.zipped(0, 1'024).bytes, 1'024u);
    QCOMPARE(esxi5.cache.used(), Bytes(1'024));
    QCOMPARE(esxi5.zipped(1, 1'025).bytes, 1'025u);
    QCOMPARE(esxi5.cache.used(), Bytes(1'024 + 2'048));
    esx41.zipped(0, 1'024);
    QCOMPARE(esx41.cache.used(), Bytes(2'048));
    QVERIFY(isSound(esxi5) && isSound(esx41));
  }

  void compressorTakesExactlyWhatLz4MakesOfHalfAPage() {
    PageCompressor compressor;
    Random random(1, "lengths");
    for (int i = 0; i < 2'000; ++i) {
      Page page = noisy(1'900 + random.below(300), static_cast<std::uint64_t>(i));
      for (std::uint64_t j = random.below(40); j > 0; --j) page[random.below(kPageSize)] = static_cast<std::byte>(random.next());
      const int length = lz4Length(page);
      const CompressedPage compressed = compressor.compress(page);
      if (length > 2'048) {
        QCOMPARE(compressed.form, CompressedPage::Form::TooLong);
      } else {
        QCOMPARE(static_cast<int>(compressed.bytes.size()), length);
      }
    }
  }

  void slotsFillTheLowestFrameAndBrokenHalvesFirst() {
    Store store;
    QVERIFY(isAt(store.zipped(0, 900), {0, 0}));
    QVERIFY(isAt(store.zipped(1, 2'000), {0, 2'048}));
    QVERIFY(isAt(store.zipped(2, 2'000), {1, 0}));
    QVERIFY(isAt(store.zipped(3, 900), {0, 1'024}));
    QVERIFY(isAt(store.zipped(4, 900), {1, 2'048}));
    QVERIFY(isAt(store.zipped(5, 2'000), {2, 0}));  // frame 1 has 1 KiB left
    QVERIFY(isAt(store.zipped(6, 900), {1, 3'072}));
    QCOMPARE(store.cache.frames(), Pages(3));
    QVERIFY(isSound(store));
  }

  void brokenHalfIsFilledBeforeAWholeOneIsBroken() {
    Store store;
    std::array<ZippedPage, 4> quarters;
    for (std::uint64_t gfn = 0; gfn < 4; ++gfn) quarters[gfn] = store.zipped(gfn, 900);
    for (const std::size_t i : {0u, 1u, 3u}) store.cache.remove(quarters[i].slot);
    QVERIFY(isAt(store.zipped(4, 900), {0, 3'072}));
    QVERIFY(isAt(store.zipped(5, 2'000), {0, 0}));
    QCOMPARE(store.cache.frames(), Pages(1));
  }

  void twoLoneQuartersAreNoHalf() {
    Store store;
    std::array<ZippedPage, 4> quarters;
    for (std::uint64_t gfn = 0; gfn < 4; ++gfn) quarters[gfn] = store.zipped(gfn, 900);
    store.cache.remove(quarters[1].slot);
    store.cache.remove(quarters[2].slot);
    QCOMPARE(store.zip(9, pageOfLength(2'000), Pages(1)).error(), ZipRefusal::Full);
    QVERIFY(isAt(store.zipped(10, 900), {0, 1'024}));
  }

  void frameWithoutSlotsIsReleasedAtOnce() {
    Store store(QuarterSlots::Off);
    const ZippedPage first = store.zipped(0, 2'000), second = store.zipped(1, 2'000);
    QCOMPARE(store.cache.remove(first.slot), std::optional<Mfn>());
    QCOMPARE(store.cache.remove(second.slot), std::optional(second.store));
    QCOMPARE(store.machine->frame(second.store).use, FrameUse::Free);
    QCOMPARE(store.cache.frames(), Pages(0));
    QCOMPARE(store.cache.used(), Bytes(0));
    QVERIFY(!store.cache.oldest());
    QVERIFY(!store.cache.uses(first.slot) && !store.cache.uses(second.slot));
    QVERIFY(isSound(store));
  }

  void sameFilledPageTakesNeitherSlotNorFrame_data() {
    QTest::addColumn<quint64>("word");
    QTest::newRow("zeros") << quint64{0};
    QTest::newRow("ones") << ~quint64{0};
    QTest::newRow("a byte") << quint64{0xa5a5'a5a5'a5a5'a5a5u};
    QTest::newRow("a word") << quint64{0x0123'4567'89ab'cdefu};
  }
  void sameFilledPageTakesNeitherSlotNorFrame() {
    QFETCH(const quint64, word);
    Store store;
    while (store.machine->takePrivate(kVm, Gfn(0))) {
    }
    const auto placed = store.zip(5, filled(word), Pages(0));
    QVERIFY(placed && placed->page.sameFilled() && !placed->tookFrame);
    QVERIFY(isAt(placed->page, {0, 0}));
    QVERIFY(store.holds(placed->page.slot, filled(word)));
    QCOMPARE(store.cache.pages(), Pages(1));
    QCOMPARE(store.cache.sameFilled(), Pages(1));
    QCOMPARE(store.cache.saved(), Bytes(kPageSize));
    QCOMPARE(store.cache.used(), Bytes(0));
    QVERIFY(!store.cache.audit());
    QCOMPARE(store.cache.remove(placed->page.slot), std::optional<Mfn>());
    QCOMPARE(store.cache.pages(), Pages(0));
    QVERIFY(!store.cache.audit());
  }

  void pageWithOneOtherByteIsNotSameFilled() {
    Store store;
    for (const std::size_t at : {std::size_t{0}, std::size_t{2'000}, std::size_t{kPageSize - 1}}) {
      Page page = filled(0x0123'4567'89ab'cdefu);
      page[at] ^= std::byte{1};
      const auto placed = store.zip(at, page);
      QVERIFY(placed && !placed->page.sameFilled());
      QVERIFY(store.holds(placed->page.slot, page));
    }
  }

  void oldestIsThePageInASlotThatWasZippedFirst() {
    Store store;
    static_cast<void>(store.zip(9, filled(9)));  // to remove it would make no room
    QVERIFY(!store.cache.oldest());
    std::array<ZippedPage, 5> pages;
    for (std::uint64_t gfn = 0; gfn < 5; ++gfn) pages[gfn] = store.zipped(gfn, 900);
    QCOMPARE(store.cache.oldest(), std::optional(Gfn(0)));
    store.cache.remove(pages[2].slot);
    store.cache.remove(pages[0].slot);
    QCOMPARE(store.cache.oldest(), std::optional(Gfn(1)));
    store.zipped(0, 900);
    for (const std::uint64_t gfn : {1u, 3u, 4u}) {
      QCOMPARE(store.cache.oldest(), std::optional(Gfn(gfn)));
      store.cache.remove(pages[gfn].slot);
    }
    QCOMPARE(store.cache.oldest(), std::optional(Gfn(0)));
    QVERIFY(isSound(store));
  }

  void fullCacheTakesTheSamePageOnceTheOldestIsGone() {
    Store store;
    const std::array<ZippedPage, 2> pages{store.zipped(0, 2'000), store.zipped(1, 2'000)};
    const Page page = noisy(1'800);
    const CompressedPage compressed = store.compressor.compress(page);
    QCOMPARE(store.cache.place(Gfn(2), compressed, Pages(1)).error(), ZipRefusal::Full);
    QCOMPARE(store.cache.place(Gfn(2), compressed, Pages(0)).error(), ZipRefusal::Full);
    QCOMPARE(store.cache.pages(), Pages(2));
    Page evicted;
    VERIFY_OK(store.cache.read(pages[0].slot, evicted));
    QCOMPARE(store.cache.remove(pages[0].slot), std::optional<Mfn>());
    const auto placed = store.cache.place(Gfn(2), compressed, Pages(1));
    QVERIFY(placed && !placed->tookFrame && isAt(placed->page, {0, 0}));
    QVERIFY(store.holds(placed->page.slot, page));
    QVERIFY(isSound(store));
  }

  void machineWithoutFramesGivesNoFrame() {
    Store store(QuarterSlots::On, 2);
    static_cast<void>(store.machine->takePrivate(VmId(0), Gfn(0)));
    store.zipped(0, 2'000);
    QVERIFY(store.zip(1, pageOfLength(2'000)).has_value());
    QCOMPARE(store.zip(2, pageOfLength(900)).error(), ZipRefusal::NoFrame);
    QVERIFY(isSound(store));
  }

  void savingIsPagesLessFrames() {
    Store store;
    for (std::uint64_t gfn = 0; gfn < 5; ++gfn) store.zipped(gfn, 900);
    QCOMPARE(store.cache.frames(), Pages(2));
    QCOMPARE(store.cache.saved(), bytesOf(Pages(3)));
  }

  void everyDamageToTheStoreIsNoticed() {
    Store store;
    const ZippedPage page = store.zip(0x12, noisy(300))->page;
    const auto bytes = store.machine->bytes(page.store).subspan(page.offset, page.bytes);
    Page out;
    for (std::byte& byte : bytes) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        byte ^= std::byte{1} << bit;
        QVERIFY(!store.cache.read(page.slot, out));
        byte ^= std::byte{1} << bit;
      }
    }
    QVERIFY(store.holds(page.slot, noisy(300)));
    bytes[0] ^= std::byte{1};
    QCOMPARE(store.cache.read(page.slot, out).error().text,
             std::string("gfn 0x12 cannot be decompressed: frame 0x0 of the compression cache does not hold what was written to it"));
    QVERIFY(store.cache.uses(page.slot));
  }

  void auditSeesAFrameThatWentBehindTheCachesBack() {
    Store store;
    const ZippedPage page = store.zipped(0, 900);
    store.machine->release(page.store);
    QCOMPARE(store.cache.audit(), std::optional<std::string>("frame 0x0 of the compression cache is free in the machine"));
  }

  void expandTakesAnyBytes() {
    Random random(1, "any bytes");
    Page page;
    std::vector<std::byte> bytes;
    for (int i = 0; i < 20'000; ++i) {
      bytes.resize(random.below(200));
      for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(4) == 0 ? 0xff : random.next());
      static_cast<void>(PageCompressor::expand(bytes, page));
    }
    QVERIFY(!PageCompressor::expand({}, page));
  }

  void randomOperationsAgreeWithAMap() {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
      Random random(seed, "cache operations");
      Store store(seed % 2 == 0 ? QuarterSlots::On : QuarterSlots::Off, 24);
      std::map<std::uint64_t, std::pair<std::uint64_t, Page>> pages;  // by gfn: slot, and what it holds
      std::vector<std::uint64_t> order;                               // of those in slots
      const auto forget = [&](std::uint64_t gfn) {
        store.cache.remove(pages.at(gfn).first);
        pages.erase(gfn);
        std::erase(order, gfn);
      };
      for (int step = 0; step < 300; ++step) {
        const std::uint64_t gfn = random.below(64);
        const Pages most(8 + random.below(24));
        if (pages.contains(gfn)) {
          QVERIFY(store.holds(pages.at(gfn).first, pages.at(gfn).second));
          forget(gfn);
        } else {
          const Page page = random.below(5) == 0 ? filled(random.next()) : noisy(random.below(2'300), random.next());
          const CompressedPage compressed = store.compressor.compress(page);
          auto placed = store.cache.place(Gfn(gfn), compressed, most);
          while (!placed && placed.error() != ZipRefusal::DoesNotFit) {
            QCOMPARE(placed.error() == ZipRefusal::Full, store.cache.frames() >= most);
            QCOMPARE(store.cache.oldest(), std::optional(Gfn(order.front())));
            forget(order.front());
            placed = store.cache.place(Gfn(gfn), compressed, most);
          }
          QCOMPARE(placed.has_value(), compressed.form != CompressedPage::Form::TooLong);
          if (placed) {
            QVERIFY(!placed->tookFrame || store.cache.frames() <= most);
            pages[gfn] = {placed->page.slot, page};
            if (!placed->page.sameFilled()) order.push_back(gfn);
          }
        }
        QVERIFY(isSound(store));
        QCOMPARE(store.cache.pages(), Pages(pages.size()));
        QCOMPARE(store.cache.pages() - store.cache.sameFilled(), Pages(order.size()));
      }
      for (const auto& [gfn, held] : pages) QVERIFY(store.holds(held.first, held.second));
      while (!pages.empty()) forget(pages.begin()->first);
      QVERIFY(isSound(store));
      QCOMPARE(store.machine->free(), Pages(24));
    }
  }

  void sameCallsGiveTheSamePlaces() {
    const auto places = [] {
      Store store;
      Random random(1, "places");
      std::vector<std::uint64_t> slots;
      std::vector<ZippedPage> all;
      for (std::uint64_t step = 0; step < 200; ++step) {
        if (slots.size() > 20) {
          const std::uint64_t i = random.below(slots.size());
          store.cache.remove(slots[i]);
          slots.erase(slots.begin() + static_cast<std::ptrdiff_t>(i));
        }
        all.push_back(store.zip(step, noisy(random.below(1'900), step))->page);
        slots.push_back(all.back().slot);
      }
      return all;
    };
    QVERIFY(places() == places());
  }
};

OVERCOMMIT_TEST(CompressionCacheTest)
#include "compression_cache_test.moc"
