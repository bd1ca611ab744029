// SPDX-License-Identifier: GPL-2.0-or-later
// The balloon driver of the reference guest against the host's half: its rates, and what becomes of a guest that is squeezed too hard.
#include "support/script_vms.h"
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

RunConfig oneGuest(const std::string& program, Pages memory, std::vector<NamedArgument> arguments) {
  RunConfig config = fastDisks(hostOf(memory + mebibytes(16)));
  config.host.options["SwapEnable"] = 0;  // what is taken, the balloon takes
  VmConfig vm = vmOf("guest", program, memory);
  vm.balloon = true;
  vm.arguments = std::move(arguments);
  config.vms.push_back(vm);
  return config;
}

bool printed(const TestHost& test, const std::string& text) {
  return std::ranges::any_of(test.events(), [&text](const Event& event) {
    return event.kind == EventKind::Console && event.text.find(text) != std::string::npos;
  });
}

}  // namespace

class BalloonGuestTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // First all that lies idle, in one poll; then 512 to 2,048 pages a poll, for which the guest pages out.
  void inflatingIsFastWhileTheFreeListLastsAndSlowAfterwards() {
    RunConfig config = oneGuest("toucher", mebibytes(48), {{"working_set", 26 * kMiB}, {"op_work", 2'000'000}});
    config.vms[0].guestSwap = mebibytes(64);
    config.audit = false;
    TestHost test(config);
    test.keep(EventKind::BalloonDriver);
    VERIFY_STARTED(test);
    test.runUntil(seconds(5));
    const std::uint64_t idle = test.metric("vm.guest.guest_free") / kPageSize;
    QVERIFY2(idle > 3000, std::to_string(idle).c_str());
    VERIFY_OK(test.apply(0, SetAction{"limit", mebibytes(16).value()}));
    std::vector<std::uint64_t> polls;  // pages of each second in which any came
    for (int second = 0; second < 8; ++second) {
      const std::uint64_t before = test.vm(0).counters().inflates;
      test.runUntil(test.host().now() + seconds(1));
      const std::uint64_t pages = test.vm(0).counters().inflates - before;
      if (pages > 0) polls.push_back(pages);
    }
    QVERIFY(polls.size() >= 3);
    QVERIFY2(polls[0] > 2500, std::to_string(polls[0]).c_str());
    // A second of the host is not exactly one of the guest's polls: two may fall into one.
    for (std::size_t i = 1; i < polls.size(); ++i) QVERIFY2(polls[i] <= 4096, std::to_string(polls[i]).c_str());
    QVERIFY(test.metric("vm.guest.guest_swap_outs") > 500);
    QVERIFY2(test.vm(0).on(), test.vm(0).crashReason().c_str());
  }

  void balloonNeverExceedsTheMaximumOfItsVm() {
    RunConfig config = oneGuest("idle", mebibytes(16), {{"working_set", 2 * kMiB}, {"files", 8 * kMiB}, {"think", 1'000'000}});
    config.host.timeScale = 10;
    config.vms[0].guestSwap = mebibytes(16);
    config.vms[0].balloonMax = Pages(700);
    config.vms[0].limit = mebibytes(2);
    TestHost test(config);
    VERIFY_STARTED(test);
    while (test.host().now() < seconds(6)) {
      test.host().step(seconds(6));
      QVERIFY(test.vm(0).count(PagePlace::Ballooned) <= Pages(700));
    }
    QCOMPARE(test.vm(0).count(PagePlace::Ballooned).value(), 700u);
    VERIFY_OK(test.apply(0, SetAction{"balloon_max", 900}));
    QVERIFY(test.runUntil([&] { return test.vm(0).count(PagePlace::Ballooned) == Pages(900); }, seconds(12)));
  }

  // A guest without a swap disk can only drop its cache; then its program's next page has to come from a program (article 2).
  void guestWithoutSwapMeetsItsOutOfMemoryKiller() {
    for (const std::uint64_t swap : {16u, 0u}) {
      RunConfig config =
          oneGuest("toucher", mebibytes(16), {{"working_set", 9 * kMiB}, {"size2", 2 * kMiB}, {"hold", 150}, {"op_work", 2'000'000}});
      config.host.timeScale = 10;
      config.vms[0].guestSwap = mebibytes(swap);
      config.vms[0].limit = mebibytes(5);
      TestHost test(config);
      VERIFY_STARTED(test);
      test.runUntil(seconds(8));
      QVERIFY2(test.vm(0).on(), test.vm(0).crashReason().c_str());
      QVERIFY(test.vm(0).counters().inflates > 0);
      QCOMPARE(printed(test, "out of memory: killing toucher"), swap == 0);
      QCOMPARE(test.metric("vm.guest.guest_oom_kills") > 0, swap == 0);
    }
  }
};

OVERCOMMIT_TEST(BalloonGuestTest)
#include "balloon_guest_test.moc"
