// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/top_screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>

#include "base/error.h"

namespace overcommit {
namespace {

constexpr std::size_t kNumberWidth = 3, kNameWidth = 12, kFieldWidth = 7, kHostWidth = 6;

std::string clockText(VirtualTime time) {
  const std::uint64_t ms = time.value() / 1'000'000;
  return fmt::format("{}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1'000 % 60, ms % 1'000);
}

// "PSHARE/MB:    4.00  shared,    1.00  common": the host's counters of one group, with what stands behind the group's name.
std::string hostLine(const TopSample& sample, CounterGroup group) {
  std::string line = fmt::format("{:<6}/MB:", nameOf(group));
  for (const Counter& counter : hostCounters()) {
    if (counter.group != group) continue;
    const std::string value = counterText(counter.unit, counterValue(counter, sample.now, sample.before), kHostWidth);
    const std::string_view label = counter.name.size() > nameOf(group).size() ? counter.name.substr(nameOf(group).size() + 1) : "";
    if (counter.unit == CounterUnit::State)
      line += fmt::format(" {} state", value);
    else
      line += label.empty() ? fmt::format(" {:>{}}", value, kHostWidth) : fmt::format(" {:>{}} {}", value, kHostWidth, label);
    line += ':';
  }
  line.pop_back();
  return line;
}

std::string overcommitText(const TopSample& sample) {
  std::string text;
  for (const Counter& counter : hostCounters()) {
    if (counter.group == CounterGroup::Overcommit)
      text += fmt::format("{}{}", text.empty() ? "" : ", ", counterText(counter.unit, counterValue(counter, sample.now, sample.before)));
  }
  return text;
}

std::size_t widthOf(const Counter& counter) { return std::max(counter.name.size(), kFieldWidth); }

std::vector<std::size_t> shownVms(const TopSample& sample, const TopView& view) {
  std::vector<std::size_t> vms;
  for (std::size_t i = 0; i < sample.now.vms.size(); ++i) {
    if (view.vms == TopVms::All || sample.now.vms[i].on) vms.push_back(i);
  }
  const auto key = [&](std::size_t i) -> std::uint64_t {
    const VmFigures& vm = sample.now.vms[i];
    switch (view.sort) {
      case TopSort::Number: return 0;
      case TopSort::Memory: return vm.memory;
      case TopSort::Balloon: return vm.at(PagePlace::Ballooned);
      case TopSort::Grant: return vm.at(PagePlace::Private) + vm.at(PagePlace::Shared);
    }
    return 0;
  };
  std::ranges::stable_sort(vms, [&](std::size_t a, std::size_t b) { return key(a) > key(b); });
  return vms;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string clean;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    clean += byte >= 0x20 && byte < 0x7f ? c : '?';
  }
  return clean;
}

std::size_t topScreenWidth(const TopView& view) {
  std::size_t width = kNumberWidth + 1 + kNameWidth;
  for (const Counter* counter : view.fields) width += 1 + widthOf(*counter);
  return std::max<std::size_t>(width, 80);
}

std::size_t topRows(const TopSample& sample, const TopView& view) { return shownVms(sample, view).size(); }

std::vector<std::string> topScreen(const TopSample& sample, const TopText& text, const TopView& view, std::size_t width) {
  const auto on = std::ranges::count_if(sample.now.vms, [](const VmFigures& vm) { return vm.on; });
  std::vector<std::string> lines;
  const std::string head =
      fmt::format("{}  {} {} on,  MEM overcommit avg: {}", clockText(sample.now.time), on, on == 1 ? "VM" : "VMs", overcommitText(sample));
  lines.push_back(fmt::format("{}  {}", head, text.title));
  for (const CounterGroup group : {CounterGroup::Pmem, CounterGroup::Vmkmem, CounterGroup::Numa, CounterGroup::Pshare,
                                   CounterGroup::SwapLine, CounterGroup::ZipLine, CounterGroup::MemctlLine}) {
    lines.push_back(hostLine(sample, group));
  }
  lines.emplace_back();

  // Fields are left out from the right, whole.
  std::vector<const Counter*> fields;
  std::size_t used = kNumberWidth + 1 + kNameWidth;
  for (const Counter* counter : view.fields) {
    if (used + 1 + widthOf(*counter) > width) break;
    used += 1 + widthOf(*counter);
    fields.push_back(counter);
  }
  std::string header = fmt::format("{:>{}} {:<{}}", "GID", kNumberWidth, "NAME", kNameWidth);
  for (const Counter* counter : fields) fmt::format_to(std::back_inserter(header), " {:>{}}", counter->name, widthOf(*counter));
  lines.push_back(header);
  const std::vector<std::size_t> vms = shownVms(sample, view);
  const std::size_t first = std::min(view.first, vms.size());
  const std::size_t rows = std::min(vms.size() - first, view.mostRows.value_or(vms.size()));
  for (std::size_t row = first; row < first + rows; ++row) {
    const std::size_t vm = vms[row];
    std::string line = fmt::format("{:>{}} {:<{}}", vm + 1, kNumberWidth, text.vmNames.at(vm).substr(0, kNameWidth), kNameWidth);
    for (const Counter* counter : fields) {
      const auto value = counterValue(*counter, sample.now, sample.before, VmId(static_cast<std::uint16_t>(vm)));
      fmt::format_to(std::back_inserter(line), " {:>{}}", counterText(counter->unit, value), widthOf(*counter));
    }
    lines.push_back(line);
  }
  for (std::string& line : lines) {
    if (line.size() > width) line.resize(width);
    line.erase(line.find_last_not_of(' ') + 1);
  }
  return lines;
}

}  // namespace overcommit
