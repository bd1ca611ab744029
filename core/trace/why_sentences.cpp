// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/why_sentences.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/units.h"
#include "trace/causes.h"
#include "trace/event_text.h"

namespace overcommit {
namespace {

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

// A price in shares a page, from millionths.
std::string rhoText(std::uint64_t millionths) { return fmt::format("{}.{:06}", millionths / 1'000'000, millionths % 1'000'000); }

std::string gfnText(Gfn gfn) { return "gfn " + hexText(gfn.value()); }
std::string mfnText(std::uint64_t mfn) { return "frame " + hexText(mfn); }

std::uint64_t above(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; }

std::uint64_t allocatedOf(const WorldVm& vm) { return vm.at(PagePlace::Private) + vm.at(PagePlace::Shared) + vm.zipStoreFrames; }

// What a refusal says, in words: "it could not be ..." or "it was not ...", or a predicate of its own.
struct WhyNot {
  RefusalReason reason;
  std::string_view instead, leftAlone;
};
constexpr std::array kWhyNots{
    WhyNot{RefusalReason::RecentlyFaulted, "",
           "was drawn to be taken and left alone, because it is among the last pages that its VM faulted"},
    WhyNot{RefusalReason::PageTable, "", "was left alone, because it holds page tables of the guest"},
    WhyNot{RefusalReason::HashMiss, "shared: no page with the same content was known", ""},
    WhyNot{RefusalReason::HintChanged, "shared: the one page that once had its content has changed", ""},
    WhyNot{RefusalReason::FalseMatch, "shared: a page with the same hash holds other bytes", ""},
    WhyNot{RefusalReason::DoesNotFit, "compressed: it does not shrink to half a page", ""},
    WhyNot{RefusalReason::CacheFull, "compressed: the compression cache was full", ""},
    WhyNot{RefusalReason::GateLocked, "swapped: the gate to the swap files is locked", ""},
    WhyNot{RefusalReason::NoSwapSpace, "swapped: the swap file has no free slot", ""},
};
const WhyNot* whyNot(const Event& refusal) {
  const auto found =
      std::ranges::find(kWhyNots, refusal.values[0], [](const WhyNot& why) { return static_cast<std::uint64_t>(why.reason); });
  return found == kWhyNots.end() ? nullptr : &*found;
}

// One event of a chain on its way into words.
class Teller {
 public:
  Teller(std::span<const Event> chain, std::size_t at, const WhySurroundings& around)
      : event_(chain[at]),
        cause_(at + 1 < chain.size() ? &chain[at + 1] : nullptr),
        effect_(at > 0 ? &chain[at - 1] : nullptr),
        around_(around) {}

  WhyLink tell();

 private:
  using Tell = void (Teller::*)();
  [[nodiscard]] std::string vm() const { return vmName(around_.header, event_.vm); }
  [[nodiscard]] std::string vmOf(const Event& event) const { return vmName(around_.header, event.vm); }
  [[nodiscard]] std::uint64_t value(std::size_t i) const { return event_.values[i]; }
  [[nodiscard]] const WorldVm* worldVm(VmId vm) const {
    return around_.world != nullptr && vm.value() < around_.world->vms() ? &around_.world->vm(vm) : nullptr;
  }
  void say(std::string_view sentence) {
    if (!link_.sentence.empty()) link_.sentence += ' ';
    link_.sentence += sentence;
  }
  void figure(std::string_view name, std::uint64_t number) { link_.figures.push_back({name, number}); }
  void freeFigures();
  void freedFrame();
  void whyThisPage();
  void whoElse(bool aboveTargetOnly);

  void firstTouch();
  void largeMap();
  void largeBreak();
  void share();
  void breakShare();
  void revert();
  void inflate();
  void deflate();
  void pop();
  void zip();
  void unzip();
  void swapOut();
  void swapIn();
  void discard();
  void victim();
  void reclaim();
  void reclaimForLimit();
  void freeState();
  void block();
  void target();
  void balance();
  void balloonTarget();
  void scan();
  void powerOn();
  void setting();
  void other();

