// SPDX-License-Identifier: GPL-2.0-or-later
// The oracle: whatever the hypervisor does with a guest's memory, the guest must not be able to tell. Each program runs to the same
// operation with ample memory, on a host so small that it swaps a lot, with so few window mappings that they are flushed all the time, and
// with each technique of reclaiming alone and with all together; what it leaves in every page must be the same, but for the one page that
// may hold the time. A guest that gives memory to a balloon chooses for itself what to do without: there, what its program computes must
// be the same.
#include <array>
#include <map>

#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

struct Program {
  const char* name;
  std::vector<NamedArgument> arguments;
  std::uint64_t operations;
  std::uint64_t smallHost;  // MiB
  std::uint64_t guestSwap = 0;
};

constexpr std::uint64_t kVmMiB = 16;

// Smaller than the defaults, so that every program passes through its memory several times.
std::vector<Program> programs() {
  return {
      {"idle", {{"working_set", 6 * kMiB}, {"files", 4 * kMiB}, {"think", 1'000'000}}, 500, 6},
      {"toucher", {{"working_set", 6 * kMiB}, {"size2", 3 * kMiB}, {"size3", 9 * kMiB}, {"hold", 400}}, 1600, 6},
      {"webserver", {{"working_set", 5 * kMiB}, {"files", 6 * kMiB}}, 1500, 6},
      {"compile", {{"process", 4 * kMiB}, {"sources", 4 * kMiB}, {"output", kMiB}}, 2500, 6},
      {"database", {{"pool", 6 * kMiB}, {"table", 9 * kMiB}}, 1500, 6},
      {"desktop", {{"applications", 4 * kMiB}, {"zero", 2 * kMiB}, {"documents", 4 * kMiB}, {"think", 0}}, 1500, 6},
      {"leak", {{"step", 65536}, {"think", 1000}, {"restart", 1}}, 300, 6, 1024},
      {"java-heap", {{"heap", 9 * kMiB}}, 1200, 6},
      {"boot-zero", {{"working_set", 4 * kMiB}, {"think", 0}}, 1500, 6},
      {"incompressible", {{"working_set", 8 * kMiB}}, 1500, 6},
      {"phases",
       {{"memory", 9 * kMiB},
        {"size1", 4 * kMiB},
        {"size2", kMiB},
        {"size3", 7 * kMiB},
        {"size5", 2 * kMiB},
        {"size6", 6 * kMiB},
        {"hold", 250}},
       1800,
       6},
  };
}

struct Outcome {
  TestHost::Left left;
  std::uint64_t operations = 0, results = 0, reclaimed = 0, largeTouches = 0, largeBreaks = 0;
  std::uint64_t scanned = 0, shared = 0;
  MemoryCounters counters;
  std::string resultDigest, ending;
  bool off = false;
};

RunConfig runOf(const Program& program, Pages host) {
  RunConfig config = hostOf(host);
  VmConfig vm = vmOf("guest", program.name, mebibytes(kVmMiB));
  vm.arguments = program.arguments;
  vm.operations = program.operations;
  vm.guestSwap = Pages(program.guestSwap);
  config.vms.push_back(vm);
  return config;
}

Outcome outcomeOf(RunConfig config, std::optional<std::uint64_t> mappingLimit = {}) {
  TestHost test(std::move(config), mappingLimit);
  Outcome outcome;
  if (!test.start()) {
    outcome.ending = test.error();
    return outcome;
  }
  outcome.off = test.runUntilOff(seconds(2000));
  const VirtualMachine& vm = test.vm(0);
  outcome.ending = std::string(nameOf(vm.state())) + " " + vm.crashReason();
  outcome.operations = vm.meter().operations();
  outcome.results = vm.meter().results();
  outcome.resultDigest = vm.meter().resultDigest().text();
  outcome.reclaimed = vm.counters().swapIns + vm.counters().unzips;
  outcome.largeTouches = vm.counters().largeTouches;
  outcome.largeBreaks = vm.counters().largeBreaks;
  outcome.counters = vm.counters();
  outcome.scanned = test.host().sharing().counters().scanned;
  outcome.shared = test.host().sharing().counters().shared;
  if (test.hasLeft("guest")) outcome.left = test.left("guest");
  return outcome;
}

// The techniques of reclaiming. What compression does not take must go somewhere: it has the swap file behind it, as always.
enum class Technique : std::uint8_t { Sharing, Compression, Swapping, Ballooning, All };
constexpr std::array kTechniques{std::pair{"sharing", Technique::Sharing}, std::pair{"compression", Technique::Compression},
                                 std::pair{"swapping", Technique::Swapping}, std::pair{"ballooning", Technique::Ballooning},
                                 std::pair{"all", Technique::All}};
