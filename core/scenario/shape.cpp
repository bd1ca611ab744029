// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "scenario/expectation.h"

namespace overcommit {
namespace {

// One value of a series.
struct Sample {
  std::size_t index = 0;  // of the setting's value
  std::size_t row = 0;
  double x = 0, y = 0;
  std::uint64_t value = 0;
};

class ShapeJudge {
 public:
  ShapeJudge(const Shape& shape, const SweepTable& table) : shape_(shape), table_(table), setting_(table.settings[shape.along]) {}

  ShapeVerdict verdict();

 private:
  using Series = std::vector<Sample>;
  // Nothing: the shape holds for this series, and `found_` says with what.
  std::optional<std::string> wrongWith(const Series& series);
  std::optional<std::string> wrongOrder(const Series& series);
  std::optional<std::string> notLinear(const Series& series);
  std::optional<std::string> notFlat(const Series& series);
  std::optional<std::string> noKnee(const Series& series);
  std::optional<std::string> wrongRatio(const Series& series);
  std::optional<std::string> outOfRange(const Series& series);

  [[nodiscard]] std::string wanted() const;
  [[nodiscard]] std::string show(std::uint64_t value) const { return formatValue(value, table_.units[shape_.column]); }
  // "1.2 MiB at point 3 (vm.web.count = 4)"
  [[nodiscard]] std::string show(const Sample& sample) const {
    return fmt::format("{} at point {} ({} = {})", show(sample.value), sample.row + 1, setting_.path, setting_.values[sample.index].text);
  }
  [[nodiscard]] double within() const { return static_cast<double>(shape_.within.value_or(0)) / 100; }
  [[nodiscard]] bool isFlat(const Sample& first, const Sample& sample) const { return std::abs(sample.y - first.y) <= within() * first.y; }

