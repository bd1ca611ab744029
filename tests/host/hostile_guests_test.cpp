// SPDX-License-Identifier: GPL-2.0-or-later
// Guests that mean harm, each beside a well-behaved web server on one host: the guest ends as its list says, the web server does not
// notice, and the engine stays alive.
#include <fstream>
#include <sstream>

#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

constexpr std::uint64_t kOperations = 256;
constexpr VirtualTime kEnough = milliseconds(600);

std::vector<std::pair<std::string, std::string>> hostileGuests() {
  std::vector<std::pair<std::string, std::string>> list;
  std::ifstream file(std::filesystem::path(OVERCOMMIT_SOURCE_DIR) / "guests" / "hostile" / "expected.txt");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name, ending;
    if (words >> name >> ending && name != "#") list.emplace_back(name, ending);
  }
  return list;
}

VmConfig webServer() {
  VmConfig vm = vmOf("web", "webserver", mebibytes(6));
  vm.arguments = {{"working_set", 1u << 20}, {"files", 1u << 20}, {"op_work", 100'000}};
  vm.operations = kOperations;
  return vm;
}

VmConfig hostile(const std::string& guest) {
  VmConfig vm = kernelVm("bad", prebuiltGuest("hostile/" + guest + ".elf"), mebibytes(4));
  vm.balloon = true;
  return vm;
}

RunConfig hostWith(const std::vector<VmConfig>& vms) {
  RunConfig config = hostOf(mebibytes(16));
  config.costs.diskRead = microseconds(20);
  config.limits.watchdogBlocks = 3'000'000;
  config.vms = vms;
  return config;
}

// What the web server does and leaves behind when it is alone.
struct Alone {
  std::string results;
  std::vector<std::uint64_t> pages;
};
Alone runAlone() {
  TestHost test(hostWith({webServer()}));
  invariant(test.start() && test.runUntilOff(kEnough), "a web server alone completes its operations");
  return {test.vm(0).meter().resultDigest().text(), test.left("web").pages};
}

bool said(const TestHost& test, std::string_view word) {
  return std::ranges::any_of(test.events(), [&](const Event& event) {
    return event.kind == EventKind::Console && event.vm == VmId(1) && event.text.find(word) != std::string::npos;
  });
}

}  // namespace

class HostileGuestsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { alone_ = runAlone(); }

  void hostileGuestHarmsNobodyButItself_data() {
    QTest::addColumn<QString>("guest");
    QTest::addColumn<QString>("ending");
    for (const auto& [guest, ending] : hostileGuests())
      QTest::newRow(guest.c_str()) << QString::fromStdString(guest) << QString::fromStdString(ending);
  }

  void hostileGuestHarmsNobodyButItself() {
    QFETCH(QString, guest);
    QFETCH(QString, ending);
    TestHost test(hostWith({webServer(), hostile(guest.toStdString())}));
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return !test.vm(0).on(); }, kEnough));
    const VirtualMachine& bad = test.vm(1);
    // Time for the guest, or the watchdog, to come to an end.
    const bool endless = ending == "watchdog" && guest.startsWith("endless_") && !guest.startsWith("endless_loop");
    if (!endless) static_cast<void>(test.runUntil([&] { return !bad.on(); }, kEnough));
    test.host().finish();

    QCOMPARE(test.vm(0).state(), VmState::Off);
    QCOMPARE(test.vm(0).meter().operations(), kOperations);
    QCOMPARE(test.vm(0).meter().resultDigest().text(), alone_.results);
    QVERIFY(test.left("web").pages == alone_.pages);

    const std::string how = std::string(nameOf(bad.state())) + ": " + bad.crashReason();
    const bool stopped = bad.state() == VmState::Crashed && !bad.crashReason().empty();
    if (ending == "stopped") {
      QVERIFY2(stopped && !said(test, "survived"), how.c_str());
    } else if (ending == "finishes") {
      QVERIFY2(bad.state() == VmState::Off && said(test, "finished"), how.c_str());
    } else if (ending == "halts") {
      QVERIFY2(bad.state() == VmState::Off, how.c_str());
    } else if (endless) {
      QVERIFY2(bad.on(), how.c_str());
    } else if (ending == "watchdog") {
      QVERIFY2(stopped && bad.crashReason().starts_with("hung: "), how.c_str());
    } else {
      QCOMPARE(ending, QString("either"));
      QVERIFY2(bad.on() || stopped || bad.state() == VmState::Off, how.c_str());
    }
    QVERIFY(bad.crashReason().find("invariant") == std::string::npos);
  }

  void guestThatTouchesItsBalloonPopsItAndItsDriverStartsOver() {
    TestHost test(hostWith({hostile("balloon_touch")}));
    test.keep(EventKind::BalloonDriver);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntilOff(kEnough));
    QCOMPARE(test.count(EventKind::Inflate), 1u);
    QCOMPARE(test.count(EventKind::Pop), 1u);
    std::vector<std::uint64_t> statuses;
    for (const Event& event : test.events()) {
      if (event.kind == EventKind::BalloonDriver) statuses.push_back(event.values[1]);
    }
    QCOMPARE(statuses, (std::vector<std::uint64_t>{OC_BALLOON_SUCCESS_WITH_CAPABILITIES, OC_BALLOON_RESET}));
  }

  // Two runs of one host, a fault in each of the ways that a guest can be stopped: the same events in the same order.
  void hostileGuestsAreStoppedTheSameWayEveryTime() {
    for (const char* guest : {"wild_write", "double_fault", "endless_loop", "table_frame_outside", "call_unknown"}) {
      std::array<std::string, 2> digests, reasons;
      for (const std::size_t i : {0u, 1u}) {
        TestHost test(hostWith({webServer(), hostile(guest)}));
        VERIFY_STARTED(test);
        static_cast<void>(test.runUntil([&] { return !test.vm(1).on(); }, kEnough));
        digests[i] = test.digest();
        reasons[i] = test.vm(1).crashReason();
      }
      QCOMPARE(digests[0], digests[1]);
      QCOMPARE(reasons[0], reasons[1]);
      QVERIFY2(!reasons[0].empty(), guest);
    }
  }

 private:
  Alone alone_;
};

OVERCOMMIT_TEST(HostileGuestsTest)
#include "hostile_guests_test.moc"
