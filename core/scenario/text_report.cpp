// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/text_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "base/units.h"
#include "trace/event.h"

namespace overcommit {
namespace {

constexpr std::size_t kMostRows = 64;
constexpr std::size_t kNameWidth = 16;

struct Column {
  std::string_view heading;
  std::string_view metric;
  std::size_t width;
};

// 16 + 94 = 110 columns.
constexpr std::array kMemory{
    Column{"memory", "memory", 10},       Column{"private", "private", 10},       Column{"shared", "shared", 10},
    Column{"balloon", "ballooned", 10},   Column{"zipped", "zipped", 10},         Column{"swapped", "swapped", 10},
    Column{"untouched", "untouched", 11}, Column{"operations", "operations", 12}, Column{"p95", "latency_p95", 11}};

constexpr std::array kTime{
    Column{"run", "time_run", 6},          Column{"idle", "time_idle", 6},       Column{"touch", "time_first_touch", 7},
    Column{"break", "time_break", 7},      Column{"unzip", "time_unzip", 7},     Column{"swap-in", "time_swap_in", 9},
    Column{"queue", "time_disk_queue", 7}, Column{"disk", "time_guest_disk", 6}, Column{"paging", "time_guest_paging", 8},
    Column{"reclaim", "time_reclaim", 9},  Column{"blocked", "time_blocked", 9}};

// The first `most` characters, by bytes: names are ASCII.
std::string cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  return std::string(text.substr(0, most - 1)) + "~";
}

// A text of one or more lines, none longer than the report, continued with an indent. Breaks at blanks, and within words that are
// too long; counts bytes, and never splits a UTF-8 sequence.
void appendWrapped(std::string& out, std::string text, std::size_t indent) {
  std::ranges::replace(text, '\n', ' ');
  std::size_t start = 0;
  bool first = true;
  while (start < text.size() || first) {
    const std::size_t room = kReportWidth - (first ? 0 : indent);
    std::size_t end = std::min(start + room, text.size());
    if (end < text.size()) {
      const std::size_t blank = text.rfind(' ', end);
      if (blank != std::string::npos && blank > start + (first ? indent : 0)) end = blank;
      while (end > start + 1 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) --end;
    }
    fmt::format_to(std::back_inserter(out), "{}{}\n", std::string(first ? 0 : indent, ' '), text.substr(start, end - start));
    start = end;
    while (start < text.size() && text[start] == ' ') ++start;
    first = false;
  }
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (part == 0 || whole == 0) return "-";
  const double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return share < 0.05 ? "<0.1" : fmt::format("{:.1f}", share);
}

std::string memoryCell(const Column& column, std::uint64_t value) {
  if (column.metric == "operations") return fmt::format("{}", value);
  if (value == 0) return "-";
  return column.metric == "latency_p95" ? formatTime(VirtualTime(value)) : formatBytes(Bytes(value));
}

void appendTitle(std::string& out, const RunSnapshot& run) {
  if (!run.config.title.empty()) appendWrapped(out, run.config.title, 2);
  appendWrapped(out,
                fmt::format("{} of virtual time, seed {}, {}, digest {}", formatTime(run.virtualTime), run.config.seed, run.engine,
                            run.digest.text()),
                2);
}

void appendPolicies(std::string& out, const RunSnapshot& run) {
  for (const PolicySnapshot& policy : run.policies) {
    appendWrapped(out,
                  fmt::format("Policy {} by {} ({:016x}): {} questions in {} requests", policy.decides, policy.file, policy.hash,
                              policy.questions, policy.requests),
                  2);
  }
}

void appendMore(std::string& out, std::size_t all) {
  if (all > kMostRows) fmt::format_to(std::back_inserter(out), "... and {} more VMs\n", all - kMostRows);
}

void appendMemory(std::string& out, const RunSnapshot& run) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "\n{:<{}}", "Memory", kNameWidth);
  for (const Column& column : kMemory) fmt::format_to(to, "{:>{}}", column.heading, column.width);
  out += '\n';
  std::array<std::uint64_t, kMemory.size()> totals{};
  for (std::size_t i = 0; i < run.vms.size(); ++i) {
    const VmSnapshot& vm = run.vms[i];
    std::string line = fmt::format("{:<{}}", cut(vm.name, kNameWidth - 1), kNameWidth);
    for (std::size_t c = 0; c < kMemory.size(); ++c) {
      const std::uint64_t value = run.vmFigure(vm, kMemory[c].metric);
      totals[c] += value;
      fmt::format_to(std::back_inserter(line), "{:>{}}", memoryCell(kMemory[c], value), kMemory[c].width);
    }
    if (i < kMostRows) out += line + "\n";
  }
  appendMore(out, run.vms.size());
  if (run.vms.size() < 2) return;
  fmt::format_to(std::back_inserter(out), "{:<{}}", "all VMs", kNameWidth);
  for (std::size_t c = 0; c < kMemory.size(); ++c) {
    const bool addsUp = kMemory[c].metric != "latency_p95";
    fmt::format_to(std::back_inserter(out), "{:>{}}", addsUp ? memoryCell(kMemory[c], totals[c]) : "", kMemory[c].width);
  }
  while (out.back() == ' ') out.pop_back();
  out += '\n';
}

