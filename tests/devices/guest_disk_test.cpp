// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices/guest_disk.h"

#include <sys/stat.h>

#include <QTemporaryDir>
#include <array>
#include <cstring>
#include <fstream>
#include <map>

#include "base/hash.h"
#include "devices/image_content.h"
#include "support/test.h"

using namespace overcommit;

namespace {

using Page = std::array<std::byte, kPageSize>;

Page filled(int value) {
  Page page;
  page.fill(static_cast<std::byte>(value));
  return page;
}

Page blockOf(const std::string& image, std::uint64_t block) {
  Page page;
  fillImageBlock(image, block, page);
  return page;
}

}  // namespace

class GuestDiskTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // Changing a synthetic image changes what every scenario with that image shares and compresses, and every digest: on purpose only.
  void syntheticImagesAreTheSameEverywhere() {
    DigestStream stream;
    for (const std::uint64_t block : {0u, 1u, 2u, 3u, 7u, 15u, 1000u, 65535u}) stream.add(blockOf("linux-a", block));
    QVERIFY2(stream.digest().text() == "c6510b77c307ff3c55ebba0ea31ab401", stream.digest().text().c_str());
  }

  void imagesOfDifferentIdsDiffer() {
    int equal = 0, bothZero = 0;
    for (std::uint64_t block = 0; block < 200; ++block) {
      equal += blockOf("linux-a", block) == blockOf("linux-b", block) ? 1 : 0;
      bothZero += classOfBlock("linux-a", block) == BlockClass::Zero && classOfBlock("linux-b", block) == BlockClass::Zero ? 1 : 0;
    }
    QCOMPARE(equal, bothZero);
  }

  void blocksAreOfAboutTheAnnouncedProportions() {
    std::map<BlockClass, int> counts;
    constexpr int kBlocks = 20'000;
    for (std::uint64_t block = 0; block < kBlocks; ++block) ++counts[classOfBlock("linux-a", block)];
    const std::map<BlockClass, int> percent{
        {BlockClass::Zero, 15}, {BlockClass::Code, 45}, {BlockClass::Text, 25}, {BlockClass::Random, 15}};
    for (const auto& [kind, expected] : percent) QVERIFY(std::abs(counts[kind] * 100 - expected * kBlocks) < 2 * kBlocks);
  }

  void everyEighthBlockRepeatsAnEarlierOne() {
    std::map<std::uint64_t, std::uint64_t> seen;
    int repeated = 0;
    for (std::uint64_t block = 0; block < 800; ++block) {
      const bool known = !seen.emplace(hash64(blockOf("linux-a", block)), block).second;
      if (block >= 8 && block % 8 == 7) {
        QVERIFY(known);
        ++repeated;
      }
    }
    QCOMPARE(repeated, 99);
  }

  void writtenBlocksComeBackAndOthersAreTheImages() {
    QTemporaryDir directory;
    GuestDisk disk("the disk of web1", syntheticImage("linux-a", Pages(100)), directory.path().toStdString());
    Page page{};
    VERIFY_OK(disk.write(17, filled(1)));
    VERIFY_OK(disk.write(99, filled(2)));
    VERIFY_OK(disk.write(17, filled(3)));
    for (std::uint64_t block = 0; block < 100; ++block) {
      VERIFY_OK(disk.read(block, page));
      QVERIFY(page == (block == 17 ? filled(3) : block == 99 ? filled(2) : blockOf("linux-a", block)));
    }
  }

  void overlaysOfTwoDisksAreApart() {
    QTemporaryDir directory;
    GuestDisk one("the disk of web1", emptyImage(Pages(10)), directory.path().toStdString());
    GuestDisk two("the disk of web2", emptyImage(Pages(10)), directory.path().toStdString());
    VERIFY_OK(one.write(5, filled(1)));
    Page page = filled(9);
    VERIFY_OK(two.read(5, page));
    QVERIFY(page == filled(0));
  }

  void overlayHasNoNameInTheFileSystem() {
    QTemporaryDir directory;
    GuestDisk disk("the disk of web1", emptyImage(Pages(10)), directory.path().toStdString());
    VERIFY_OK(disk.write(5, filled(1)));
    QVERIFY(std::filesystem::is_empty(directory.path().toStdString()));
  }

  void blockBehindTheEndIsAnError() {
    QTemporaryDir directory;
    GuestDisk disk("the disk of web1", syntheticImage("linux-a", Pages(100)), directory.path().toStdString());
    Page page{};
    QCOMPARE(disk.read(100, page).error().text, std::string("the disk of web1 has 100 blocks; block 100 does not exist"));
    QVERIFY(!disk.write(~std::uint64_t{0}, page));
  }

  void overlayThatCannotBeMadeIsAnError() {
    GuestDisk disk("the disk of web1", emptyImage(Pages(10)), "/nonexistent");
    const auto written = disk.write(1, filled(1));
    QVERIFY(!written);
    QVERIFY2(written.error().text.starts_with("cannot create the disk of web1 in /nonexistent: "), written.error().text.c_str());
  }

  void fileIsReadAsItIsAndFilledUpWithZeros() {
    QTemporaryDir directory;
    const std::string path = directory.filePath("image").toStdString();
    std::ofstream(path) << std::string(kPageSize, 'a') << "tail";
    auto image = fileImage(path);
    VERIFY_OK(image);
    QCOMPARE((*image)->blocks(), 2u);
    Page page{};
    VERIFY_OK((*image)->read(0, page));
    QVERIFY(page == filled('a'));
    page = filled(9);
    VERIFY_OK((*image)->read(1, page));
    Page expected{};
    std::memcpy(expected.data(), "tail", 4);
    QVERIFY(page == expected);
  }

  void fileThatBecameShorterIsAnError() {
    QTemporaryDir directory;
    const std::string path = directory.filePath("image").toStdString();
    std::ofstream(path) << std::string(2 * kPageSize, 'a');
    auto image = fileImage(path);
    VERIFY_OK(image);
    std::filesystem::resize_file(path, 100);
    Page page{};
    const auto read = (*image)->read(1, page);
    QVERIFY(!read);
    QCOMPARE(read.error().text, "cannot read block 1 of the image " + path + ": the file became shorter");
  }

  void imagesThatAreNoImagesAreRefused() {
    QTemporaryDir directory;
    const std::string path = directory.filePath("x").toStdString();
    QVERIFY(!fileImage(path));
    QCOMPARE(fileImage(directory.path().toStdString()).error().text,
             "the image " + directory.path().toStdString() + " is not a regular file");
    QCOMPARE(fileImage("/dev/zero").error().text, std::string("the image /dev/zero is not a regular file"));
    QCOMPARE(mkfifo(path.c_str(), 0600), 0);
    QCOMPARE(fileImage(path).error().text, "the image " + path + " is not a regular file");  // and does not hang
    const std::string empty = directory.filePath("empty").toStdString();
    std::ofstream(empty).close();
    QCOMPARE(fileImage(empty).error().text, "the image " + empty + " has 0 bytes; an image has 1 byte to 1 TiB");
  }
};

OVERCOMMIT_TEST(GuestDiskTest)
#include "guest_disk_test.moc"
