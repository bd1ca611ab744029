// SPDX-License-Identifier: GPL-2.0-or-later
// The counters of ESX, against the pages and frames of the run, the engine's own figures, and the metrics.
#include "trace/counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "host/metrics.h"
#include "run_support.h"
#include "support/test.h"
#include "trace/world.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

constexpr std::int64_t kMillion = 1'000'000;

// Three VMs without CPUs: everything but balloons happens to them. A limit, a reservation and shares change in mid-run, and one VM ends.
const std::string kScripts = R"(
title = "Counters"
seed = 4
duration = "6s"
[host]
memory = "20 MiB"
time_scale = 60
profile = "esx5"
[host.options]
ShareForceSalting = 0
SamplePeriod = 30
[disk]
service_time = "200us"
[[vm]]
name = "a"
memory = "12 MiB"
generator = "uniform"
limit = "8 MiB"
[vm.args]
same = 300
work = "2ms"
[[vm]]
name = "b"
memory = "12 MiB"
generator = "zipf"
reservation = "2 MiB"
[vm.args]
fill = 0
write = 100
same = 300
[[vm]]
name = "c"
memory = "8 MiB"
generator = "uniform"
ops = 1500
[vm.args]
same = 500
[[at]]
time = "2s"
vm = "a"
set = { limit = "none" }
[[at]]
time = "3s"
vm = "b"
set = { reservation = "1 MiB", shares = "high" }
[[at]]
time = "4s"
host = true
set = { MemMinFreePct = 10 }
)";

// The same vintage with guests that have balloon drivers.
const std::string kGuests = R"(
title = "Counters of guests"
seed = 4
duration = "12s"
[host]
memory = "16 MiB"
represents = "1 GiB"
time_scale = 60
profile = "esx6"
[[vm]]
name = "web"
count = 2
memory = "24 MiB"
program = "webserver"
guest_swap = "24 MiB"
)";

// A run, and the world as a reader of its trace has it, side by side.
class Watched {
 public:
  explicit Watched(const std::string& scenario) : test_(scenario) {}
  [[nodiscard]] bool start() {
    if (!test_.start()) return false;
    header_ = test_.run->host().traceHeader("", "");
    world_.emplace(header_);
    return follow();
  }
  [[nodiscard]] bool advance(VirtualTime until) { return test_.advance(until) && follow(); }
  [[nodiscard]] const WorldModel& world() const { return *world_; }
  [[nodiscard]] const Host& host() const { return test_.run->host(); }
  [[nodiscard]] VirtualTime now() const { return test_.run->now(); }
  [[nodiscard]] MemoryFigures figures() const { return figuresOf(*world_, now(), header_.timeScale, FigureDepth::EachPage); }
  [[nodiscard]] const std::string& error() const { return test_.error; }
  [[nodiscard]] std::uint64_t metric(const std::string& path) const {
    std::vector<std::string> names;
    for (const TraceVm& vm : header_.vms) names.push_back(vm.name);
    const auto found = findMetric(path, names);
    invariant(found.has_value(), found ? "" : found.error().text);
    return readMetric(host(), *found);
  }
  // From the events alone: of this kind and VM so far.
  [[nodiscard]] std::int64_t events(EventKind kind, VmId vm) const {
    return std::ranges::count_if(test_.recorder.events, [&](const Event& event) { return event.kind == kind && event.vm == vm; });
  }
  // The last event of this kind, and VM if it has one.
  [[nodiscard]] Event last(EventKind kind, VmId vm) const {
    Event found;
    for (const Event& event : test_.recorder.events) {
      if (event.kind == kind && event.vm == vm) found = event;
    }
    return found;
  }

 private:
  bool follow() {
    for (; applied_ < test_.recorder.events.size(); ++applied_) {
      if (const auto done = world_->apply(test_.recorder.events[applied_]); !done) {
        test_.error = done.error().text;
        return false;
      }
    }
    return true;
  }

  TestRun test_;
  TraceHeader header_;
  std::optional<WorldModel> world_;
  std::size_t applied_ = 0;
};

std::int64_t value(std::span<const Counter> counters, std::string_view name, const MemoryFigures& now, const MemoryFigures& before,
                   std::optional<VmId> vm = std::nullopt) {
  const auto found = std::ranges::find(counters, name, &Counter::name);
  invariant(found != counters.end(), "a counter of the table");
  const auto read = vm ? counterValue(*found, now, before, *vm) : counterValue(*found, now, before);
  invariant(read.has_value(), "a counter that is modelled");
  return *read;
}

