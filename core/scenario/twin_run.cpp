// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/twin_run.h"

#include <algorithm>
#include <map>

#include "host/virtual_machine.h"
#include "reclaim/pager.h"
#include "trace/event_text.h"

namespace overcommit {
namespace {

// What a VM held at its last power-off.
struct LeftBehind {
  std::vector<std::uint64_t> pages;  // hashes, by gfn
  std::optional<Gfn> clockPage;
  std::uint64_t operations = 0;
};

// What the digest covers of an event: its number and its cause also count events that are not covered.
Event asCovered(Event event) {
  event.sequence = event.cause = 0;
  return event;
}

MemoryComparison compareMemory(const std::string& vm, const LeftBehind* a, const LeftBehind* b) {
  MemoryComparison result{vm, MemoryComparison::Verdict::NotComparable, ""};
  if (a == nullptr || b == nullptr) {
    result.text = "it was never powered off in good health";
    return result;
  }
  if (a->operations != b->operations) {
    result.text = fmt::format("it was at operation {} in one run and {} in the other; let it stop by itself (operations = {})",
                              a->operations, b->operations, std::max<std::uint64_t>(std::min(a->operations, b->operations), 1));
    return result;
  }
  std::optional<std::size_t> first;
  std::uint64_t different = 0;
  for (std::size_t gfn = 0; gfn < std::min(a->pages.size(), b->pages.size()); ++gfn) {
    if (a->clockPage == Gfn(gfn) || a->pages[gfn] == b->pages[gfn]) continue;
    if (!first) first = gfn;
    ++different;
  }
  if (first) {
    result.verdict = MemoryComparison::Verdict::Different;
    result.text = fmt::format("guest frame {} is the first of {} that differ, after {} operations", *first, different, a->operations);
  } else {
    result.verdict = MemoryComparison::Verdict::Equal;
    result.text = fmt::format("all {} pages are equal after {} operations", a->pages.size(), a->operations);
  }
  return result;
}

}  // namespace

class TwinRun::Side final : private EventListener {
 public:
  Result<void> start(Scenario scenario, HostSurroundings surroundings, Backend backend) {
    scenario.config.backend = backend;
    surroundings.beforeRelease = [this](const VirtualMachine& vm) { keep(vm); };
    log_.addListener(*this);
    auto created = ScenarioRun::create(std::move(scenario), std::move(surroundings), log_);
    if (!created) return tl::unexpected(created.error());
    run_ = std::move(*created);
    header_ = run_->host().traceHeader("", "");
    return run_->start();
  }

  [[nodiscard]] ScenarioRun& run() { return *run_; }
  [[nodiscard]] bool over() const { return run_->ending().has_value() || run_->now() >= run_->scenario().config.duration; }
  [[nodiscard]] std::vector<Event>& events() { return events_; }
  void keepNoEvents() { keeping_ = false; }
  [[nodiscard]] std::string line(std::size_t i) const {
    return i < events_.size() ? eventLine(EventFormat::Text, events_[i], header_) : std::string();
  }
  [[nodiscard]] const LeftBehind* left(const std::string& vm) const {
    const auto found = left_.find(vm);
    return found == left_.end() ? nullptr : &found->second;
  }

  // Of VMs that are still on.
  void keepAll() {
    for (const auto& vm : run_->host().vms()) {
      if (vm->on()) keep(*vm);
    }
  }

 private:
  void onEvent(const Event& event) override {
    if (keeping_ && infoOf(event.kind).digest == DigestCoverage::Covered) events_.push_back(event);
  }

  void keep(const VirtualMachine& vm) {
    LeftBehind& left = left_[vm.config().name];
    left = {{}, vm.clockPage(), vm.meter().operations()};
    std::array<std::byte, kPageSize> page{};
    for (Gfn gfn; gfn.value() < vm.config().memory.value(); gfn = gfn.next()) {
      // A page that the swap disk does not give back cannot be told from another such page.
      const bool known = run_->host().pager().look(*vm.memory(), gfn, page);
      left.pages.push_back(known ? hash64(page) : 0);
    }
  }

  EventLog log_;
  TraceHeader header_;
  std::vector<Event> events_;
  bool keeping_ = true;
  std::map<std::string, LeftBehind> left_;
  std::unique_ptr<ScenarioRun> run_;  // last: it uses everything above
};

bool TwinReport::memoryEqual() const {
  return std::ranges::all_of(memories, [](const MemoryComparison& memory) { return memory.verdict == MemoryComparison::Verdict::Equal; });
}

TwinRun::TwinRun() = default;
TwinRun::~TwinRun() = default;

Result<std::unique_ptr<TwinRun>> TwinRun::start(const Scenario& scenario, const HostSurroundings& surroundings,
                                                std::array<Backend, 2> backends) {
  std::unique_ptr<TwinRun> twin(new TwinRun);
  for (std::size_t i = 0; i < backends.size(); ++i) {
    twin->sides_[i] = std::make_unique<Side>();
    if (auto started = twin->sides_[i]->start(scenario, surroundings, backends[i]); !started) return tl::unexpected(started.error());
  }
  twin->compareEvents();
  return twin;
}

Result<bool> TwinRun::advance() {
  if (sides_[0]->over() && sides_[1]->over()) return false;
  for (const auto& side : sides_) {
    ScenarioRun& run = side->run();
    if (side->over()) continue;
    if (auto advanced = run.advance(run.now() + run.host().quantum()); !advanced) return tl::unexpected(advanced.error());
  }
  compareEvents();
  return true;
}

ScenarioRun& TwinRun::run(std::size_t side) { return sides_.at(side)->run(); }

void TwinRun::compareEvents() {
  if (difference_) return;
  const auto& a = sides_[0]->events();
  const auto& b = sides_[1]->events();
  const auto same = [](const Event& left, const Event& right) { return asCovered(left) == asCovered(right); };
  const auto at = std::ranges::mismatch(a, b, same);
  if (at.in1 == a.end() && at.in2 == b.end()) {
    compared_ += a.size();
  } else {
    const auto i = static_cast<std::size_t>(at.in1 - a.begin());
    difference_ = EventDifference{compared_ + i + 1, {sides_[0]->line(i), sides_[1]->line(i)}};
    for (const auto& side : sides_) side->keepNoEvents();
  }
  for (const auto& side : sides_) side->events().clear();
}

TwinReport TwinRun::finish() {
  TwinReport report;
  for (const auto& side : sides_) side->keepAll();
  for (std::size_t i = 0; i < sides_.size(); ++i) report.runs[i] = sides_[i]->run().finish();
  compareEvents();
  report.events = difference_;
  for (const VmConfig& vm : report.runs[0].config.vms)
    report.memories.push_back(compareMemory(vm.name, sides_[0]->left(vm.name), sides_[1]->left(vm.name)));
  return report;
}

}  // namespace overcommit