  const Shape& shape_;
  const SweepTable& table_;
  const VariedSetting& setting_;
  std::string found_;
};

std::string percentChange(double from, double to) { return from == 0 ? "from 0" : fmt::format("{:+.1f} %", (to - from) / from * 100); }

std::string ShapeJudge::wanted() const {
  const auto at = [&](std::size_t index) { return setting_.values[index].text; };
  std::string text = table_.names[shape_.column] + ": ";
  const auto least = [&](auto&& format) {
    if (shape_.least && shape_.most) return fmt::format("{} to {}", format(*shape_.least), format(*shape_.most));
    return shape_.least ? fmt::format("at least {}", format(*shape_.least)) : fmt::format("at most {}", format(shape_.most.value_or(0)));
  };
  switch (shape_.kind) {
    case Shape::Kind::Rising: text += "rising"; break;
    case Shape::Kind::Falling: text += "falling"; break;
    case Shape::Kind::Linear: text += "linear"; break;
    case Shape::Kind::Flat: text += "flat"; break;
    case Shape::Kind::Knee: text += "flat and then a knee"; break;
    case Shape::Kind::Ratio:
      text += fmt::format("{} of it at {} = {}", least([](std::uint64_t percent) { return fmt::format("{} %", percent); }), setting_.path,
                          at(shape_.over));
      return text + fmt::format(", at {}", at(shape_.of));
    case Shape::Kind::Range: text += least([&](std::uint64_t value) { return show(value); }); break;
  }
  if (shape_.within) text += fmt::format(" within {} %", *shape_.within);
  if (shape_.by) text += fmt::format(" by at least {} %", *shape_.by);
  if (shape_.knee) text += fmt::format(" at {} to {}", at(shape_.knee->first), at(shape_.knee->second));
  text += fmt::format(" along {}", setting_.path);
  if (shape_.from) text += fmt::format(" from {}", at(*shape_.from));
  if (shape_.to) text += fmt::format(" to {}", at(*shape_.to));
  return text;
}

std::optional<std::string> ShapeJudge::wrongOrder(const Series& series) {
  const bool rising = shape_.kind == Shape::Kind::Rising;
  for (std::size_t i = 1; i < series.size(); ++i) {
    const Sample &before = series[i - 1], &now = series[i];
    const double back = rising ? before.y - now.y : now.y - before.y;
    if (back > within() * before.y) return fmt::format("{} after {} ({})", show(now), show(before), percentChange(before.y, now.y));
  }
  const double first = series.front().y, last = series.back().y;
  found_ = fmt::format("{} to {} ({})", show(series.front().value), show(series.back().value), percentChange(first, last));
  const double change = rising ? last - first : first - last;
  if (shape_.by && change < static_cast<double>(*shape_.by) / 100 * first)
    return fmt::format("only {} to {} ({})", show(series.front()), show(series.back()), percentChange(first, last));
  return std::nullopt;
}

std::optional<std::string> ShapeJudge::notLinear(const Series& series) {
  double meanX = 0, meanY = 0;
  for (const Sample& sample : series) {
    meanX += sample.x / static_cast<double>(series.size());
    meanY += sample.y / static_cast<double>(series.size());
  }
  double xx = 0, xy = 0;
  for (const Sample& sample : series) {
    xx += (sample.x - meanX) * (sample.x - meanX);
    xy += (sample.x - meanX) * (sample.y - meanY);
  }
  const double slope = xx == 0 ? 0 : xy / xx;
  const auto [first, last] = std::ranges::minmax_element(series, {}, &Sample::x);
  const double rise = std::abs(slope * (last->x - first->x));
  if (rise == 0) return fmt::format("the line through {} and {} does not rise", show(series.front()), show(series.back()));
  const Sample* worst = &series.front();
  const auto off = [&](const Sample& sample) { return std::abs(sample.y - meanY - slope * (sample.x - meanX)) / rise; };
  for (const Sample& sample : series) {
    if (off(sample) > off(*worst)) worst = &sample;
  }
  found_ = fmt::format("{} to {}, at most {:.1f} % off, at {}", show(series.front().value), show(series.back().value), off(*worst) * 100,
                       setting_.values[worst->index].text);
  if (off(*worst) > within()) return fmt::format("{} is {:.1f} % off the line", show(*worst), off(*worst) * 100);
  return std::nullopt;
}

std::optional<std::string> ShapeJudge::notFlat(const Series& series) {
  const auto [least, most] = std::ranges::minmax_element(series, {}, &Sample::y);
  found_ = fmt::format("{} to {}", show(least->value), show(most->value));
  for (const Sample& sample : series) {
    if (!isFlat(series.front(), sample))
      return fmt::format("{} against {} ({})", show(sample), show(series.front()), percentChange(series.front().y, sample.y));
  }
  return std::nullopt;
}

std::optional<std::string> ShapeJudge::noKnee(const Series& series) {
  const Sample& first = series.front();
  const auto leaves = std::ranges::find_if(series, [&](const Sample& sample) { return !isFlat(first, sample); });
  if (leaves == series.end()) return fmt::format("flat to the end: {}, {}", show(first), show(series.back()));
  const Sample& knee = *std::prev(leaves);
  const auto again = std::find_if(leaves, series.end(), [&](const Sample& sample) { return isFlat(first, sample); });
  if (again != series.end()) return fmt::format("{} is flat again after {}", show(*again), show(*leaves));
  if (shape_.knee && (knee.index < shape_.knee->first || knee.index > shape_.knee->second))
    return fmt::format("the knee is {}: then {}", show(knee), show(*leaves));
  found_ = fmt::format("{}, knee at {}, {} at the end", show(first.value), setting_.values[knee.index].text, show(series.back().value));
  return std::nullopt;
}

std::optional<std::string> ShapeJudge::wrongRatio(const Series& series) {
  const auto of = std::ranges::find(series, shape_.of, &Sample::index), over = std::ranges::find(series, shape_.over, &Sample::index);
  if (of == series.end() || over == series.end()) return "the series does not have both values";
  if (over->value == 0) return fmt::format("a ratio to {}", show(*over));
  const double percent = of->y / over->y * 100;
  found_ = fmt::format("{} over {} = {:.1f} %", show(of->value), show(over->value), percent);
  const bool holds =
      (!shape_.least || percent >= static_cast<double>(*shape_.least)) && (!shape_.most || percent <= static_cast<double>(*shape_.most));
  return holds ? std::nullopt : std::optional(fmt::format("{:.1f} %: {}, {}", percent, show(*of), show(*over)));
}

std::optional<std::string> ShapeJudge::outOfRange(const Series& series) {
  const auto [least, most] = std::ranges::minmax_element(series, {}, &Sample::value);
  found_ = least->value == most->value ? show(least->value) : fmt::format("{} to {}", show(least->value), show(most->value));
  for (const Sample& sample : series) {
    if ((shape_.least && sample.value < *shape_.least) || (shape_.most && sample.value > *shape_.most)) return show(sample);
  }
  return std::nullopt;
}

std::optional<std::string> ShapeJudge::wrongWith(const Series& series) {
  const bool needsThree = shape_.kind == Shape::Kind::Linear || shape_.kind == Shape::Kind::Knee;
  const std::size_t needed = needsThree ? 3 : shape_.kind == Shape::Kind::Range ? 1 : 2;
  if (series.size() < needed) return fmt::format("{} points are too few to say", series.size());
  switch (shape_.kind) {
    case Shape::Kind::Rising:
    case Shape::Kind::Falling: return wrongOrder(series);
    case Shape::Kind::Linear: return notLinear(series);
    case Shape::Kind::Flat: return notFlat(series);
    case Shape::Kind::Knee: return noKnee(series);
    case Shape::Kind::Ratio: return wrongRatio(series);
    case Shape::Kind::Range: return outOfRange(series);
  }
  return std::nullopt;
}

ShapeVerdict ShapeJudge::verdict() {
  ShapeVerdict verdict;
  verdict.wanted = wanted();
  // Series by the values of the other settings, in the order of the points.
  std::map<std::vector<std::size_t>, Series> all;
  for (std::size_t row = 0; row < table_.rows.size(); ++row) {
    const SweepRow& from = table_.rows[row];
    const bool chosen = std::ranges::all_of(shape_.where, [&](const auto& only) { return from.point[only.first] == only.second; });
    const std::size_t index = from.point[shape_.along];
    const bool isOutside = (shape_.from && index < *shape_.from) || (shape_.to && index > *shape_.to);
    if (!chosen || (isOutside && shape_.kind != Shape::Kind::Ratio)) continue;
    std::vector<std::size_t> key = from.point;
    key[shape_.along] = 0;
    if (from.figures.size() <= shape_.column || !from.figures[shape_.column]) {
      verdict.got = fmt::format("point {} ({} = {}) has no value", row + 1, setting_.path, setting_.values[index].text);
      return verdict;
    }
    const std::uint64_t value = *from.figures[shape_.column];
    all[key].push_back({index, row, static_cast<double>(setting_.values[index].number.value_or(index)), static_cast<double>(value), value});
  }
  if (all.empty()) {
    verdict.got = "there is no such point";
    return verdict;
  }
  for (const auto& [key, series] : all) {
    if (const auto wrong = wrongWith(series)) {
      verdict.got = *wrong;
      return verdict;
    }
    verdict.got += (verdict.got.empty() ? "" : "; ") + found_;
  }
  verdict.holds = true;
  return verdict;
}

}  // namespace

ShapeVerdict judge(const Shape& shape, const SweepTable& table) {
  invariant(shape.along < table.settings.size() && shape.column < table.names.size(), "a shape is about what is in the table");
  return ShapeJudge(shape, table).verdict();
}

}  // namespace overcommit
