// SPDX-License-Identifier: GPL-2.0-or-later
// Every hostile guest ends as it is written down in guests/hostile/expected.txt, under audit, while a neighbour goes on working and its
// program finds none of its bytes changed.
#include <QFile>

#include "host/support/test_host.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

class HostileEndTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void endsAsExpected_data();
  void endsAsExpected();
};

void HostileEndTest::endsAsExpected_data() {
  QTest::addColumn<QString>("expected");
  QFile file(QStringLiteral(OVERCOMMIT_SOURCE_DIR "/guests/hostile/expected.txt"));
  QVERIFY(file.open(QIODevice::ReadOnly));
  for (const QByteArray& line : file.readAll().split('\n')) {
    const QList<QByteArray> words = line.split(' ');
    if (!line.startsWith('#') && words.size() == 2) QTest::newRow(words[0].constData()) << QString::fromUtf8(words[1]);
  }
}

void HostileEndTest::endsAsExpected() {
  QFETCH(const QString, expected);
  const std::string name = QTest::currentDataTag();

  RunConfig config = hostOf(mebibytes(40));
  config.limits.watchdogBlocks = 3'000'000;
  config.vms.push_back(kernelVm("bad", prebuiltGuest("hostile/" + name + ".elf"), mebibytes(16)));
  config.vms.back().guestSwap = mebibytes(4);
  config.vms.back().balloon = true;
  config.vms.push_back(vmOf("good", "toucher", mebibytes(16)));
  config.vms.back().arguments = {{"working_set", std::uint64_t{1} << 20}};

  TestHost test(std::move(config));
  VERIFY_STARTED(test);
  test.runUntil(milliseconds(60));
  const VirtualMachine& bad = test.vm(0);
  const VirtualMachine& good = test.vm(1);

  bool survived = false;
  bool finished = false;
  for (const Event& event : test.events()) {
    survived = survived || (event.kind == EventKind::Console && event.text == "survived");
    finished = finished || (event.kind == EventKind::Console && event.text == "finished");
  }
  const bool stopped = bad.state() == VmState::Crashed;
  const bool off = bad.state() == VmState::Off;
  if (expected == QStringLiteral("stopped")) {
    QVERIFY(stopped && !survived && !finished);
  } else if (expected == QStringLiteral("finishes")) {
    QVERIFY2(off && finished, bad.crashReason().c_str());
  } else if (expected == QStringLiteral("watchdog")) {
    QVERIFY(!off && !survived);
  } else if (expected == QStringLiteral("halts")) {
    QVERIFY(off && !survived && !finished);
  } else {
    QCOMPARE(expected, QStringLiteral("either"));
  }
  QVERIFY(!stopped || !bad.crashReason().empty());

  QVERIFY2(good.state() == VmState::Running, good.crashReason().c_str());
  QVERIFY(good.meter().operations() > 20);
}

OVERCOMMIT_TEST(HostileEndTest)
#include "hostile_end_test.moc"
