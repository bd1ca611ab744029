// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "trace/event.h"
#include "trace/trace_reader.h"
#include "trace/world.h"

namespace overcommit {

// Why a page of a guest is where it is: the events that led there, from the last one that moved the page back to the guest's touch, the
// timer, the setting or the power-on that began it. A pure function of the trace.

// Which question a link answers.
enum class WhyRole : std::uint8_t {
  Page,       // what happened to a page, and why to this one
  Vm,         // why this VM had to give
  Now,        // why at this time
  Amount,     // how much: targets, the balloon's and the VM's
  LeftAlone,  // why not: the page was considered and stayed
};
std::string_view nameOf(WhyRole role);

// A number that mattered; the unit stands in the name, as in those of events: "free_pages".
struct WhyFigure {
  std::string_view name;
  std::uint64_t value = 0;
  friend bool operator==(const WhyFigure&, const WhyFigure&) = default;
};

struct WhyLink {
  Event event;
  WhyRole role = WhyRole::Page;
  std::vector<WhyFigure> figures;
  std::string sentence;  // one or several, in one line
};

// Links from the effect to its beginning: each was led to by the next.
struct WhyChain {
  std::string title;
  std::vector<WhyLink> links;
};

struct WhyAnswer {
  VmId vm;
  Gfn gfn;
  std::uint64_t sequence = 0;  // the last event that counts
  VirtualTime time;            // of that event's quantum
  WorldPage page;              // after it
  std::string where;           // in words
  // How the page got there; if that brought it back from somewhere, how it had got there; and what gave the VM that paid its target.
  // Empty: the page was never touched.
  std::vector<WhyChain> chains;
  // Refusals of the page since the first of these, newest first, kMostLeftAlone at most; and how many there are in all.
  std::vector<WhyLink> leftAlone;
  std::uint64_t timesLeftAlone = 0;
};
inline constexpr std::size_t kMostLeftAlone = 8;

struct WhyQuestion {
  VmId vm;
  Gfn gfn;
  std::optional<VirtualTime> at;  // nothing: the end of the trace
  // The last event that counts, instead of a time: for whoever stands within a quantum.
  std::optional<std::uint64_t> upTo = std::nullopt;
};

// Errors: no such VM or page, an instant beyond the trace, a trace that cannot be read or is impossible. Takes at most four seeks of a
// cursor (each replays the events since a keyframe), and reads blocks backwards from the instant to the last events that moved
// the page, set the target of the VM that paid, and set its limit.
Result<WhyAnswer> explainPage(const TraceReader& reader, const WhyQuestion& question);

// The answer to be read, in lines of at most 100 columns, and as one JSON object with its line end (docs/reference/why.md).
std::string whyText(const WhyAnswer& answer, const TraceHeader& header);
std::string whyJson(const WhyAnswer& answer, const TraceHeader& header);

}  // namespace overcommit
