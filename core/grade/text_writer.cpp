// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <iterator>

#include "base/units.h"
#include "grade/result_writers.h"

namespace overcommit {
namespace {

constexpr std::size_t kTextWidth = 100;
constexpr std::size_t kLabelWidth = 18;

std::string_view colourOf(CheckStatus status) {
  switch (status) {
    case CheckStatus::Passed: return "\033[32m";
    case CheckStatus::Partial: return "\033[33m";
    case CheckStatus::Failed: return "\033[31m";
    case CheckStatus::Skipped:
    case CheckStatus::Manual: return "\033[36m";
  }
  return "";
}

// What students and guests wrote must not steer the terminal.
std::string harmless(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

// "  expected          ...", continued below. What a compiler said keeps its lines, and its spaces.
void appendLine(std::string& out, std::string_view label, const std::string& raw) {
  if (raw.empty()) return;
  if (const std::size_t end = raw.find('\n'); end != std::string::npos) {
    appendLine(out, label, raw.substr(0, end));
    for (std::size_t at = end + 1; at < raw.size();) {
      const std::size_t next = std::min(raw.find('\n', at), raw.size());
      out += fmt::format("{:{}}{}\n", "", kLabelWidth, harmless(raw.substr(at, next - at)));
      at = next + 1;
    }
    return;
  }
  const std::string text = harmless(raw);
  std::string line = fmt::format("  {:<{}}", label, kLabelWidth - 2);
  std::size_t column = kLabelWidth;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::size_t length = end - at;
    if (column > kLabelWidth && column + 1 + length > kTextWidth) {
      line += "\n" + std::string(kLabelWidth, ' ');
      column = kLabelWidth;
    } else if (column > kLabelWidth) {
      line += ' ';
      ++column;
    }
    line += text.substr(at, length);
    column += length;
    at = end + 1;
  }
  out += line + "\n";
}

}  // namespace

std::string labText(const LabResult& result, std::string_view open, Colours colours) {
  std::string out = harmless(result.summary()) + "\n";
  if (!result.student.empty()) out += fmt::format("Student {}\n", harmless(result.student));
  out += '\n';
  const auto to = std::back_inserter(out);
  const bool isColoured = colours == Colours::On;
  for (const CheckResult& check : result.checks) {
    const std::string status = fmt::format("{:<8}", nameOf(check.status));
    const std::string points = check.kind == CheckKind::Text ? fmt::format("- / {}", pointsText(check.most))
                                                             : fmt::format("{} / {}", pointsText(check.points), pointsText(check.most));
    fmt::format_to(to, "{:<5} {}{}{} {:>11}  {}{}\n", check.id, isColoured ? colourOf(check.status) : "", status,
                   isColoured ? "\033[0m" : "", points, harmless(check.title), check.mandatory ? "" : " (optional)");
  }
  for (const CheckResult& check : result.checks) {
    if (check.status == CheckStatus::Passed || check.status == CheckStatus::Manual) continue;
    fmt::format_to(to, "\n{} {}: {}\n", check.id, harmless(check.title), nameOf(check.status));
    if (check.visibility != Visibility::Visible) {
      appendLine(out, "", fmt::format("its result is {}", check.visibility == Visibility::Hidden ? "hidden" : "shown later"));
      continue;
    }
    appendLine(out, "looked at", check.what);
    appendLine(out, "expected", check.expected);
    appendLine(out, "got", check.got);
    for (std::size_t i = 0; i < check.steps.size(); ++i) appendLine(out, i == 0 ? "step by step" : "", check.steps[i]);
    appendLine(out, "why it matters", check.why);
    appendLine(out, "usual cause", check.mistake);
    appendLine(out, "hint", check.hint);
    if (!open.empty() && !check.run.empty() && check.at) appendLine(out, "open", fmt::format("{} --open {}", open, check.id));
  }
  for (const std::string& warning : result.warnings) fmt::format_to(to, "\nwarning: {}", harmless(warning));
  if (!result.warnings.empty()) out += '\n';
  return out;
}

}  // namespace overcommit
