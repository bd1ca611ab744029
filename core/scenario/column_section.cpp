// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/column_section.h"

#include <algorithm>
#include <array>

#include "base/units.h"
#include "host/host.h"

namespace overcommit {
namespace {

constexpr std::size_t kMostColumns = 1000;

struct ColumnInstant {
  std::string_view word;
  SweepColumn::When when;
};
constexpr std::array kColumnInstants{ColumnInstant{"end", SweepColumn::When::End}, ColumnInstant{"least", SweepColumn::When::Least},
                                     ColumnInstant{"greatest", SweepColumn::When::Greatest},
                                     ColumnInstant{"mean", SweepColumn::When::Mean}};

std::optional<VirtualTime> timeWithin(const KeyReader& keys, std::string_view key, const RunConfig& config, Mistakes& mistakes) {
  const auto time = keys.time(key);
  if (time && config.duration > VirtualTime() && *time > config.duration)
    mistakes.add(keys.position(key), "{} is {}, after the end of the run ({})", key, formatTime(*time), formatTime(config.duration));
  return time;
}

// "vm.GROUP.metric" is the sum over the group.
std::optional<SweepColumn::Figure> readFigure(const KeyReader& keys, std::string_view key, std::span<const VmGroup> groups,
                                              std::span<const std::string> names, Mistakes& mistakes) {
  const auto path = keys.text(key);
  if (!path) return std::nullopt;
  SweepColumn::Figure figure;
  figure.metric = *path;
  std::vector<std::string> paths{*path};
  if (path->starts_with("vm.")) {
    const std::size_t end = path->find('.', 3);
    const std::string name = path->substr(3, end == std::string::npos ? std::string::npos : end - 3);
    const auto group = std::ranges::find(groups, name, &VmGroup::name);
    if (end != std::string::npos && group != groups.end() && group->count > 1 && group->first + group->count <= names.size()) {
      paths.clear();
      for (std::size_t i = 0; i < group->count; ++i) paths.push_back("vm." + names[group->first + i] + path->substr(end));
    }
  }
  for (const std::string& one : paths) {
    const auto reference = findMetric(one, names);
    if (!reference) {
      mistakes.add(keys.position(key), "{}", reference.error().text);
      return std::nullopt;
    }
    figure.references.push_back(*reference);
  }
  return figure;
}

void readColumnInstant(const KeyReader& keys, const RunConfig& config, SweepColumn& column, Mistakes& mistakes) {
  if (const TomlValue* at = keys.value("at")) {
    const auto* word = std::ranges::find(kColumnInstants, at->text, &ColumnInstant::word);
    if (at->kind == TomlValue::Kind::Text && word != kColumnInstants.end()) {
      column.when = word->when;
    } else if (at->kind == TomlValue::Kind::Text && !at->text.empty() && (at->text.front() < '0' || at->text.front() > '9')) {
      mistakes.add(at->position, "at = \"{}\" is neither a time (\"30s\") nor end, least, greatest or mean", at->text);
    } else {
      column.when = SweepColumn::When::AtTime;
      column.time = timeWithin(keys, "at", config, mistakes).value_or(VirtualTime());
    }
  }
  column.since = timeWithin(keys, "since", config, mistakes);
  const bool isEmpty =
      column.since && (*column.since >= config.duration || (column.when == SweepColumn::When::AtTime && *column.since >= column.time));
  if (isEmpty) mistakes.add(keys.position("since"), "since is not before the end of what is looked at");
}

}  // namespace

std::uint64_t SweepColumn::Figure::read(const Host& host) const {
  std::uint64_t sum = 0;
  for (const MetricRef& reference : references) sum += readMetric(host, reference);
  return sum;
}

std::vector<SweepColumn> readColumns(std::span<const TomlValue> tables, std::span<const VmGroup> groups, const RunConfig& config,
                                     Mistakes& mistakes) {
  std::vector<SweepColumn> columns;
  if (tables.size() > kMostColumns) {
    mistakes.add(tables.front().position, "more than {} columns", kMostColumns);
    return columns;
  }
  std::vector<std::string> names;
  for (const VmConfig& vm : config.vms) names.push_back(vm.name);
  for (const TomlValue& table : tables) {
    const KeyReader keys(table, "column", mistakes);
    keys.require("metric");
    SweepColumn column;
    column.line = table.position.line;
    readColumnInstant(keys, config, column, mistakes);
    auto figure = readFigure(keys, "metric", groups, names, mistakes);
    if (keys.has("per")) column.per = readFigure(keys, "per", groups, names, mistakes);
    if (!figure || (keys.has("per") && !column.per)) break;  // looking for a suggestion takes time
    column.figure = std::move(*figure);
    column.name = keys.text("name").value_or(column.figure.metric);
    const bool isPlain = !column.name.empty() && std::ranges::all_of(column.name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
    if (!isPlain) mistakes.add(keys.position("name"), "the name of a column has letters, digits, -, _ and points only");
    if (std::ranges::find(columns, column.name, &SweepColumn::name) != columns.end())
      mistakes.add(table.position, "there are two columns named \"{}\": give one a name of its own", column.name);
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace overcommit
