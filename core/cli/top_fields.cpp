// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/top_fields.h"

#include <algorithm>
#include <array>

#include "base/nearest.h"

namespace overcommit {
namespace {

constexpr std::array<std::string_view, 22> kDefaultFields{"MEMSZ", "GRANT", "SHRDSVD", "SZTGT",   "TCHD",     "MCTLSZ", "MCTLTGT", "SWCUR",
                                                          "SWTGT", "SWR/s", "SWW/s",   "CACHESZ", "CACHEUSD", "ZIP/s",  "UNZIP/s", "SHRD",
                                                          "ZERO",  "COWH",  "MCTL?",   "MCTLMAX", "OVHD",     "%ACTV"};

std::string lower(std::string_view text) {
  std::string low(text);
  for (char& c : low) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return low;
}

void addTo(TopFields& fields, const Counter& counter) {
  if (std::ranges::find(fields, &counter) == fields.end()) fields.push_back(&counter);
}

void addNamed(TopFields& fields, std::string_view name, std::span<const Counter> counters) {
  for (const Counter& counter : counters) {
    if (lower(counter.name) == name || nameOf(counter.group) == name) addTo(fields, counter);
  }
}

}  // namespace

TopFields defaultTopFields() {
  TopFields fields;
  for (const std::string_view name : kDefaultFields) addNamed(fields, lower(name), vmCounters());
  return fields;
}

TopFields allTopFields() {
  TopFields fields;
  for (const Counter& counter : vmCounters()) addTo(fields, counter);
  return fields;
}

Result<TopFields> parseTopFields(std::string_view text) {
  TopFields fields;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string name = lower(text.substr(at, end - at));
    at = end + 1;
    if (name == "all") {
      for (const Counter* counter : allTopFields()) addTo(fields, *counter);
      continue;
    }
    const std::size_t before = fields.size();
    const auto known = [&] {
      const auto isIt = [&](const Counter& counter) { return lower(counter.name) == name || nameOf(counter.group) == name; };
      return std::ranges::any_of(vmCounters(), isIt) || std::ranges::any_of(vcenterVmCounters(), isIt);
    };
    addNamed(fields, name, vmCounters());
    addNamed(fields, name, vcenterVmCounters());
    if (fields.size() != before || known()) continue;
    std::vector<std::string> names{"all", "vcenter"};
    for (const Counter& counter : vmCounters()) names.push_back(lower(counter.name));
    for (const Counter& counter : vcenterVmCounters()) names.push_back(lower(counter.name));
    for (const TopFieldGroup& group : topFieldGroups()) names.emplace_back(nameOf(group.group));
    const std::vector<std::string_view> words(names.begin(), names.end());
    return failure("there is no field or group \"{}\"{}; docs/reference/counters.md lists all", name, didYouMean(name, words));
  }
  return fields;
}

std::span<const TopFieldGroup> topFieldGroups() {
  static const std::vector<TopFieldGroup> kGroups = [] {
    std::vector<TopFieldGroup> groups;
    for (const Counter& counter : vmCounters()) {
      if (groups.empty() || groups.back().group != counter.group)
        groups.push_back({static_cast<char>('A' + groups.size()), counter.group, std::string(counter.name)});
      else
        groups.back().fields += " " + std::string(counter.name);
    }
    return groups;
  }();
  return kGroups;
}

bool shows(const TopFields& fields, CounterGroup group) {
  return std::ranges::any_of(fields, [group](const Counter* counter) { return counter->group == group; });
}

void toggle(TopFields& fields, CounterGroup group) {
  if (std::erase_if(fields, [group](const Counter* counter) { return counter->group == group; }) > 0) return;
  for (const Counter& counter : vmCounters()) {
    if (counter.group == group) addTo(fields, counter);
  }
}

}  // namespace overcommit
