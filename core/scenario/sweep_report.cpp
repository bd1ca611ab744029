// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/sweep_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "scenario/expectation.h"

namespace overcommit {
namespace {

// More do not fit a page: then only the varied settings and the digests are shown.
constexpr std::size_t kMostShownColumns = 12;

std::string csvCell(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

using Cells = std::vector<std::string>;

Cells headings(const SweepTable& table, bool all) {
  Cells cells{"point"};
  for (const VariedSetting& setting : table.settings) cells.push_back(setting.path);
  if (all) {
    cells.insert(cells.end(), table.names.begin(), table.names.end());
  } else {
    cells.emplace_back("digest");
  }
  return cells;
}

Cells cellsOf(const SweepTable& table, std::size_t row, bool all) {
  const SweepRow& from = table.rows[row];
  Cells cells{fmt::format("{}", row + 1)};
  for (std::size_t i = 0; i < table.settings.size(); ++i) cells.push_back(table.settings[i].values[from.point[i]].text);
  if (!all) {
    cells.push_back(from.digest.empty() ? "-" : from.digest);
    return cells;
  }
  for (std::size_t i = 0; i < table.names.size(); ++i) {
    const bool known = i < from.figures.size() && from.figures[i].has_value();
    cells.push_back(known ? formatValue(*from.figures[i], table.units[i]) : "-");
  }
  return cells;
}

void appendRow(std::string& out, const Cells& cells, std::span<const std::size_t> widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i)
    fmt::format_to(std::back_inserter(line), "{}{:>{}}", i == 0 ? "" : "  ", cells[i], widths[i]);
  out += line + "\n";
}

}  // namespace

std::string sweepCsv(const SweepTable& table) {
  std::string out = "point";
  auto to = std::back_inserter(out);
  for (const VariedSetting& setting : table.settings) fmt::format_to(to, ",{}", csvCell(setting.path));
  for (const std::string& name : table.names) fmt::format_to(to, ",{}", csvCell(name));
  out += ",digest,exit\n";
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const SweepRow& from = table.rows[row];
    fmt::format_to(to, "{}", row + 1);
    for (std::size_t i = 0; i < table.settings.size(); ++i) {
      const VariedValue& value = table.settings[i].values[from.point[i]];
      fmt::format_to(to, ",{}", value.number ? fmt::format("{}", *value.number) : csvCell(value.text));
    }
    for (std::size_t i = 0; i < table.names.size(); ++i) {
      out += ',';
      if (i < from.figures.size() && from.figures[i]) fmt::format_to(to, "{}", *from.figures[i]);
    }
    fmt::format_to(to, ",{},{}\n", from.digest, from.exitCode);
  }
  return out;
}

std::string sweepReport(std::string_view title, const SweepTable& table, std::span<const JudgedShape> shapes) {
  std::string out;
  auto to = std::back_inserter(out);
  if (!title.empty()) fmt::format_to(to, "{}\n\n", title);
  const bool all = table.names.size() <= kMostShownColumns;
  std::vector<Cells> rows{headings(table, all)};
  for (std::size_t row = 0; row < table.rows.size(); ++row) rows.push_back(cellsOf(table, row, all));
  std::vector<std::size_t> widths(rows.front().size());
  for (const Cells& cells : rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  for (const Cells& cells : rows) appendRow(out, cells, widths);

  if (!shapes.empty()) out += "\nShapes\n";
  for (const JudgedShape& judged : shapes)
    fmt::format_to(to, "  {}  {}; got {} (line {})\n", judged.verdict.holds ? "holds" : "FAILS", judged.verdict.wanted, judged.verdict.got,
                   judged.shape.line);
  bool any = false;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const SweepRow& from = table.rows[row];
    if (from.exitCode == 0) continue;
    if (!any) out += "\nPoints that did not end well\n";
    any = true;
    fmt::format_to(to, "  point {}, exit code {}{}\n", row + 1, from.exitCode, from.error.empty() ? "" : ": " + from.error);
  }
  return out;
}

}  // namespace overcommit
