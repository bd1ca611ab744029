// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/disk_queue.h"

#include "support/test.h"

using namespace overcommit;

class DiskQueueTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void idleDiskServesAtOnce() {
    DiskQueue disk(0);
    const auto served = disk.submit(seconds(3), milliseconds(5));
    QCOMPARE(served.queued.value(), 0u);
    QCOMPARE(served.service, milliseconds(5));
    QCOMPARE(disk.busyUntil(), seconds(3) + milliseconds(5));
  }

  void requestsWaitForThoseBeforeThem() {
    DiskQueue disk(0);
    disk.submit(milliseconds(10), milliseconds(5));
    const auto second = disk.submit(milliseconds(11), milliseconds(2));
    QCOMPARE(second.queued, milliseconds(4));
    QCOMPARE(second.total(), milliseconds(6));
    const auto third = disk.submit(milliseconds(1), milliseconds(1));  // of a VM whose clock is behind
    QCOMPARE(third.queued, milliseconds(16));
    QCOMPARE(disk.requests(), 3u);
    QCOMPARE(disk.busyTime(seconds(1)), milliseconds(8));
    QCOMPARE(disk.busyTime(milliseconds(14)), milliseconds(4));  // the queue is not work done
    QCOMPARE(disk.busyTime(milliseconds(10)), VirtualTime(0));
  }

  void bandwidthBoundsHowFastPagesFollowEachOther() {
    DiskQueue disk(std::uint64_t{4} << 20);  // 1024 pages a second
    for (int i = 0; i < 1024; ++i) disk.submit(VirtualTime(0), nanoseconds(1));
    QVERIFY(disk.busyUntil() <= seconds(1) && disk.busyUntil() + microseconds(2) >= seconds(1));
    QCOMPARE(DiskQueue(std::uint64_t{4} << 20).submit(VirtualTime(0), seconds(1)).service, seconds(1));
  }
};

OVERCOMMIT_TEST(DiskQueueTest)
#include "disk_queue_test.moc"
