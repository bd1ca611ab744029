// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/sweep_file.h"

#include <algorithm>
#include <set>

namespace overcommit {
namespace {

constexpr std::size_t kMostCells = 10'000'000;

std::vector<std::size_t> valuesTaken(const VariedSetting& setting, SweepExtent extent) {
  if (extent == SweepExtent::Quick && !setting.quick.empty()) return setting.quick;
  std::vector<std::size_t> all(setting.values.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

// All metrics at the end, as columns of a scenario that names none.
std::vector<SweepColumn> allMetrics(const RunConfig& config) {
  std::vector<SweepColumn> columns;
  for (const HostMetric& metric : hostMetrics()) {
    SweepColumn& column = columns.emplace_back();
    column.name = fmt::format("host.{}", metric.name);
    column.figure = {column.name, {MetricRef{&metric, nullptr, {}}}};
  }
  for (std::size_t i = 0; i < config.vms.size(); ++i) {
    for (const VmMetric& metric : vmMetrics()) {
      SweepColumn& column = columns.emplace_back();
      column.name = fmt::format("vm.{}.{}", config.vms[i].name, metric.name);
      column.figure = {column.name, {MetricRef{nullptr, &metric, VmId(static_cast<std::uint16_t>(i))}}};
    }
  }
  return columns;
}

}  // namespace

std::string Sweep::describe(std::size_t index) const {
  std::string text;
  for (std::size_t i = 0; i < base_.vary.size(); ++i) {
    const VariedSetting& setting = base_.vary[i];
    text += fmt::format("{}{} = {}", i == 0 ? "" : ", ", setting.path, setting.values[points_[index][i]].text);
  }
  return text;
}

Result<Scenario> Sweep::read(std::size_t index) const {
  TomlValue root = root_;
  std::erase_if(root.table, [](const TomlEntry& entry) { return entry.key == "vary" || entry.key == "shape"; });
  Mistakes mistakes{base_.fileName};
  for (std::size_t i = 0; i < base_.vary.size(); ++i) applySetting(root, base_.vary[i], base_.vary[i].values[points_[index][i]], mistakes);
  const auto located = [&](const Error& error) {
    return failure("{} (at point {} of the sweep: {})", error.text, index + 1, describe(index));
  };
  if (mistakes.any()) return located(mistakes.first());
  const std::string text = fmt::format("# Point {} of {}: {}\n{}", index + 1, std::filesystem::path(base_.fileName).filename().string(),
                                       describe(index), formatToml(root));
  auto scenario = readScenario(root, text, base_.fileName, directory_);
  if (!scenario) return located(scenario.error());
  if (scenario->columns.empty()) scenario->columns = allMetrics(scenario->config);
  return scenario;
}

Result<void> Sweep::check() {
  std::set<std::string> known;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const auto scenario = read(i);
    if (!scenario) return tl::unexpected(scenario.error());
    for (const SweepColumn& column : scenario->columns) {
      if (!known.insert(column.name).second) continue;
      names_.push_back(column.name);
      units_.push_back(column.unit());
    }
    if (names_.size() * points_.size() > kMostCells)
      return failure("{}: the table would have {} points and {} columns: name those that you want by [[column]]", base_.fileName,
                     points_.size(), names_.size());
  }
  return {};
}

Scenario Sweep::scenario(std::size_t index) const {
  auto scenario = read(index);
  invariant(scenario.has_value(), "the points of a sweep are checked when it is read");
  return std::move(*scenario);
}

Result<Sweep> Sweep::parse(std::string_view text, std::string_view fileName, const std::filesystem::path& baseDirectory,
                           SweepExtent extent) {
  auto root = parseToml(text, fileName);
  if (!root) return tl::unexpected(root.error());
  auto base = readScenario(*root, text, fileName, baseDirectory);
  if (!base) return tl::unexpected(base.error());
  if (base->vary.empty()) return failure("{}: it has no [vary], so there is nothing to sweep: overcommit run runs it", fileName);
  Sweep sweep(std::move(*base), std::move(*root), baseDirectory);

  sweep.points_.emplace_back();
  for (const VariedSetting& setting : sweep.base_.vary) {
    std::vector<std::vector<std::size_t>> longer;
    const auto taken = valuesTaken(setting, extent);
    if (sweep.points_.size() * taken.size() > kMostPoints) return failure("{}: the sweep has more than {} points", fileName, kMostPoints);
    for (const auto& point : sweep.points_) {
      for (const std::size_t value : taken) {
        longer.push_back(point);
        longer.back().push_back(value);
      }
    }
    sweep.points_ = std::move(longer);
  }
  if (const auto checked = sweep.check(); !checked) return tl::unexpected(checked.error());
  return sweep;
}

Result<Sweep> Sweep::load(const std::filesystem::path& path, SweepExtent extent) {
  const auto text = readScenarioText(path);
  if (!text) return tl::unexpected(text.error());
  return parse(*text, path.string(), std::filesystem::absolute(path).parent_path(), extent);
}

}  // namespace overcommit