// What a VM's pages come to, counted one by one.
struct Counted {
  std::map<PagePlace, std::int64_t> pages;
  std::int64_t zero = 0, slotBytes = 0;
  double saved = 0;
};
Counted countPages(const WorldModel& world, VmId vm) {
  Counted counted;
  for (Gfn gfn; gfn.value() < world.memory(vm).value(); gfn = gfn.next()) {
    const WorldPage page = world.page(vm, gfn);
    ++counted.pages[page.place];
    if (page.place == PagePlace::Shared) {
      const WorldFrame frame = world.frame(page.mfn);
      counted.saved += 1.0 - 1.0 / frame.references;
      if (frame.zeros) ++counted.zero;
    }
    if (page.place == PagePlace::Zipped && page.compressedBytes > 0) counted.slotBytes += page.compressedBytes <= 1024 ? 1024 : 2048;
  }
  return counted;
}

std::int64_t rateOf(std::int64_t pages, VirtualTime time) {
  return static_cast<std::int64_t>(static_cast<double>(pages) * 4096.0 * 1e9 / static_cast<double>(time.value()));
}

}  // namespace

class CountersTest : public QObject {
  Q_OBJECT
 private:
  static void scenarios() {
    QTest::addColumn<std::string>("scenario");
    QTest::newRow("scripts") << kScripts;
    QTest::newRow("guests") << kGuests;
  }

 private Q_SLOTS:
  void theTraceTellsWhatTheEngineKnows_data() { scenarios(); }
  void theTraceTellsWhatTheEngineKnows() {
    QFETCH(std::string, scenario);
    Watched run(scenario);
    QVERIFY2(run.start(), run.error().c_str());
    for (VirtualTime at = milliseconds(500); at <= seconds(6); at += milliseconds(500)) {
      QVERIFY2(run.advance(at), run.error().c_str());
      const MemoryFigures told = run.figures();
      const MemoryFigures& known = run.host().figures(FigureDepth::EachPage);
      QCOMPARE(told.vms.size(), known.vms.size());
      for (std::size_t i = 0; i < told.vms.size(); ++i) {
        for (const Counter& counter : vmCounters()) {
          const VmId vm(static_cast<std::uint16_t>(i));
          const auto a = counterValue(counter, told, {}, vm), b = counterValue(counter, known, {}, vm);
          QVERIFY2(a == b,
                   fmt::format("{} of VM {} at {}: {} and {}", counter.name, i, at.value(), a.value_or(-7), b.value_or(-7)).c_str());
        }
        QVERIFY(told.vms[i] == known.vms[i]);
      }
      for (const Counter& counter : hostCounters()) {
        const auto a = counterValue(counter, told, {}), b = counterValue(counter, known, {});
        QVERIFY2(a == b, fmt::format("{} at {}: {} and {}", counter.name, at.value(), a.value_or(-7), b.value_or(-7)).c_str());
      }
      QVERIFY(told == known);
    }
  }

