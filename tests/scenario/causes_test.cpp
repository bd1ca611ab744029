// SPDX-License-Identifier: GPL-2.0-or-later
// Every event of a run with all techniques has a cause that can be, and each chain of causes ends where it may begin.
#include "trace/causes.h"

#include <algorithm>
#include <set>

#include "scenario/run_support.h"
#include "support/test.h"

using namespace overcommit;
using overcommit::test::TestRun;

namespace {

const std::string kAllTechniques = R"(title = "All techniques"
seed = 3
duration = "4s"
[host]
memory = "40 MiB"
represents = "8 GiB"
time_scale = 60
[disk]
service_time = "200us"
[[vm]]
name = "web"
count = 2
memory = "24 MiB"
program = "webserver"
image = "x"
guest_swap = "16 MiB"
[[vm]]
name = "touch"
memory = "16 MiB"
program = "toucher"
[vm.args]
working_set = "12 MiB"
random = 1
[[vm]]
name = "script"
memory = "8 MiB"
generator = "uniform"
[vm.args]
work = "2ms"
[[at]]
time = "1500ms"
vm = "touch"
set = { limit = "8 MiB" }
[[at]]
time = "2s"
host = true
set = { MemMinFreePct = 12 }
[[at]]
time = "2500ms"
vm = "script"
action = "power_off"
[[at]]
time = "3s"
vm = "script"
action = "power_on"
)";

}  // namespace

class CausesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    run_ = std::make_unique<TestRun>(kAllTechniques);
    run_->all();
    QVERIFY2(run_->error.empty(), run_->error.c_str());
  }
  void cleanupTestCase() { run_.reset(); }

  void everyEventHasACauseOfASensibleKind() {
    const std::vector<Event>& events = run_->recorder.events;
    for (const Event& event : events) {
      const CausesOfKind& may = causesOf(event.kind);
      QVERIFY2(event.cause < event.sequence, describe(event).c_str());
      if (event.cause == 0) {
        QVERIFY2(may.beginning == Beginning::Possible, describe(event).c_str());
        continue;
      }
      const Event& cause = events[event.cause - 1];
      QCOMPARE(cause.sequence, event.cause);
      QVERIFY2(std::ranges::find(may.causes, cause.kind) != may.causes.end(), (describe(event) + " <- " + describe(cause)).c_str());
    }
  }

  // What a guest may also do by itself, here is done by the hypervisor.
  void noReclaimEventIsWithoutACause() {
    for (const Event& event : run_->recorder.events) {
      const bool reclaims = event.kind == EventKind::Share || event.kind == EventKind::Inflate || event.kind == EventKind::Zip ||
                            event.kind == EventKind::SwapOut || event.kind == EventKind::Block || event.kind == EventKind::Refusal ||
                            (event.kind == EventKind::ReclaimStart && event.vm == kNoVm);
      QVERIFY2(!reclaims || event.cause != 0, describe(event).c_str());
    }
  }

  // The test would be worth little if a technique were missing.
  void theRunUsesEveryTechnique() {
    std::set<std::pair<EventKind, EventKind>> pairs;
    std::set<std::uint64_t> balanceReasons, reclaimReasons;
    bool evicted = false;
    for (const Event& event : run_->recorder.events) {
      pairs.emplace(event.kind, event.cause == 0 ? event.kind : run_->recorder.events[event.cause - 1].kind);
      if (event.kind == EventKind::Balance) balanceReasons.insert(event.values[0]);
      if (event.kind == EventKind::ReclaimStart) reclaimReasons.insert(event.values[0]);
      evicted = evicted || (event.kind == EventKind::SwapOut && event.values[1] != 0);
    }
    using enum EventKind;
    for (const auto& pair : std::vector<std::pair<EventKind, EventKind>>{{Share, Scan},
                                                                         {Zip, VictimVm},
                                                                         {SwapOut, VictimVm},
                                                                         {Inflate, BalloonTarget},
                                                                         {BalloonTarget, TargetSet},
                                                                         {TargetSet, Balance},
                                                                         {Balance, PowerOn},
                                                                         {Balance, SettingChange},
                                                                         {ReclaimStart, FreeStateChange},
                                                                         {Refusal, VictimVm}})
      QVERIFY2(pairs.contains(pair), infoOf(pair.first).name.data());
    QVERIFY(balanceReasons.contains(static_cast<std::uint64_t>(BalanceReason::Period)));
    QVERIFY(reclaimReasons.contains(static_cast<std::uint64_t>(ReclaimReason::Limit)));
    QVERIFY(reclaimReasons.contains(static_cast<std::uint64_t>(ReclaimReason::FreeState)));
    QVERIFY(evicted);
  }

 private:
  static std::string describe(const Event& event) {
    return "#" + std::to_string(event.sequence) + " " + std::string(infoOf(event.kind).name);
  }
  std::unique_ptr<TestRun> run_;
};

OVERCOMMIT_TEST(CausesTest)
#include "causes_test.moc"
