// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>

#include "trace/why.h"

namespace overcommit {

// What surrounds the events of a chain.
struct WhySurroundings {
  const TraceHeader& header;
  const WorldModel* world = nullptr;  // after the event that decided: the VM's choice, the balloon's or the VM's target
  std::span<const Event> refusals;    // why the page could not be shared or compressed instead, oldest first
  std::uint64_t drawnBefore = 0;      // pages that were drawn before this one and left alone
  std::optional<Event> partner;       // share: the other page; an evicted page: what it made room for
  std::span<const Event> told;        // a chain that this one may lead into
  std::optional<Event> limitSetting;  // that set the limit which was reached
};

// The chain in words and figures: chain[0] is the effect, and each event was led to by the next.
std::vector<WhyLink> linksOf(std::span<const Event> chain, const WhySurroundings& around);
// A refusal of a page, in words.
WhyLink leftAloneLink(const Event& refusal, const TraceHeader& header);
// "swapped, in slot 17 of its swap file".
std::string whereText(const WorldPage& page, const WorldModel& world);

// "12,345 pages (48.2 MiB)".
std::string pagesText(std::uint64_t pages);
// "web1's".
std::string ownText(const TraceHeader& header, VmId vm);
std::string hexText(std::uint64_t number);

}  // namespace overcommit