constexpr std::array kProfiles{"esx2", "esx3", "esx4", "esx5", "esx6"};

bool ballooning(Technique technique) { return technique == Technique::Ballooning || technique == Technique::All; }
bool compresses(std::string_view profile) { return profile != "esx2" && profile != "esx3"; }

// A host on which this technique has much to do, and no other has anything. Sharing and ballooning alone do not keep a host alive that is
// too small: it has memory enough, but pages are scanned fast, or the VM has a limit and a driver.
RunConfig runUnder(const Program& program, Technique technique, const std::string& profile) {
  const bool alone = technique == Technique::Sharing || technique == Technique::Ballooning;
  RunConfig config = runOf(program, mebibytes(alone ? kVmMiB + 8 : program.smallHost));
  auto& options = config.host.options;
  config.host.profile = profile;
  config.disk.swapSpace = kUnlimitedSwapSpace;
  config.host.timeScale = 1000;
  options["ShareScanTime"] = 10;
  options["ShareScanVM"] = 1000;
  options["ShareScanTotal"] = 1000;
  VmConfig& vm = config.vms[0];
  vm.sharing = technique == Technique::Sharing || technique == Technique::All;
  if (compresses(profile)) options["MemZipEnable"] = technique == Technique::Compression || technique == Technique::All ? 1 : 0;
  if (technique == Technique::Compression) options["MemZipMaxPct"] = options["MemZipMaxAllocPct"] = 100;
  if (technique == Technique::Sharing) options["AllocGuestLargePage"] = 0;  // large pages are not shared while there is memory
  if (technique == Technique::Ballooning) options["SwapEnable"] = 0;
  if (ballooning(technique)) {
    vm.balloon = true;
    vm.guestSwap = std::max(vm.guestSwap, mebibytes(kVmMiB));
    vm.limit = mebibytes(program.smallHost - 1);
  }
  return config;
}

// The first page that differs, in words; "" if none does.
std::string difference(const Outcome& a, const Outcome& b) {
  if (a.left.pages.size() != b.left.pages.size()) return "memory of another size";
  if (a.left.clockPage != b.left.clockPage) return "another clock page";
  for (std::size_t gfn = 0; gfn < a.left.pages.size(); ++gfn) {
    if (a.left.clockPage == Gfn(gfn)) continue;
    if (a.left.pages[gfn] != b.left.pages[gfn]) return "guest frame " + std::to_string(gfn);
  }
  return "";
}

}  // namespace

class OracleTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyProgramIsTried() {
    std::vector<std::string> tried;
    for (const Program& program : programs()) tried.emplace_back(program.name);
    std::vector<std::string> existing;
#define OC_PROGRAM(symbol, name, meaning) existing.emplace_back(name);
#define OC_ARGUMENT(program, name, unit, fallback, meaning)
#include "abi/programs.inc"
#undef OC_PROGRAM
#undef OC_ARGUMENT
    QVERIFY(tried == existing);
  }

  void guestCannotTellHowItsMemoryIsHeld_data() {
    QTest::addColumn<int>("index");
    const auto all = programs();
    for (std::size_t i = 0; i < all.size(); ++i) QTest::newRow(all[i].name) << static_cast<int>(i);
  }

  void guestCannotTellHowItsMemoryIsHeld() {
    QFETCH(int, index);
    const Program program = programs()[static_cast<std::size_t>(index)];
    const Outcome ample = outcomeOf(runOf(program, mebibytes(kVmMiB + 8)));
    QVERIFY2(ample.off && ample.operations == program.operations, ample.ending.c_str());
    QCOMPARE(ample.reclaimed, 0u);
    QVERIFY(ample.results > 0);

    const Outcome tight = outcomeOf(runOf(program, mebibytes(program.smallHost)));
    QVERIFY2(tight.off, tight.ending.c_str());
    QVERIFY2(tight.reclaimed > 100, std::to_string(tight.reclaimed).c_str());
    QCOMPARE(tight.operations, ample.operations);
    QCOMPARE(tight.results, ample.results);
    QCOMPARE(tight.resultDigest, ample.resultDigest);
    QCOMPARE(difference(tight, ample), std::string());

    RunConfig large = runOf(program, mebibytes(program.smallHost + 4));
    large.host.options["AllocGuestLargePage"] = 1;
    const Outcome broken = outcomeOf(large);
    QVERIFY2(broken.off, broken.ending.c_str());
    QVERIFY(broken.largeTouches > 0);
    QVERIFY(broken.reclaimed < 100 || broken.largeBreaks > 0);
    QCOMPARE(broken.operations, ample.operations);
    QCOMPARE(broken.resultDigest, ample.resultDigest);
    QCOMPARE(difference(broken, ample), std::string());

    const Outcome flushed = outcomeOf(runOf(program, mebibytes(kVmMiB + 8)), 100);
    QVERIFY2(flushed.off, flushed.ending.c_str());
    QCOMPARE(flushed.operations, ample.operations);
    QCOMPARE(flushed.resultDigest, ample.resultDigest);
    QCOMPARE(difference(flushed, ample), std::string());
  }

  // Each program in each vintage with each technique; in short runs every technique in two or three vintages, and every program.
  void guestCannotTellWhichTechniqueWasUsed_data() {
    QTest::addColumn<int>("index");
    QTest::addColumn<int>("technique");
    QTest::addColumn<QString>("profile");
    const auto all = programs();
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t t = 0; t < kTechniques.size(); ++t) {
        for (std::size_t p = 0; p < kProfiles.size(); ++p) {
          // A compression cache as large as its VM once kept it blocked for ever.
          const bool largeCache = std::string_view(all[i].name) == "leak" && kTechniques[t].second == Technique::Compression &&
                                  std::string_view(kProfiles[p]) == "esx5";
          if (!full() && !largeCache && ((t + p) % 2 != 0 || (t * kProfiles.size() + p) / 2 % all.size() != i)) continue;
          if (kTechniques[t].second == Technique::Compression && !compresses(kProfiles[p])) continue;
          QTest::addRow("%s, %s, %s", all[i].name, kTechniques[t].first, kProfiles[p])
              << static_cast<int>(i) << static_cast<int>(t) << QString(kProfiles[p]);
        }
      }
    }
  }

  void guestCannotTellWhichTechniqueWasUsed() {
    QFETCH(int, index);
    QFETCH(int, technique);
    QFETCH(QString, profile);
    const Program program = programs()[static_cast<std::size_t>(index)];
    const Technique used = kTechniques[static_cast<std::size_t>(technique)].second;
    const RunConfig config = runUnder(program, used, profile.toStdString());
    // The same guest, with the same disks, and nothing is taken from it.
    RunConfig freely = runOf(program, mebibytes(kVmMiB + 8));
    freely.vms[0].guestSwap = config.vms[0].guestSwap;
    const std::string key = std::string(program.name) + std::to_string(freely.vms[0].guestSwap.value());
    if (!ample_.contains(key)) ample_[key] = outcomeOf(freely);
    const Outcome& ample = ample_[key];
    QVERIFY2(ample.off && ample.operations == program.operations, ample.ending.c_str());

    const Outcome outcome = outcomeOf(config);
    QVERIFY2(outcome.off, outcome.ending.c_str());
    QCOMPARE(outcome.operations, ample.operations);
    QCOMPARE(outcome.results, ample.results);
    QCOMPARE(outcome.resultDigest, ample.resultDigest);
    if (!ballooning(used)) QCOMPARE(difference(outcome, ample), std::string());

    const MemoryCounters& counters = outcome.counters;
    const QString did = QString("%1 shared, %2 zips, %3 swap-outs, %4 inflates")
                            .arg(outcome.shared)
                            .arg(counters.zips)
                            .arg(counters.swapOuts)
                            .arg(counters.inflates);
    switch (used) {
      case Technique::Sharing:
        QVERIFY2(outcome.scanned > 0 && counters.zips + counters.swapOuts + counters.inflates == 0, qPrintable(did));
        break;
      case Technique::Compression: QVERIFY2(counters.zips > 0 && outcome.shared + counters.inflates == 0, qPrintable(did)); break;
      case Technique::Swapping:
        QVERIFY2(counters.swapOuts > 100 && outcome.shared + counters.zips + counters.inflates == 0, qPrintable(did));
        break;
      case Technique::Ballooning:
        QVERIFY2(counters.inflates > 0 && outcome.shared + counters.zips + counters.swapOuts == 0, qPrintable(did));
        break;
      case Technique::All: QVERIFY2(outcome.scanned > 0 && counters.zips + counters.swapOuts > 0, qPrintable(did)); break;
    }
  }

 private:
  std::map<std::string, Outcome> ample_;  // by program and guest swap
};

OVERCOMMIT_TEST(OracleTest)
#include "oracle_test.moc"