void appendTime(std::string& out, const RunSnapshot& run) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "\n{:<{}}", "Time, in %", kNameWidth);
  for (const Column& column : kTime) fmt::format_to(to, "{:>{}}", column.heading, column.width);
  out += '\n';
  for (std::size_t i = 0; i < std::min(run.vms.size(), kMostRows); ++i) {
    const VmSnapshot& vm = run.vms[i];
    fmt::format_to(to, "{:<{}}", cut(vm.name, kNameWidth - 1), kNameWidth);
    for (const Column& column : kTime)
      fmt::format_to(to, "{:>{}}", percent(run.vmFigure(vm, column.metric), run.vmFigure(vm, "elapsed")), column.width);
    out += '\n';
  }
  appendMore(out, run.vms.size());
}

void appendHost(std::string& out, const RunSnapshot& run) {
  const auto size = [&](std::string_view metric) { return formatBytes(Bytes(run.hostFigure(metric))); };
  const std::string represents = run.config.host.represents > bytesOf(run.config.host.memory)
                                     ? fmt::format(" (stands for {})", formatBytes(run.config.host.represents))
                                     : std::string();
  out += '\n';
  appendWrapped(
      out,
      fmt::format("Host: {}{} for VMs of {}; {} free, {} private, {} shared, {} zip store, {} overhead", size("memory"), represents,
                  size("configured"), size("free"), size("private"), size("shared"), size("zip_store"), size("overhead")),
      2);
  const auto state = static_cast<FreeState>(run.hostFigure("state"));
  appendWrapped(
      out,
      fmt::format("Free state {} (minfree {}); {} first touches, {} breaks, {} pages swapped out, {} swapped in; swap disk busy {} %",
                  nameOf(state), size("minfree"), run.hostFigure("first_touches"), run.hostFigure("breaks"), run.hostFigure("swap_outs"),
                  run.hostFigure("swap_ins"), run.hostFigure("swap_disk_busy") / 10),
      2);
}

void appendExpectations(std::string& out, const RunSnapshot& run) {
  if (run.expectations.empty()) return;
  out += "\nExpectations\n";
  for (const auto& [expectation, verdict] : run.expectations) {
    const std::string got =
        verdict.got ? fmt::format("got {} at {}", formatValue(*verdict.got, expectation.reference.unit()), formatTime(verdict.time))
                    : std::string("the run ended before");
    appendWrapped(out,
                  fmt::format("  {}  {}: {}; {} (line {})", verdict.holds() ? "holds" : "FAILS", expectation.metric, expectation.wanted(),
                              got, expectation.line),
                  9);
  }
}

void appendAsked(std::string& out, const RunSnapshot& run) {
  if (run.asked.empty()) return;
  out += "\nQuestions\n";
  for (const AskedQuestion& asked : run.asked) {
    appendWrapped(out, fmt::format("  {} at {}: {}", asked.id, formatTime(asked.time), asked.text), 4);
    const std::string answer = asked.answer ? metricWords(asked.metric, asked.unit, *asked.answer) : std::string("the run ended before");
    appendWrapped(out, fmt::format("    at {}: {}", formatTime(asked.about), answer), 6);
  }
}

void appendWalks(std::string& out, const RunSnapshot& run) {
  if (run.walks.empty()) return;
  out += "\nWalks that the walker was asked for\n";
  for (const WalkMarks& marks : run.walks) {
    appendWrapped(out,
                  fmt::format("  {}: {} of {} right; {} with the hardware's references, {} with the bits that it sets", nameOf(marks.kind),
                              marks.right, marks.asked, marks.counted, marks.marked),
                  4);
    for (const std::string& first : {marks.wrong, marks.miscounted, marks.mismarked}) {
      if (!first.empty()) appendWrapped(out, "    the first that is not: " + first, 6);
    }
  }
}

void appendEnding(std::string& out, const RunSnapshot& run) {
  std::string notes;
  std::vector<std::string_view> blocked;
  for (const VmSnapshot& vm : run.vms) {
    if (vm.crash) appendWrapped(notes, fmt::format("{} was stopped: {}", vm.name, *vm.crash), 2);
    if (run.vmFigure(vm, "blocked") != 0) blocked.push_back(vm.name);
  }
  if (!blocked.empty())
    appendWrapped(notes, fmt::format("Blocked, because the host has no memory left for them: {}", fmt::join(blocked, ", ")), 2);
  for (const PolicySnapshot& policy : run.policies) {
    if (policy.failure) appendWrapped(notes, "The run was ended because a policy failed: " + policy.explanation, 2);
  }
  if (run.limit) appendWrapped(notes, fmt::format("The run was ended by {}", *run.limit), 2);
  if (!notes.empty()) out += "\n" + notes;
}

}  // namespace

std::string textReport(const RunSnapshot& run) {
  std::string out;
  if (run.config.sabotage != Saboteur::None)
    appendWrapped(out, fmt::format("*** SABOTAGED: {}: this engine is broken on purpose ***", nameOf(run.config.sabotage)), 2);
  appendTitle(out, run);
  appendPolicies(out, run);
  appendMemory(out, run);
  appendTime(out, run);
  appendHost(out, run);
  appendExpectations(out, run);
  appendAsked(out, run);
  appendWalks(out, run);
  appendEnding(out, run);
  return out;
}

}  // namespace overcommit