  const Event& event_;
  const Event* cause_;
  const Event* effect_;
  const WhySurroundings& around_;
  WhyLink link_;
};

WhyLink Teller::tell() {
  struct Row {
    EventKind kind;
    WhyRole role;
    Tell tell;
  };
  static constexpr std::array kRows{
      Row{EventKind::FirstTouch, WhyRole::Page, &Teller::firstTouch},
      Row{EventKind::LargeMap, WhyRole::Page, &Teller::largeMap},
      Row{EventKind::LargeBreak, WhyRole::Page, &Teller::largeBreak},
      Row{EventKind::Share, WhyRole::Page, &Teller::share},
      Row{EventKind::Break, WhyRole::Page, &Teller::breakShare},
      Row{EventKind::Revert, WhyRole::Page, &Teller::revert},
      Row{EventKind::Inflate, WhyRole::Page, &Teller::inflate},
      Row{EventKind::Deflate, WhyRole::Page, &Teller::deflate},
      Row{EventKind::Pop, WhyRole::Page, &Teller::pop},
      Row{EventKind::Zip, WhyRole::Page, &Teller::zip},
      Row{EventKind::Unzip, WhyRole::Page, &Teller::unzip},
      Row{EventKind::SwapOut, WhyRole::Page, &Teller::swapOut},
      Row{EventKind::SwapIn, WhyRole::Page, &Teller::swapIn},
      Row{EventKind::Discard, WhyRole::Page, &Teller::discard},
      Row{EventKind::VictimVm, WhyRole::Vm, &Teller::victim},
      Row{EventKind::ReclaimStart, WhyRole::Now, &Teller::reclaim},
      Row{EventKind::FreeStateChange, WhyRole::Now, &Teller::freeState},
      Row{EventKind::Block, WhyRole::Now, &Teller::block},
      Row{EventKind::Scan, WhyRole::Now, &Teller::scan},
      Row{EventKind::TargetSet, WhyRole::Amount, &Teller::target},
      Row{EventKind::Balance, WhyRole::Amount, &Teller::balance},
      Row{EventKind::BalloonTarget, WhyRole::Amount, &Teller::balloonTarget},
      Row{EventKind::PowerOn, WhyRole::Now, &Teller::powerOn},
      Row{EventKind::SettingChange, WhyRole::Now, &Teller::setting},
  };
  const auto row = std::ranges::find(kRows, event_.kind, &Row::kind);
  link_.event = event_;
  link_.role = row == kRows.end() ? WhyRole::Now : row->role;
  (this->*(row == kRows.end() ? &Teller::other : row->tell))();
  return std::move(link_);
}

void Teller::freedFrame() {
  if (event_.mfn != Mfn()) say(fmt::format("Its {} became free.", mfnText(event_.mfn.value())));
}

// Only of the page that the question is about.
void Teller::whyThisPage() {
  if (effect_ != nullptr) return;
  const WorldVm* vm = worldVm(event_.vm);
  if (cause_ != nullptr && cause_->kind == EventKind::VictimVm && vm != nullptr) {
    const std::uint64_t candidates = vm->at(PagePlace::Private);
    figure("private_pages", candidates);
    figure("drawn_before", around_.drawnBefore);
    say(fmt::format("Why this page: it was drawn at random from {} {} private pages{}.", ownText(around_.header, event_.vm),
                    grouped(candidates),
                    around_.drawnBefore == 0   ? ""
                    : around_.drawnBefore == 1 ? "; one that was drawn before it was left alone"
                                               : fmt::format("; {} that were drawn before it were left alone", around_.drawnBefore)));
  }
  for (const Event& refusal : around_.refusals) {
    const WhyNot* why = whyNot(refusal);
    say(why != nullptr && !why->instead.empty() ? fmt::format("It could not be {} (#{}).", why->instead, refusal.sequence)
                                                : fmt::format("Before: {} (#{}).", eventValueText(refusal, 0), refusal.sequence));
  }
}

void Teller::firstTouch() {
  say(fmt::format("{} touched {}, which had no machine frame, and got {}, filled with zeros.", vm(), gfnText(event_.gfn),
                  mfnText(event_.mfn.value())));
}

void Teller::largeMap() {
  say(fmt::format(
      "{} touched {}. None of the 512 pages around it had a machine frame, and memory was plenty: a large page gave all of them "
      "frames, from {} on, filled with zeros.",
      vm(), gfnText(Gfn(value(0))), mfnText(event_.mfn.value())));
}

void Teller::largeBreak() {
  constexpr std::array<std::string_view, 5> kWhys{"", "so that one of its pages could be taken",
                                                  "because the host wanted pages that can be shared",
                                                  "so that one of its pages could go into the balloon", "because its VM went off"};
  say(fmt::format("The large page of {} that begins with {} was broken into pages of 4 KiB {}.", vm(), gfnText(event_.gfn),
                  value(0) < kWhys.size() ? kWhys[value(0)] : std::string_view("for an unknown reason")));
}

void Teller::share() {
  const bool scanned = cause_ == nullptr || cause_->kind != EventKind::VictimVm;
  figure("references", value(1));
  const std::string partner = around_.partner && effect_ == nullptr
                                  ? fmt::format("{} {}", vmOf(*around_.partner), gfnText(around_.partner->gfn))
                                  : std::string("another page");
  if (value(0) == event_.mfn.value()) {
    say(fmt::format("{} was found to hold the same bytes as {} {}: {} {} became the one that they share, read-only.", partner, vm(),
                    gfnText(event_.gfn), ownText(around_.header, event_.vm), mfnText(event_.mfn.value())));
  } else {
    say(fmt::format(
        "{} {} was found to hold the same bytes as a page that is known: it now maps {}, which {} pages share, and its own {} "
        "became free.",
        ownText(around_.header, event_.vm), gfnText(event_.gfn), mfnText(event_.mfn.value()), grouped(value(1)), mfnText(value(0))));
  }
  if (scanned) return;
  say("Sharing is tried before a page is compressed or swapped, because it costs the guest least.");
  // The partner of a hint was not drawn: only the page that was about to go.
  if (value(0) != event_.mfn.value()) whyThisPage();
}

void Teller::breakShare() {
  figure("references", value(1));
  say(fmt::format("{} wrote to {}, which shared {}. It got a copy of its own in {}; {} share the old one.", vm(), gfnText(event_.gfn),
                  mfnText(value(0)), mfnText(event_.mfn.value()),
                  value(1) == 1 ? "one page goes on to" : grouped(value(1)) + " pages go on to"));
}

void Teller::revert() {
  say(fmt::format("{} wrote to {}. No other page shared {} any more, so it kept that frame for itself.", vm(), gfnText(event_.gfn),
                  mfnText(event_.mfn.value())));
}

void Teller::inflate() {
  say(fmt::format("{} balloon driver took {} from its guest and gave it to the hypervisor.", ownText(around_.header, event_.vm),
                  gfnText(event_.gfn)));
  if (value(1) != 0) {
    say("Its place in the compression cache became free.");
  } else if (value(0) != 0) {
    say(fmt::format("Its slot {} of the swap file became free.", value(0) - 1));
  } else if (event_.mfn != Mfn()) {
    freedFrame();
  } else {
    say("It had no machine frame yet.");
  }
  say("Why this page: the guest chose it, for only the guest knows which of its pages it can spare.");
}

void Teller::deflate() {
  say(fmt::format("{} balloon driver took {} back for its guest: the next touch gets a new frame.", ownText(around_.header, event_.vm),
                  gfnText(event_.gfn)));
}

void Teller::pop() {
  say(fmt::format("{} touched {}, though its balloon driver had given it up: it left the balloon.", vm(), gfnText(event_.gfn)));
}

void Teller::zip() {
  figure("compressed_bytes", value(2));
  if (value(2) == 0) {
    say(fmt::format("{} {} was kept as one word, because all its words are equal.", ownText(around_.header, event_.vm),
                    gfnText(event_.gfn)));
  } else {
    say(fmt::format("{} {} was compressed to {} bytes, into {} of its compression cache.", ownText(around_.header, event_.vm),
                    gfnText(event_.gfn), grouped(value(2)), mfnText(value(0))));
  }
  freedFrame();
  whyThisPage();
}

void Teller::unzip() {
  say(fmt::format("{} touched {}, which was in its compression cache: it was decompressed into {}.", vm(), gfnText(event_.gfn),
                  mfnText(event_.mfn.value())));
}

void Teller::swapOut() {
  figure("slot", value(0));
  if (value(1) != 0) {
    say(fmt::format("{} {} was moved from the compression cache to slot {} of its swap file.", ownText(around_.header, event_.vm),
                    gfnText(event_.gfn), value(0)));
    say("Why this page: the cache was full, and no other page had lain in it as long without being touched.");
    if (around_.partner && effect_ == nullptr)
      say(fmt::format("It made room for {} (#{}).", gfnText(around_.partner->gfn), around_.partner->sequence));
    return;
  }
  say(fmt::format("{} {} was written to slot {} of its swap file.", ownText(around_.header, event_.vm), gfnText(event_.gfn), value(0)));
  freedFrame();
  whyThisPage();
}

void Teller::swapIn() {
  say(fmt::format("{} touched {}, which was swapped: it was read back from slot {} into {}, while the VM waited.", vm(),
                  gfnText(event_.gfn), value(0), mfnText(event_.mfn.value())));
}

void Teller::discard() { say(fmt::format("{} went off, and all its pages were given up: {} as well.", vm(), gfnText(event_.gfn))); }

// Others that might have paid, the cheapest first, at the price that their last target was set with.
void Teller::whoElse(bool aboveTargetOnly) {
  struct Other {
    VmId vm;
    std::uint64_t rho;
  };
  std::vector<Other> others;
  for (std::size_t i = 0; i < around_.world->vms(); ++i) {
    const VmId id(static_cast<std::uint16_t>(i));
    const WorldVm& vm = around_.world->vm(id);
    if (!vm.poweredOn || id == event_.vm || vm.rhoMillionths == 0) continue;
    if (!aboveTargetOnly || allocatedOf(vm) > vm.targetPages) others.push_back({id, vm.rhoMillionths});
  }
  if (others.empty()) return say(aboveTargetOnly ? "No other VM was above its target." : "There is no other VM.");
  std::ranges::stable_sort(others, {}, &Other::rho);
  constexpr std::size_t kNamed = 3;
  std::string list;
  for (std::size_t i = 0; i < std::min(others.size(), kNamed); ++i)
    list += fmt::format("{}{} {}", i == 0 ? "" : ", ", vmName(around_.header, others[i].vm), rhoText(others[i].rho));
  if (others.size() > kNamed) list += fmt::format(" and {} more", others.size() - kNamed);
  figure("others", others.size());
  figure("next_rho_millionths", others.front().rho);
  say(fmt::format("{} {} when their targets were last set: {}.", aboveTargetOnly ? "The others above theirs" : "The others", "had", list));
}

void Teller::victim() {
  const WorldVm* payer = worldVm(event_.vm);
  for (std::size_t i = 0; i < kEventValues; ++i) figure(infoOf(event_.kind).values[i], value(i));
  if (cause_ != nullptr && cause_->values[0] == static_cast<std::uint64_t>(ReclaimReason::Limit)) {
    say(fmt::format("Why {}: the limit is its own, so it pays itself. It had {} allocated.", vm(), pagesText(value(1))));
    return;
  }
  const bool aboveTarget = payer != nullptr && value(1) > payer->targetPages;
  say(fmt::format("Why {}: it paid least for its memory, rho {} (shares a page, after the idle tax), with {} shares and {}.", vm(),
                  rhoText(value(3)), grouped(value(0)), pagesText(value(1))));
  if (payer == nullptr) return;
  figure("target_pages", payer->targetPages);
  figure("active_pages", payer->activePages);
  if (aboveTarget) {
    say(fmt::format("It was {} above its target.", pagesText(value(1) - payer->targetPages)));
  } else {
    say("No VM that could give was above its target, so everybody above its reservation might have to pay.");
  }
  whoElse(aboveTarget);
}

void Teller::reclaimForLimit() {
  if (event_.vm == kNoVm) return say("A VM had more memory than its limit, and the hypervisor began to take it away.");
  say(fmt::format("{} needed a frame for {} and was at its limit.", vm(), gfnText(event_.gfn)));
  if (effect_ != nullptr && effect_->kind == EventKind::VictimVm) {
    const WorldVm* its = worldVm(event_.vm);
    // A limit that was set in this very quantum is told below.
    if (its != nullptr && its->limitPages <= effect_->values[1]) {
      figure("limit_pages", its->limitPages);
      say(fmt::format("It may have {}.", pagesText(its->limitPages)));
    }
    say(fmt::format("It had {}, so {} had to go before the next one came.", pagesText(effect_->values[1]), pagesText(value(2))));
  }
  if (around_.limitSetting) {
    say(fmt::format("The limit was set at {} (#{}: {}).", formatTime(around_.limitSetting->hostTime), around_.limitSetting->sequence,
                    around_.limitSetting->text));
  }
  say(fmt::format("That {} were free on the host does not matter.", pagesText(value(1))));
}

void Teller::reclaim() {
  figure("free_pages", value(1));
  figure("wanted_pages", value(2));
  switch (static_cast<ReclaimReason>(value(0))) {
    case ReclaimReason::Limit: return reclaimForLimit();
    case ReclaimReason::OutOfFrames:
      if (event_.vm != kNoVm) {
        return say(
            fmt::format("{} needed a frame for {}, but only {} were free, which are kept for instructions that must finish. {} were to "
                        "be taken at once.",
                        vm(), gfnText(event_.gfn), pagesText(value(1)), pagesText(value(2))));
      }
      return say(fmt::format("Only {} were free, and {} more were needed {}.", pagesText(value(1)), pagesText(value(2)),
                             cause_ != nullptr && cause_->kind == EventKind::PowerOn ? "for the page tables of a VM that powers on"
                                                                                     : "so that a blocked VM can go on"));
    case ReclaimReason::FreeState:
    case ReclaimReason::Target: break;
  }
  say(fmt::format("The swap daemon began to take {}, as many as the disk can write now.", pagesText(value(2))));
  if (cause_ != nullptr && cause_->kind == EventKind::TargetSet) return say("A limit was to be enforced.");
  const std::string state = cause_ != nullptr && cause_->kind == EventKind::FreeStateChange ? eventValueText(*cause_, 0) : "free-memory";
  say(fmt::format("{} were free, and in the {} state VMs that are above their target are swapped.", pagesText(value(1)), state));
}

void Teller::freeState() {
  figure("free_pages", value(2));
  figure("threshold_pages", value(3));
  const bool worse = value(0) > value(1);
  say(fmt::format("The host went from the {} to the {} state: {} were free, {} the threshold of {}.", eventValueText(event_, 1),
                  eventValueText(event_, 0), pagesText(value(2)), worse ? "less than" : "enough above", pagesText(value(3))));
}

void Teller::block() {
  figure("allocated_pages", value(0));
  figure("target_pages", value(1));
  say(fmt::format("{} was stopped until memory recovers: it had {}, and its target was {}.", vm(), pagesText(value(0)),
                  pagesText(value(1))));
}

void Teller::target() {
  for (std::size_t i = 0; i < kEventValues; ++i) figure(infoOf(event_.kind).values[i], value(i));
  say(fmt::format("{} target became {}: it had {} allocated, {} were estimated to be active, and it paid rho {} for a page.",
                  ownText(around_.header, event_.vm), pagesText(value(0)), pagesText(value(1)), pagesText(value(2)), rhoText(value(3))));
}

void Teller::balance() {
  figure("free_pages", value(1));
  figure("available_pages", value(2));
  figure("goal_pages", value(3));
  const auto why = [this]() -> std::string_view {
    switch (static_cast<BalanceReason>(value(0))) {
      case BalanceReason::PowerOn: return "a VM was powered on";
      case BalanceReason::Setting: return "a setting was changed";
      case BalanceReason::FreeState: return "the free state had changed";
      case BalanceReason::FreeMemory: return "much memory had been taken or given back since the last time";
      case BalanceReason::Period: return "the balance period was over";
    }
    return "of an unknown reason";
  };
  say(fmt::format("All targets were computed anew, because {}. {} were free; all VMs together might have {}, so that {} stay free.", why(),
                  pagesText(value(1)), pagesText(value(2)), pagesText(value(3))));
}

void Teller::balloonTarget() {
  figure("target_pages", value(0));
  figure("size_pages", value(1));
  const bool grows = value(0) > value(1);
  say(fmt::format("When it polled, {} balloon driver was told to {} the balloon from {} to {}.", ownText(around_.header, event_.vm),
                  grows ? "inflate" : "deflate", pagesText(value(1)), pagesText(value(0))));
  const WorldVm* vm = worldVm(event_.vm);
  if (vm == nullptr) return;
  freeFigures();
  const std::uint64_t allocated = allocatedOf(*vm);
  figure("allocated_pages", allocated);
  figure("vm_target_pages", vm->targetPages);
  const WorldHost& host = around_.world->host();
  const std::uint64_t apart = std::max(above(allocated, vm->targetPages), above(vm->targetPages, allocated));
  say(fmt::format("{} had {} allocated, {}; {} were free on the host, in the {} state.", this->vm(), pagesText(allocated),
                  apart == 0 ? std::string("which was its target")
                             : fmt::format("{} {} its target", pagesText(apart), allocated > vm->targetPages ? "above" : "below"),
                  pagesText(host.at(FrameUse::Free)), nameOf(host.freeState)));
  if (grows && host.freeState == FreeState::High)
    say("That state lets a VM be ballooned as soon as less is free than the high threshold, or to enforce a limit.");
}

void Teller::freeFigures() {
  figure("free_pages", around_.world->host().at(FrameUse::Free));
  figure("state", static_cast<std::uint64_t>(around_.world->host().freeState));
}

void Teller::scan() {
  figure("pages", value(0));
  say(fmt::format("Page sharing looked at {} of {} that {} drawn at random, as its scan rate asks for at any time.",
                  value(0) == 1 ? "a page" : grouped(value(0)) + " pages", vm(), value(0) == 1 ? "was" : "were"));
}

void Teller::powerOn() {
  figure("memory_pages", value(0));
  figure("reservation_pages", value(1));
  say(fmt::format("{} was powered on, with {} of memory.", vm(), formatBytes(bytesOf(Pages(value(0))))));
}

void Teller::setting() {
  say(fmt::format("{} was set on {}, by the scenario or a person.", event_.text, event_.vm == kNoVm ? "the host" : vm()));
}

void Teller::other() {
  if (event_.kind == EventKind::Crash) return say(fmt::format("{} was stopped: {}.", vm(), event_.text));
  if (event_.kind == EventKind::ReclaimEnd) return say(fmt::format("The reclaimer ended: it had taken {}.", pagesText(value(0))));
  say(fmt::format("{}: {}.", vm(), infoOf(event_.kind).meaning));
}

}  // namespace

std::string pagesText(std::uint64_t pages) {
  return fmt::format("{} ({})", pages == 1 ? "1 page" : grouped(pages) + " pages", formatBytes(bytesOf(Pages(pages))));
}

std::string ownText(const TraceHeader& header, VmId vm) { return vmName(header, vm) + "'s"; }

std::string hexText(std::uint64_t number) { return fmt::format("{:#x}", number); }

std::vector<WhyLink> linksOf(std::span<const Event> chain, const WhySurroundings& around) {
  std::vector<WhyLink> links;
  for (std::size_t at = 0; at < chain.size(); ++at) links.push_back(Teller(chain, at, around).tell());
  if (chain.empty()) return links;
  // Where it began: with something that no event led to, or where the chain was cut.
  const Event& first = chain.back();
  if (first.cause != 0) {
    const bool told = std::ranges::find(around.told, first.cause, &Event::sequence) != around.told.end();
    links.back().sentence += fmt::format(" What led to it is event #{}, {}.", first.cause, told ? "above" : "and so on");
  } else if (const std::string_view begun = causesOf(first.kind).begunBy; !begun.empty() && chain.size() > 1) {
    const bool told = first.kind == EventKind::Balance || first.kind == EventKind::SettingChange;
    if (!told) links.back().sentence += fmt::format(" Here it began: {}.", begun);
  }
  return links;
}

WhyLink leftAloneLink(const Event& refusal, const TraceHeader& header) {
  WhyLink link;
  link.event = refusal;
  link.role = WhyRole::LeftAlone;
  link.figures = {{"reason", refusal.values[0]}};
  const WhyNot* why = whyNot(refusal);
  const std::string page = fmt::format("{} {}", ownText(header, refusal.vm), gfnText(refusal.gfn));
  if (why == nullptr) {
    link.sentence = fmt::format("{} was left alone: {}.", page, eventValueText(refusal, 0));
  } else {
    link.sentence = why->instead.empty() ? fmt::format("{} {}.", page, why->leftAlone) : fmt::format("{} was not {}.", page, why->instead);
  }
  return link;
}

std::string whereText(const WorldPage& page, const WorldModel& world) {
  switch (page.place) {
    case PagePlace::Untouched: return "untouched: it takes no memory";
    case PagePlace::Private: return fmt::format("private, in machine {}", mfnText(page.mfn.value()));
    case PagePlace::Shared:
      return fmt::format("shared: {} {} machine {}",
                         world.frame(page.mfn).references == 1 ? "one page" : grouped(world.frame(page.mfn).references) + " pages",
                         world.frame(page.mfn).references == 1 ? "maps" : "map", mfnText(page.mfn.value()));
    case PagePlace::Ballooned: return "ballooned: the guest gave it up";
    case PagePlace::Zipped:
      if (page.compressedBytes == 0) return "zipped: all its words are equal, and only one is kept";
      return fmt::format("zipped: {} bytes in {} of the VM's compression cache", grouped(page.compressedBytes), mfnText(page.mfn.value()));
    case PagePlace::Swapped: return fmt::format("swapped, in slot {} of the VM's swap file", page.slot);
  }
  return {};
}

}  // namespace overcommit