  // Each row of the table of VM fields, computed from single pages and events.
  void everyFieldOfAVmFollowsItsFormula_data() { scenarios(); }
  void everyFieldOfAVmFollowsItsFormula() {
    QFETCH(std::string, scenario);
    Watched run(scenario);
    QVERIFY2(run.start(), run.error().c_str());
    MemoryFigures before;
    std::set<std::string_view> notZero;
    for (VirtualTime at = seconds(1); at <= seconds(6); at += seconds(1)) {
      std::map<std::pair<EventKind, std::size_t>, std::int64_t> earlier;
      for (std::size_t i = 0; i < run.world().vms(); ++i) {
        for (const EventKind kind : {EventKind::SwapIn, EventKind::SwapOut, EventKind::Zip, EventKind::Unzip})
          earlier[{kind, i}] = run.events(kind, VmId(static_cast<std::uint16_t>(i)));
      }
      QVERIFY2(run.advance(at), run.error().c_str());
      const MemoryFigures now = run.figures();
      const WorldModel& world = run.world();
      for (std::size_t i = 0; i < world.vms(); ++i) {
        const VmId vm(static_cast<std::uint16_t>(i));
        if (!world.vm(vm).poweredOn) continue;
        Counted pages = countPages(world, vm);
        const Event allotment = run.last(EventKind::Allotment, vm), target = run.last(EventKind::ReclaimTarget, vm),
                    active = run.last(EventKind::Active, vm), sample = run.last(EventKind::Sample, vm),
                    overhead = run.last(EventKind::OverheadFigures, vm);
        const auto whole = [](std::uint64_t count) { return static_cast<std::int64_t>(count) * kMillion; };
        const auto place = [&](PagePlace of) { return pages.pages[of] * kMillion; };
        const auto rate = [&](EventKind kind) { return rateOf(run.events(kind, vm) - earlier[{kind, i}], now.time - before.time); };
        const std::int64_t tables = run.events(EventKind::OverheadTake, vm) - run.events(EventKind::OverheadGive, vm);
        QVERIFY(allotment.values[3] > 0 && allotment.values[3] <= world.memory(vm).value() * 65 / 100);
        const std::int64_t saved = value(vmCounters(), "SHRDSVD", now, before, vm);
        QVERIFY(std::abs(static_cast<double>(saved) - pages.saved * kMillion) < 1.0);
        const std::map<std::string_view, std::int64_t> wanted{
            {"MEMSZ", whole(world.memory(vm).value())},
            {"GRANT", place(PagePlace::Private) + place(PagePlace::Shared)},
            {"CNSM", place(PagePlace::Private) + place(PagePlace::Shared) - saved},
            {"SZTGT", whole(run.last(EventKind::TargetSet, vm).values[0]) + tables * kMillion},
            {"TCHD", whole(active.values[0])},
            {"%ACTV", sample.values[0] == 0 ? 0 : static_cast<std::int64_t>(sample.values[1] * 1'000'000 / sample.values[0])},
            {"%ACTVS", static_cast<std::int64_t>(active.values[1])},
            {"%ACTVF", static_cast<std::int64_t>(active.values[2])},
            {"%ACTVN", static_cast<std::int64_t>(active.values[3])},
            {"MCTL?", static_cast<std::int64_t>(target.values[2])},
            {"MCTLSZ", place(PagePlace::Ballooned)},
            {"MCTLTGT", whole(target.values[0])},
            {"MCTLMAX", whole(allotment.values[3])},
            {"SWCUR", place(PagePlace::Swapped)},
            {"SWTGT", whole(target.values[1])},
            {"SWR/s", rate(EventKind::SwapIn)},
            {"SWW/s", rate(EventKind::SwapOut)},
            {"CACHESZ", (run.events(EventKind::ZipStoreTake, vm) - run.events(EventKind::ZipStoreGive, vm)) * kMillion},
            {"CACHEUSD", pages.slotBytes * kMillion / 4096},
            {"ZIP/s", rate(EventKind::Zip)},
            {"UNZIP/s", rate(EventKind::Unzip)},
            {"ZERO", pages.zero * kMillion},
            {"SHRD", place(PagePlace::Shared)},
            {"SHRDSVD", saved},  // above, against the sum
            {"COWH", whole(run.last(EventKind::Hints, vm).values[0])},
            {"OVHD", tables * kMillion},
            {"OVHDMAX", whole(overhead.values[0])},
            {"OVHDPUB", static_cast<std::int64_t>(overhead.values[1] * 1'000'000 / 4096)},
            {"AMIN", whole(allotment.values[0])},
            {"AMAX", allotment.values[1] == kNoLimit ? -kMillion : whole(allotment.values[1])},
            {"ASHRS", static_cast<std::int64_t>(allotment.values[2])},
        };
        for (const Counter& counter : vmCounters()) {
          const auto got = counterValue(counter, now, before, vm);
          QVERIFY2(got.has_value() == wanted.contains(counter.name), counter.name.data());
          if (!got) continue;
          const std::int64_t want = wanted.at(counter.name);
          const std::int64_t slack = counter.unit == CounterUnit::Rate || counter.name == "OVHDPUB" ? 1 : 0;
          QVERIFY2(std::abs(*got - want) <= slack, fmt::format("{}: {} instead of {}", counter.name, *got, want).c_str());
          if (want != 0) notZero.insert(counter.name);
        }
        QCOMPARE(place(PagePlace::Private) + place(PagePlace::Shared) + place(PagePlace::Ballooned) + place(PagePlace::Swapped) +
                     place(PagePlace::Zipped) + place(PagePlace::Untouched),
                 value(vmCounters(), "MEMSZ", now, before, vm));
      }
      before = now;
    }
    // A check of zeros alone would prove little: each field is put to the test by one scenario or the other.
    const std::set<std::string_view> ofGuests{"MCTL?", "MCTLSZ", "MCTLTGT", "CACHESZ", "CACHEUSD", "ZIP/s", "UNZIP/s"};
    for (const Counter& counter : vmCounters()) {
      if (counter.read == nullptr || ofGuests.contains(counter.name) != (scenario == kGuests)) continue;
      QVERIFY2(notZero.contains(counter.name), counter.name.data());
    }
  }

