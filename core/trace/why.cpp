// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/why.h"

#include <algorithm>

#include "base/units.h"
#include "trace/event_text.h"
#include "trace/trace_cursor.h"
#include "trace/why_search.h"
#include "trace/why_sentences.h"

namespace overcommit {
namespace {

// How many events before and after one are looked at for what belongs to it: the refusals of one attempt, the other page of a share.
constexpr std::uint64_t kNeighbours = 512;

// One question being answered.
class Explanation {
 public:
  Explanation(const TraceReader& reader, const WhyQuestion& question) : reader_(reader), question_(question), cursor_(reader, 1) {}

  Result<WhyAnswer> answer();

 private:
  Result<void> findPlace();
  Result<void> addChain(std::string title, const Event& effect);
  Result<void> addTarget(const Event& victim, std::span<const Event> told);
  Result<void> lookAround(std::span<const Event> chain, WhySurroundings& around);
  Result<void> lookBefore(const Event& effect, WhySurroundings& around);
  Result<void> lookBehind(const Event& effect, WhySurroundings& around);

  const TraceReader& reader_;
  const WhyQuestion& question_;
  TraceCursor cursor_;
  WhyAnswer answer_;
  std::vector<Event> tries_;  // what the sentences of the chain being made refer to
};

Result<void> Explanation::findPlace() {
  const TraceHeader& header = reader_.header();
  if (question_.vm.value() >= header.vms.size())
    return failure("there is no VM {} in {}; it has {}", question_.vm.value(), reader_.name(), header.vms.size());
  const TraceVm& vm = header.vms[question_.vm.value()];
  if (question_.gfn.value() >= vm.memory.value())
    return failure("{} has no page {:#x}: its {} pages are 0 to {:#x}", vm.name, question_.gfn.value(), vm.memory.value(),
                   vm.memory.value() - 1);
  std::uint64_t sequence = reader_.lastSequence();
  if (question_.upTo) {
    sequence = std::min(sequence, *question_.upTo);
  } else if (question_.at) {
    if (auto reaches = reader_.checkReaches(*question_.at); !reaches) return reaches;
    const auto last = reader_.lastSequenceAt(*question_.at);
    if (!last) return tl::unexpected(last.error());
    sequence = *last;
  }
  if (auto sought = cursor_.seekSequence(sequence); !sought) return sought;
  answer_.vm = question_.vm;
  answer_.gfn = question_.gfn;
  answer_.sequence = sequence;
  answer_.time = cursor_.world().hostTime();
  answer_.page = cursor_.world().page(question_.vm, question_.gfn);
  answer_.where = whereText(answer_.page, cursor_.world());
  if (!cursor_.world().vm(question_.vm).poweredOn) answer_.where += " (the VM is off)";
  return {};
}

// Events that belong to the same attempt: they are close before it and have the same cause.
Result<void> Explanation::lookBefore(const Event& effect, WhySurroundings& around) {
  if (effect.cause == 0) return {};
  const std::uint64_t from = std::max(effect.cause + 1, effect.sequence - std::min(effect.sequence - 1, kNeighbours));
  Event event;
  EventStream stream = reader_.events(from);
  while (true) {
    const auto found = stream.next(event);
    if (!found) return tl::unexpected(found.error());
    if (!*found || event.sequence >= effect.sequence) break;
    if (event.cause != effect.cause) continue;
    if (event.kind == EventKind::Refusal && event.gfn == effect.gfn && event.vm == effect.vm) {
      tries_.push_back(event);
    } else if (event.kind == EventKind::Refusal) {
      const auto reason = static_cast<RefusalReason>(event.values[0]);
      if (reason == RefusalReason::RecentlyFaulted || reason == RefusalReason::PageTable) ++around.drawnBefore;
    } else if (event.kind == EventKind::Zip || event.kind == EventKind::SwapOut || event.kind == EventKind::Share) {
      // The page before this one: what was drawn until then is its own. But a share of two pages is one attempt, and so is what is
      // thrown out of the cache for a page.
      const bool ofThisAttempt = (event.kind == EventKind::Share && event.values[0] == event.mfn.value()) ||
                                 (event.kind == EventKind::SwapOut && event.values[1] != 0);
      if (ofThisAttempt) continue;
      tries_.clear();
      around.drawnBefore = 0;
    }
  }
  return {};
}

Result<void> Explanation::lookBehind(const Event& effect, WhySurroundings& around) {
  const bool sharesOwn = effect.kind == EventKind::Share && effect.values[0] == effect.mfn.value();
  const bool evicted = effect.kind == EventKind::SwapOut && effect.values[1] != 0;
  if (!sharesOwn && !evicted) return {};
  Event event;
  EventStream stream = reader_.events(effect.sequence + 1);
  while (true) {
    const auto found = stream.next(event);
    if (!found) return tl::unexpected(found.error());
    if (!*found || event.sequence > effect.sequence + kNeighbours) return {};
    if (event.cause != effect.cause) continue;
    const bool other = sharesOwn ? event.kind == EventKind::Share && event.mfn == effect.mfn
                                 : event.kind == EventKind::Zip || (event.kind == EventKind::Refusal && event.gfn != effect.gfn);
    if (!other) continue;
    around.partner = event;
    return {};
  }
}

Result<void> Explanation::lookAround(std::span<const Event> chain, WhySurroundings& around) {
  tries_.clear();
  if (auto looked = lookBefore(chain.front(), around); !looked) return looked;
  if (auto looked = lookBehind(chain.front(), around); !looked) return looked;
  around.refusals = tries_;
  const auto decided = std::ranges::find_if(chain, [](const Event& event) {
    return event.kind == EventKind::VictimVm || event.kind == EventKind::BalloonTarget || event.kind == EventKind::Block;
  });
  if (decided == chain.end()) return {};
  if (auto sought = cursor_.seekSequence(decided->sequence); !sought) return sought;
  around.world = &cursor_.world();
  const auto limited = std::ranges::find_if(chain, [](const Event& event) {
    return event.kind == EventKind::ReclaimStart && event.values[0] == static_cast<std::uint64_t>(ReclaimReason::Limit);
  });
  if (limited == chain.end() || limited->vm.value() >= cursor_.world().vms() ||
      cursor_.world().vm(limited->vm).at(EventKind::SettingChange) == 0)
    return {};
  auto setting = findBackwards(reader_, limited->sequence, [&](const Event& event) {
    return event.kind == EventKind::SettingChange && event.vm == limited->vm && event.text.starts_with("limit = ");
  });
  if (!setting) return tl::unexpected(setting.error());
  around.limitSetting = *setting;
  return {};
}

Result<void> Explanation::addChain(std::string title, const Event& effect) {
  const auto chain = causesBack(reader_, effect);
  if (!chain) return tl::unexpected(chain.error());
  WhySurroundings around{reader_.header(), nullptr, {}, 0, {}, {}, {}};
  if (auto looked = lookAround(*chain, around); !looked) return looked;
  answer_.chains.push_back({std::move(title), linksOf(*chain, around)});
  const auto victim = std::ranges::find(*chain, EventKind::VictimVm, &Event::kind);
  const bool limited =
      victim != chain->end() && victim + 1 != chain->end() && (victim + 1)->values[0] == static_cast<std::uint64_t>(ReclaimReason::Limit);
  return victim == chain->end() || limited ? Result<void>() : addTarget(*victim, *chain);
}

// What gave the VM that paid the target that it had then. The cursor is there. What both chains have in common was told.
Result<void> Explanation::addTarget(const Event& victim, std::span<const Event> told) {
  const VmId vm = victim.vm;
  if (vm.value() >= cursor_.world().vms() || cursor_.world().vm(vm).at(EventKind::TargetSet) == 0) return {};
  const auto target =
      findBackwards(reader_, victim.sequence, [vm](const Event& event) { return event.kind == EventKind::TargetSet && event.vm == vm; });
  if (!target) return tl::unexpected(target.error());
  if (!*target) return {};
  auto chain = causesBack(reader_, **target);
  if (!chain) return tl::unexpected(chain.error());
  const auto common = std::ranges::find_if(
      *chain, [told](const Event& event) { return std::ranges::find(told, event.sequence, &Event::sequence) != told.end(); });
  chain->erase(common, chain->end());
  if (chain->empty()) return {};
  WhySurroundings around{reader_.header(), nullptr, {}, 0, {}, told, {}};
  answer_.chains.push_back({"Why that was " + ownText(reader_.header(), vm) + " target", linksOf(*chain, around)});
  return {};
}

Result<WhyAnswer> Explanation::answer() {
  if (const auto found = findPlace(); !found) return tl::unexpected(found.error());
  const auto life = lifeOf(reader_, question_.vm, question_.gfn, answer_.sequence);
  if (!life) return tl::unexpected(life.error());
  if (life->arrived) {
    if (const auto added = addChain("Why it is there", *life->arrived); !added) return tl::unexpected(added.error());
  }
  if (life->before) {
    const bool gone = life->before->kind == EventKind::Deflate;
    if (const auto added = addChain(gone ? "Why it had no machine frame" : "Why it had been elsewhere", *life->before); !added)
      return tl::unexpected(added.error());
  }
  answer_.timesLeftAlone = life->refusals.size();
  for (const Event& refusal : life->refusals) {
    if (answer_.leftAlone.size() == kMostLeftAlone) break;
    answer_.leftAlone.push_back(leftAloneLink(refusal, reader_.header()));
  }
  return std::move(answer_);
}

// Lines of at most 100 columns; the first one begins with `head`, all others with as many blanks.
std::string wrapped(std::string_view head, std::string_view text) {
  constexpr std::size_t kColumns = 100;
  std::string out(head), line;
  const std::string indent(head.size(), ' ');
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (!line.empty() && head.size() + line.size() + 1 + word.size() > kColumns) {
      out += line;
      out += '\n';
      out += indent;
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
    at = end + 1;
  }
  return out + line + '\n';
}

std::string timeText(VirtualTime time) {
  const std::uint64_t microseconds = time.value() / 1'000;
  return fmt::format("{}.{:06} s", microseconds / 1'000'000, microseconds % 1'000'000);
}

std::string linkText(std::string_view number, const WhyLink& link) {
  return fmt::format("{}#{}, {}, {}\n", number, link.event.sequence, timeText(link.event.hostTime), infoOf(link.event.kind).name) +
         wrapped("      ", link.sentence);
}

std::string linkJson(const WhyLink& link, const TraceHeader& header) {
  std::string json = fmt::format(R"({{"sequence":{},"time_ns":{},"kind":"{}","answers":"{}")", link.event.sequence,
                                 link.event.hostTime.value(), infoOf(link.event.kind).name, nameOf(link.role));
  if (link.event.vm != kNoVm) json += fmt::format(R"(,"vm":{})", jsonString(vmName(header, link.event.vm)));
  if (infoOf(link.event.kind).hasGfn) json += fmt::format(R"(,"gfn":{})", link.event.gfn.value());
  if (link.event.cause != 0) json += fmt::format(R"(,"cause":{})", link.event.cause);
  json += R"(,"figures":{)";
  for (std::size_t i = 0; i < link.figures.size(); ++i)
    json += fmt::format(R"({}"{}":{})", i == 0 ? "" : ",", link.figures[i].name, link.figures[i].value);
  return json + fmt::format(R"(}},"sentence":{}}})", jsonString(link.sentence));
}

std::string linksJson(const std::vector<WhyLink>& links, const TraceHeader& header) {
  std::string json = "[";
  for (const WhyLink& link : links) json += (json.size() > 1 ? "," : "") + linkJson(link, header);
  return json + "]";
}

}  // namespace

std::string_view nameOf(WhyRole role) {
  switch (role) {
    case WhyRole::Page: return "page";
    case WhyRole::Vm: return "vm";
    case WhyRole::Now: return "now";
    case WhyRole::Amount: return "amount";
    case WhyRole::LeftAlone: return "left alone";
  }
  return "unknown";
}

Result<WhyAnswer> explainPage(const TraceReader& reader, const WhyQuestion& question) { return Explanation(reader, question).answer(); }

std::string whyText(const WhyAnswer& answer, const TraceHeader& header) {
  std::string text = wrapped("", fmt::format("{} gfn {:#x} is {}.", vmName(header, answer.vm), answer.gfn.value(), answer.where));
  text += fmt::format("After event #{}, of the quantum at {}.\n", answer.sequence, timeText(answer.time));
  if (answer.chains.empty()) text += "\nNo event has moved it: the guest never touched it.\n";
  for (const WhyChain& chain : answer.chains) {
    text += fmt::format("\n{}\n", chain.title);
    for (std::size_t i = 0; i < chain.links.size(); ++i) text += linkText(fmt::format("  {:>2}. ", i + 1), chain.links[i]);
  }
  if (!answer.leftAlone.empty()) {
    text += answer.timesLeftAlone > answer.leftAlone.size()
                ? fmt::format("\nWhy not earlier or otherwise (the last {} of {} times)\n", answer.leftAlone.size(), answer.timesLeftAlone)
                : std::string("\nWhy not earlier or otherwise\n");
    for (const WhyLink& link : answer.leftAlone) text += linkText("   -  ", link);
  }
  return text;
}

std::string whyJson(const WhyAnswer& answer, const TraceHeader& header) {
  std::string json = fmt::format(R"({{"vm":{},"gfn":{},"sequence":{},"time_ns":{},"place":"{}","where":{},"chains":[)",
                                 jsonString(vmName(header, answer.vm)), answer.gfn.value(), answer.sequence, answer.time.value(),
                                 nameOf(answer.page.place), jsonString(answer.where));
  for (std::size_t i = 0; i < answer.chains.size(); ++i) {
    json += fmt::format(R"({}{{"title":{},"links":{}}})", i == 0 ? "" : ",", jsonString(answer.chains[i].title),
                        linksJson(answer.chains[i].links, header));
  }
  return json + fmt::format("],\"left_alone\":{},\"times_left_alone\":{}}}\n", linksJson(answer.leftAlone, header), answer.timesLeftAlone);
}

}  // namespace overcommit
