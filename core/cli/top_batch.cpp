// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/top_batch.h"

#include <fmt/format.h>

#include <chrono>
#include <iterator>

#include "base/error.h"

namespace overcommit {
namespace {

std::string csvCell(std::string_view text) {
  std::string cell = "\"";
  for (const char c : text) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

// Fields that esxtop does not have are called by their own name and unit.
std::string columnOf(const Counter& counter) {
  if (!counter.column.empty()) return std::string(counter.column);
  return fmt::format("{}{}{}", counter.name, nameOf(counter.unit).empty() ? "" : " ", nameOf(counter.unit));
}

std::string instant(VirtualTime time) {
  const std::uint64_t ms = time.value() / 1'000'000;
  const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(ms / 86'400'000))};
  return fmt::format("{:02}/{:02}/{} {:02}:{:02}:{:02}{}", static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                     static_cast<int>(day.year()), ms / 3'600'000 % 24, ms / 60'000 % 60, ms / 1'000 % 60,
                     ms % 1'000 == 0 ? std::string() : fmt::format(".{:03}", ms % 1'000));
}

}  // namespace

TopBatch::TopBatch(TopFields fields, const std::vector<std::string>& vmNames) : fields_(std::move(fields)) {
  header_ = csvCell("(PDH-CSV 4.0) (UTC)(0)");
  for (const Counter& counter : hostCounters()) header_ += "," + csvCell(fmt::format(R"x(\\host\Memory\{})x", columnOf(counter)));
  for (std::size_t vm = 0; vm < vmNames.size(); ++vm) {
    for (const Counter* counter : fields_)
      header_ += "," + csvCell(fmt::format(R"x(\\host\Group Memory({}:{})\{})x", vm + 1, vmNames[vm], columnOf(*counter)));
  }
  header_ += "\n";
}

std::string TopBatch::row(const TopSample& sample) const {
  std::string line = csvCell(instant(sample.now.time));
  const auto add = [&line](const Counter& counter, std::optional<std::int64_t> value) {
    fmt::format_to(std::back_inserter(line), ",\"{}\"", counterNumber(counter.unit, value));
  };
  for (const Counter& counter : hostCounters()) add(counter, counterValue(counter, sample.now, sample.before));
  for (std::size_t vm = 0; vm < sample.now.vms.size(); ++vm) {
    for (const Counter* counter : fields_)
      add(*counter, counterValue(*counter, sample.now, sample.before, VmId(static_cast<std::uint16_t>(vm))));
  }
  return line + "\n";
}

}  // namespace overcommit