  void sumsHoldExactly_data() { scenarios(); }
  void sumsHoldExactly() {
    QFETCH(std::string, scenario);
    Watched run(scenario);
    QVERIFY2(run.start(), run.error().c_str());
    bool anySaving = false;
    for (VirtualTime at = seconds(1); at <= seconds(6); at += seconds(1)) {
      QVERIFY2(run.advance(at), run.error().c_str());
      const MemoryFigures now = run.figures();
      const auto host = [&](std::string_view name) { return value(hostCounters(), name, now, {}); };
      const auto sum = [&](std::string_view name) {
        std::int64_t total = 0;
        for (std::size_t i = 0; i < now.vms.size(); ++i) {
          if (now.vms[i].on) total += value(vmCounters(), name, now, {}, VmId(static_cast<std::uint16_t>(i)));
        }
        return total;
      };
      anySaving = anySaving || host("PSHARE saving") > 0;
      QCOMPARE(sum("SHRDSVD"), host("PSHARE saving"));
      QCOMPARE(host("PSHARE shared") - host("PSHARE common"), host("PSHARE saving"));
      QCOMPARE(sum("SHRD"), host("PSHARE shared"));
      QCOMPARE(sum("SWCUR"), host("SWAP curr"));
      QCOMPARE(sum("SWTGT"), host("SWAP rclmtgt"));
      QCOMPARE(sum("MCTLSZ"), host("MEMCTL curr"));
      QCOMPARE(sum("MCTLTGT"), host("MEMCTL target"));
      QCOMPARE(sum("MCTLMAX"), host("MEMCTL max"));
      QCOMPARE(host("PMEM cos") + host("PMEM vmk") + host("PMEM other") + host("PMEM free"), host("PMEM total"));
      QCOMPARE(host("ZIP zipped") - sum("CACHESZ"), host("ZIP saved"));
      QCOMPARE(sum("AMIN") + sum("OVHDMAX") + host("VMKMEM minfree"), host("VMKMEM rsvd"));
      QCOMPARE(host("VMKMEM managed") - host("VMKMEM rsvd"), host("VMKMEM ursvd"));
      // What all VMs consume, with their overhead and caches, is what the host has given to them.
      QCOMPARE(sum("CNSM") + sum("OVHD") + sum("CACHESZ"), host("PMEM other"));
    }
    QVERIFY(anySaving || scenario == kGuests);
  }

  void metricsAreTheCountersTheyAreNamedAt_data() { scenarios(); }
  void metricsAreTheCountersTheyAreNamedAt() {
    QFETCH(std::string, scenario);
    Watched run(scenario);
    QVERIFY2(run.start(), run.error().c_str());
    int compared = 0;
    for (VirtualTime at = seconds(2); at <= seconds(6); at += seconds(2)) {
      QVERIFY2(run.advance(at), run.error().c_str());
      const MemoryFigures now = run.figures();
      const auto asMetric = [](const Counter& counter, std::int64_t raw) -> std::uint64_t {
        if (raw < 0) return 0;
        const auto number = static_cast<std::uint64_t>(raw);
        if (counter.unit == CounterUnit::Memory) return bytesOfMillionths(raw);
        return counter.unit == CounterUnit::Fraction || counter.unit == CounterUnit::Ratio ? number / 1'000 : number;
      };
      for (const std::span<const Counter> table : {hostCounters(), vcenterHostCounters()}) {
        for (const Counter& counter : table) {
          if (counter.metric.empty()) continue;
          const std::uint64_t metric = run.metric(fmt::format("host.{}", counter.metric));
          QVERIFY2(metric == asMetric(counter, *counterValue(counter, now, {})), counter.name.data());
          ++compared;
        }
      }
      for (const std::span<const Counter> table : {vmCounters(), vcenterVmCounters()}) {
        for (const Counter& counter : table) {
          for (std::size_t i = 0; i < now.vms.size(); ++i) {
            if (counter.metric.empty() || !now.vms[i].on) continue;
            const std::uint64_t metric =
                run.metric(fmt::format("vm.{}.{}", run.world().name(VmId(static_cast<std::uint16_t>(i))), counter.metric));
            const std::uint64_t wanted = asMetric(counter, *counterValue(counter, now, {}, VmId(static_cast<std::uint16_t>(i))));
            // Consumed is granted less a figure that was rounded to a byte.
            QVERIFY2(std::max(metric, wanted) - std::min(metric, wanted) <=
                         (counter.metric == "consumed" || counter.metric == "demand" ? 1u : 0u),
                     fmt::format("{}: {} and {}", counter.name, metric, wanted).c_str());
            ++compared;
          }
        }
      }
    }
    QVERIFY(compared > 100);
  }

