// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices/balloon_device.h"

#include <map>
#include <set>
#include <vector>

#include "abi/overcommit_abi.h"
#include "base/random.h"
#include "support/test.h"

using namespace overcommit;

namespace {

constexpr std::uint64_t kMemory = 1000, kMaximum = 650, kBatchPage = 7, kPinnedPage = 3;

// A VM's pages, reduced to which of them are locked.
class FakePages final : public BalloonHost {
 public:
  BalloonLock lockPage(Gfn gfn) override {
    if (gfn.value() == kPinnedPage) return BalloonLock::Pinned;
    return locked.insert(gfn.value()).second ? BalloonLock::Done : BalloonLock::Already;
  }
  BalloonLock unlockPage(Gfn gfn) override { return locked.erase(gfn.value()) == 1 ? BalloonLock::Done : BalloonLock::Already; }
  void unlockAllPages() override {
    locked.clear();
    ++resets;
  }
  std::optional<std::uint64_t> readBatchEntry(Gfn page, std::uint64_t index) override {
    if (unreadable || page.value() >= kMemory) return std::nullopt;
    return batch[index];
  }
  void writeBatchEntry(Gfn, std::uint64_t index, std::uint64_t entry) override { batch[index] = entry; }

  std::set<std::uint64_t> locked;
  std::array<std::uint64_t, OC_BALLOON_BATCH_ENTRIES> batch{};
  int resets = 0;
  bool unreadable = false;
};

struct Driver {
  FakePages pages;
  BalloonDevice device{pages, Pages(kMemory), Pages(kMaximum)};

  BalloonDevice::Reply call(std::uint32_t command, std::uint64_t first = 0, std::uint64_t second = 0) {
    return device.call({OC_BALLOON_MAGIC, command, first, second});
  }
  std::uint32_t status(std::uint32_t command, std::uint64_t first = 0, std::uint64_t second = 0) {
    return call(command, first, second).status;
  }
  void start(std::uint64_t capabilities = OC_BALLOON_CAP_BASIC | OC_BALLOON_CAP_BATCHED) { call(OC_BALLOON_START, capabilities); }
  std::uint64_t batchStatus(std::size_t i) const { return pages.batch[i] & OC_BALLOON_BATCH_STATUS_MASK; }
};

const std::vector<std::uint32_t> kKnown{OC_BALLOON_GET_TARGET, OC_BALLOON_LOCK,         OC_BALLOON_UNLOCK,
                                        OC_BALLOON_GUEST_ID,   OC_BALLOON_BATCHED_LOCK, OC_BALLOON_BATCHED_UNLOCK};

}  // namespace

class BalloonDeviceTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyCommandBeforeStartIsAnsweredByReset() {
    Driver driver;
    for (const std::uint32_t command : kKnown) QCOMPARE(driver.status(command, 1, 1), OC_BALLOON_RESET);
    QCOMPARE(driver.status(1234), OC_BALLOON_RESET);
    QVERIFY(driver.pages.locked.empty() && !driver.device.running());
  }

  void startOffersWhatBothSidesKnow() {
    Driver driver;
    const auto all = driver.call(OC_BALLOON_START, ~std::uint64_t{0});
    QCOMPARE(all.status, OC_BALLOON_SUCCESS_WITH_CAPABILITIES);
    QCOMPARE(*all.capabilities, std::uint64_t{OC_BALLOON_CAP_BASIC | OC_BALLOON_CAP_BATCHED | OC_BALLOON_CAP_64BIT_TARGET});
    QCOMPARE(*driver.call(OC_BALLOON_START, OC_BALLOON_CAP_BASIC | OC_BALLOON_CAP_BATCHED_2M).capabilities,
             std::uint64_t{OC_BALLOON_CAP_BASIC});
    QVERIFY(driver.device.running());
  }

  void wrongMagicFailsAndChangesNothing() {
    Driver driver;
    for (const std::uint32_t command : {OC_BALLOON_START, OC_BALLOON_LOCK})
      QCOMPARE(driver.device.call({OC_BALLOON_MAGIC + 1, static_cast<std::uint32_t>(command), 5, 0}).status, OC_BALLOON_FAILURE);
    QVERIFY(!driver.device.running() && driver.pages.resets == 0);
  }

  void everyReplyButThatOfStartTellsTheTarget() {
    Driver driver;
    driver.start();
    driver.device.setTarget(Pages(123));
    for (const std::uint32_t command : kKnown) QCOMPARE(driver.call(command, 900, 1).result, 123u);
    QCOMPARE(driver.call(77).result, 123u);
  }

  void targetIsCutToTheMaximum() {
    Driver driver;
    driver.start();
    driver.device.setTarget(Pages(kMaximum + 1));
    QCOMPARE(driver.call(OC_BALLOON_GET_TARGET, kMemory).result, kMaximum);
    driver.device.setMaximum(Pages(40));
    QCOMPARE(driver.call(OC_BALLOON_GET_TARGET, kMemory).result, 40u);
  }

  // A driver that knows that it cannot give as much is not asked for more, until it says otherwise or starts anew.
  void driversOwnMaximumCountsToo() {
    Driver driver;
    driver.start();
    driver.device.setTarget(Pages(500));
    QCOMPARE(driver.call(OC_BALLOON_GET_TARGET, 100).result, 100u);
    QCOMPARE(driver.device.maximum().value(), 100u);
    for (std::uint64_t page = 10; page < 110; ++page) QCOMPARE(driver.status(OC_BALLOON_LOCK, page), OC_BALLOON_SUCCESS);
    QCOMPARE(driver.status(OC_BALLOON_LOCK, 110), OC_BALLOON_NOT_NEEDED);
    QCOMPARE(driver.call(OC_BALLOON_GET_TARGET, 0).result, 500u);  // 0: whatever the host says
    driver.call(OC_BALLOON_GET_TARGET, 100);
    driver.start();
    QCOMPARE(driver.device.maximum().value(), kMaximum);
  }

  // Pages beyond a maximum that was lowered stay locked until the driver gives them back.
  void loweredMaximumTakesNothingFromTheGuest() {
    Driver driver;
    driver.start();
    for (std::uint64_t page = 10; page < 20; ++page) driver.call(OC_BALLOON_LOCK, page);
    driver.device.setMaximum(Pages(5));
    QCOMPARE(driver.pages.locked.size(), std::size_t{10});
    QCOMPARE(driver.status(OC_BALLOON_LOCK, 30), OC_BALLOON_NOT_NEEDED);
    for (std::uint64_t page = 10; page < 16; ++page) QCOMPARE(driver.status(OC_BALLOON_UNLOCK, page), OC_BALLOON_SUCCESS);
    QCOMPARE(driver.status(OC_BALLOON_LOCK, 30), OC_BALLOON_SUCCESS);
  }

  // Drivers from before there were capabilities name their protocol version, 2, and know no other answer than plain success.
  void legacyDriverIsAnsweredByPlainSuccess() {
    Driver driver;
    const auto reply = driver.call(OC_BALLOON_START, 2);
    QCOMPARE(reply.status, OC_BALLOON_SUCCESS);
    QCOMPARE(*reply.capabilities, std::uint64_t{OC_BALLOON_CAP_BASIC});
    QCOMPARE(driver.status(OC_BALLOON_LOCK, 10), OC_BALLOON_SUCCESS);
    QCOMPARE(driver.status(OC_BALLOON_BATCHED_LOCK, kBatchPage, 1), OC_BALLOON_BAD_COMMAND);
  }

  void pageIsLockedAndUnlockedOnce() {
    Driver driver;
    driver.start();
    QCOMPARE(driver.status(OC_BALLOON_LOCK, 10), OC_BALLOON_SUCCESS);
    QCOMPARE(driver.status(OC_BALLOON_LOCK, 10), OC_BALLOON_ALREADY_LOCKED);
    QCOMPARE(driver.pages.locked, (std::set<std::uint64_t>{10}));
    QCOMPARE(driver.status(OC_BALLOON_UNLOCK, 10), OC_BALLOON_SUCCESS);
    QCOMPARE(driver.status(OC_BALLOON_UNLOCK, 10), OC_BALLOON_ALREADY_UNLOCKED);
    QVERIFY(driver.pages.locked.empty());
  }

  void pageOutsideTheGuestIsBad() {
    Driver driver;
    driver.start();
    for (const std::uint64_t page : {kMemory, ~std::uint64_t{0}}) {
      QCOMPARE(driver.status(OC_BALLOON_LOCK, page), OC_BALLOON_BAD_PAGE);
      QCOMPARE(driver.status(OC_BALLOON_UNLOCK, page), OC_BALLOON_BAD_PAGE);
    }
  }

  void pinnedPageIsRefused() {
    Driver driver;
    driver.start();
    QCOMPARE(driver.status(OC_BALLOON_LOCK, kPinnedPage), OC_BALLOON_PINNED);
  }

  void nothingIsLockedBeyondTheMaximum() {
    Driver driver;
    driver.start();
    for (std::uint64_t page = 10; page < 10 + kMaximum; ++page) QCOMPARE(driver.status(OC_BALLOON_LOCK, page), OC_BALLOON_SUCCESS);
    QCOMPARE(driver.status(OC_BALLOON_LOCK, 10 + kMaximum), OC_BALLOON_NOT_NEEDED);
    QCOMPARE(driver.status(OC_BALLOON_UNLOCK, 10), OC_BALLOON_SUCCESS);
    QCOMPARE(driver.status(OC_BALLOON_LOCK, 10 + kMaximum), OC_BALLOON_SUCCESS);
  }

  void unknownCommandIsBad() {
    Driver driver;
    driver.start();
    for (const std::uint32_t command : {5u, 8u, 9u, 10u, 0xffffffffu}) QCOMPARE(driver.status(command, 1, 1), OC_BALLOON_BAD_COMMAND);
  }

  void batchesNeedTheirCapability() {
    Driver driver;
    driver.start(OC_BALLOON_CAP_BASIC);
    driver.pages.batch[0] = 20u << kPageShift;
    QCOMPARE(driver.status(OC_BALLOON_BATCHED_LOCK, kBatchPage, 1), OC_BALLOON_BAD_COMMAND);
    QVERIFY(driver.pages.locked.empty());
    QCOMPARE(driver.batchStatus(0), 0u);
  }

  void everyEntryOfABatchHasItsOwnStatus() {
    Driver driver;
    driver.start();
    const std::vector<std::uint64_t> numbers{20, 20, kPinnedPage, kMemory, 21, kBatchPage};
    for (std::size_t i = 0; i < numbers.size(); ++i) driver.pages.batch[i] = numbers[i] << kPageShift;
    QCOMPARE(driver.status(OC_BALLOON_BATCHED_LOCK, kBatchPage, numbers.size()), OC_BALLOON_SUCCESS);
    const std::vector<std::uint64_t> expected{OC_BALLOON_SUCCESS,  OC_BALLOON_ALREADY_LOCKED, OC_BALLOON_PINNED,
                                              OC_BALLOON_BAD_PAGE, OC_BALLOON_SUCCESS,        OC_BALLOON_PINNED};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      QCOMPARE(driver.batchStatus(i), expected[i]);
      QCOMPARE(driver.pages.batch[i] >> kPageShift, numbers[i]);
    }
    QCOMPARE(driver.pages.locked, (std::set<std::uint64_t>{20, 21}));
    QCOMPARE(driver.status(OC_BALLOON_BATCHED_UNLOCK, kBatchPage, 2), OC_BALLOON_SUCCESS);
    QCOMPARE(driver.batchStatus(0), std::uint64_t{OC_BALLOON_SUCCESS});
    QCOMPARE(driver.batchStatus(1), std::uint64_t{OC_BALLOON_ALREADY_UNLOCKED});
  }

  void oldStatusBitsOfAnEntryAreNoPartOfItsPage() {
    Driver driver;
    driver.start();
    driver.pages.batch[0] = (20u << kPageShift) | 0xfff;
    QCOMPARE(driver.status(OC_BALLOON_BATCHED_LOCK, kBatchPage, 1), OC_BALLOON_SUCCESS);
    QCOMPARE(driver.pages.batch[0], std::uint64_t{20u << kPageShift});
  }

  void fullBatchIsTakenAndALargerOneRefused() {
    Driver driver;
    driver.start();
    for (std::size_t i = 0; i < OC_BALLOON_BATCH_ENTRIES; ++i) driver.pages.batch[i] = (100 + i) << kPageShift;
    QCOMPARE(driver.status(OC_BALLOON_BATCHED_LOCK, kBatchPage, OC_BALLOON_BATCH_ENTRIES + 1), OC_BALLOON_BAD_PAGE);
    QCOMPARE(driver.status(OC_BALLOON_BATCHED_LOCK, kBatchPage, 0), OC_BALLOON_BAD_PAGE);
    QVERIFY(driver.pages.locked.empty());
    QCOMPARE(driver.status(OC_BALLOON_BATCHED_LOCK, kBatchPage, OC_BALLOON_BATCH_ENTRIES), OC_BALLOON_SUCCESS);
    QCOMPARE(driver.pages.locked.size(), std::size_t{OC_BALLOON_BATCH_ENTRIES});
  }

  void batchPageThatCannotBeReadIsBad() {
    Driver driver;
    driver.start();
    QCOMPARE(driver.status(OC_BALLOON_BATCHED_LOCK, kMemory, 1), OC_BALLOON_BAD_PAGE);
    QCOMPARE(driver.status(OC_BALLOON_BATCHED_LOCK, ~std::uint64_t{0}, 1), OC_BALLOON_BAD_PAGE);
    driver.pages.unreadable = true;
    QCOMPARE(driver.status(OC_BALLOON_BATCHED_LOCK, kBatchPage, 1), OC_BALLOON_BAD_PAGE);
  }

  void demandedResetHoldsUntilTheDriverStartsAnew() {
    Driver driver;
    driver.start();
    driver.call(OC_BALLOON_LOCK, 10);
    driver.device.demandReset();
    for (const std::uint32_t command : kKnown) QCOMPARE(driver.status(command, 11, 1), OC_BALLOON_RESET);
    QCOMPARE(driver.pages.locked, (std::set<std::uint64_t>{10}));
    driver.start();
    QVERIFY(driver.pages.locked.empty());
    QCOMPARE(driver.status(OC_BALLOON_LOCK, 11), OC_BALLOON_SUCCESS);
  }

  void startForgetsAllPagesAndCapabilities() {
    Driver driver;
    driver.start();
    for (std::uint64_t page = 10; page < 10 + kMaximum; ++page) driver.call(OC_BALLOON_LOCK, page);
    driver.start(OC_BALLOON_CAP_BASIC);
    QVERIFY(driver.pages.locked.empty());
    QCOMPARE(driver.status(OC_BALLOON_LOCK, 10), OC_BALLOON_SUCCESS);
    QCOMPARE(driver.status(OC_BALLOON_BATCHED_LOCK, kBatchPage, 1), OC_BALLOON_BAD_COMMAND);
  }

  void guestIdIsKept() {
    Driver driver;
    driver.start();
    QCOMPARE(driver.status(OC_BALLOON_GUEST_ID, OC_BALLOON_GUEST_LINUX), OC_BALLOON_SUCCESS);
    QCOMPARE(driver.device.guestId(), std::uint64_t{OC_BALLOON_GUEST_LINUX});
  }

  // Whatever a driver does, the device and the pages stay of one mind.
  void randomCallsAreAnsweredAsAModelSays() {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      Driver driver;
      Random random(seed, "balloon calls");
      bool running = false, batches = false;
      std::uint64_t maximum = kMaximum;
      std::set<std::uint64_t> locked;
      for (int step = 0; step < 2000; ++step) {
        const auto command = static_cast<std::uint32_t>(random.below(40) == 0 ? 0 : 1 + random.below(9));
        const std::uint64_t page = 4 + random.below(kMemory);
        driver.pages.batch[0] = page << kPageShift;
        const bool batched = command == OC_BALLOON_BATCHED_LOCK || command == OC_BALLOON_BATCHED_UNLOCK;
        const bool lock = command == OC_BALLOON_LOCK || command == OC_BALLOON_BATCHED_LOCK;
        const auto capabilities = OC_BALLOON_CAP_BASIC | (random.below(2) != 0 ? OC_BALLOON_CAP_BATCHED : 0u);
        const auto reply = driver.call(command, command == 0 ? capabilities : batched ? kBatchPage : page, 1);

        std::uint32_t expected = OC_BALLOON_SUCCESS;
        std::optional<std::uint32_t> ofPage;
        if (command == OC_BALLOON_START) {
          expected = capabilities == OC_BALLOON_CAP_BASIC ? OC_BALLOON_SUCCESS : OC_BALLOON_SUCCESS_WITH_CAPABILITIES;
          running = true;
          maximum = kMaximum;
          batches = (capabilities & OC_BALLOON_CAP_BATCHED) != 0;
          locked.clear();
        } else if (!running) {
          expected = OC_BALLOON_RESET;
        } else if (command == OC_BALLOON_GET_TARGET) {
          maximum = std::min(page, kMaximum);
        } else if (command == 5 || command > 7 || (batched && !batches)) {
          expected = OC_BALLOON_BAD_COMMAND;
        } else if (command == OC_BALLOON_LOCK || command == OC_BALLOON_UNLOCK || batched) {
          if (batched && page == kBatchPage) {
            ofPage = OC_BALLOON_PINNED;
          } else if (page >= kMemory) {
            ofPage = OC_BALLOON_BAD_PAGE;
          } else if (lock) {
            ofPage = locked.size() >= maximum     ? OC_BALLOON_NOT_NEEDED
                     : locked.insert(page).second ? OC_BALLOON_SUCCESS
                                                  : OC_BALLOON_ALREADY_LOCKED;
          } else {
            ofPage = locked.erase(page) == 1 ? OC_BALLOON_SUCCESS : OC_BALLOON_ALREADY_UNLOCKED;
          }
          if (!batched) expected = *ofPage;
        }
        QCOMPARE(reply.status, expected);
        if (batched && ofPage) QCOMPARE(driver.batchStatus(0), std::uint64_t{*ofPage});
        QCOMPARE(driver.pages.locked, locked);
      }
    }
  }
};

OVERCOMMIT_TEST(BalloonDeviceTest)
#include "balloon_device_test.moc"