  void overcommitIsAnAverageOverItsMinutes() {
    // 150 % for 30 s, then 300 %, of 1,000 frames.
    const std::vector<RequestedPages> requested{{VirtualTime(0), 1'500}, {seconds(30), 3'000}};
    QCOMPARE(overcommitAverage(requested, 1'000, seconds(30), 1, 1), 500'000u);
    QCOMPARE(overcommitAverage(requested, 1'000, seconds(60), 1, 1), 1'250'000u);
    QCOMPARE(overcommitAverage(requested, 1'000, seconds(90), 1, 1), 2'000'000u);
    QCOMPARE(overcommitAverage(requested, 1'000, seconds(300), 5, 1), 1'850'000u);
    QCOMPARE(overcommitAverage(requested, 1'000, seconds(31), 1, 60), 2'000'000u);  // a minute is a second there
    QCOMPARE(overcommitAverage(requested, 2'000, seconds(30), 1, 1), 0u);
    QCOMPARE(overcommitAverage({}, 1'000, seconds(30), 1, 1), 0u);
  }

  void partsOfTheSavingAddUpWhateverTheSharers() {
    // 7 pages of one frame, 2 of another and 3 of a third, dealt to three VMs.
    SavingSplit split;
    const std::uint64_t a = split.next({{7, 3}, {3, 1}}), b = split.next({{7, 3}, {3, 1}, {2, 1}}),
                        c = split.next({{7, 1}, {3, 1}, {2, 1}});
    QCOMPARE(a + b + c, 9u * 1'000'000u);
    QCOMPARE(a, 3'238'095u);  // 3 * 6/7 + 2/3 = 3.2380952…
  }

  void whatIsNotModelledIsListedAndNeverZero() {
    int absent = 0;
    for (const std::span<const Counter> table : {hostCounters(), vmCounters(), vcenterHostCounters(), vcenterVmCounters()}) {
      std::set<std::string_view> names;
      for (const Counter& counter : table) {
        QVERIFY2(names.insert(counter.name).second, counter.name.data());
        QVERIFY2(!counter.formula.empty() && !counter.source.empty(), counter.name.data());
        if (counter.read != nullptr) continue;
        ++absent;
        QVERIFY2(counter.formula.starts_with("not "), counter.name.data());
        QCOMPARE(counterText(counter.unit, counterValue(counter, {}, {})), std::string("-"));
      }
    }
    QVERIFY(absent > 10);
  }

  void valuesFitTheirColumns() {
    QCOMPARE(counterText(CounterUnit::Memory, 256 * kMillion), std::string("1.00"));
    QCOMPARE(counterText(CounterUnit::Memory, kMillion * 256 * 1'234), std::string("1234.00"));
    QCOMPARE(counterText(CounterUnit::Memory, kMillion * 256 * 12'345), std::string("12345.0"));
    QCOMPARE(counterText(CounterUnit::Memory, 256LL * 1'234'567 * kMillion), std::string("1234567"));
    QCOMPARE(counterText(CounterUnit::Memory, -kMillion), std::string("-1"));
    QCOMPARE(counterText(CounterUnit::Fraction, 123'456), std::string("12.35"));
    QCOMPARE(counterText(CounterUnit::State, 2), std::string("soft"));
    QCOMPARE(counterNumber(CounterUnit::Memory, kMillion), std::string("0.0039"));
    QCOMPARE(counterNumber(CounterUnit::YesNo, 1), std::string("1"));
    QCOMPARE(bytesOfMillionths(1'500'000), std::uint64_t{6'144});
  }
};

OVERCOMMIT_TEST(CountersTest)
#include "counters_test.moc"
