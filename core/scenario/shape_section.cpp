// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/shape_section.h"

#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "scenario/timeline_section.h"

namespace overcommit {
namespace {

constexpr std::size_t kMostShapes = 1000;
constexpr std::uint64_t kMostPercent = 1'000'000;

struct ShapeWord {
  std::string_view word;
  Shape::Kind kind;
};
constexpr std::array kShapeWords{ShapeWord{"rising", Shape::Kind::Rising}, ShapeWord{"falling", Shape::Kind::Falling},
                                 ShapeWord{"linear", Shape::Kind::Linear}, ShapeWord{"flat", Shape::Kind::Flat},
                                 ShapeWord{"knee", Shape::Kind::Knee},     ShapeWord{"ratio", Shape::Kind::Ratio},
                                 ShapeWord{"range", Shape::Kind::Range}};

// Which kinds take a key that not all take.
struct KeyUse {
  std::string_view key;
  std::vector<Shape::Kind> kinds;
};
const std::vector<KeyUse>& keyUses() {
  using Kind = Shape::Kind;
  static const std::vector<KeyUse> kUses{
      {"within", {Kind::Rising, Kind::Falling, Kind::Linear, Kind::Flat, Kind::Knee}},
      {"by", {Kind::Rising, Kind::Falling}},
      {"of", {Kind::Ratio}},
      {"over", {Kind::Ratio}},
      {"between", {Kind::Knee}},
      {"min", {Kind::Ratio, Kind::Range}},
      {"max", {Kind::Ratio, Kind::Range}},
      {"from", {Kind::Rising, Kind::Falling, Kind::Linear, Kind::Flat, Kind::Knee, Kind::Range}},
      {"to", {Kind::Rising, Kind::Falling, Kind::Linear, Kind::Flat, Kind::Knee, Kind::Range}},
  };
  return kUses;
}

class ShapeReader {
 public:
  ShapeReader(const TomlValue& table, std::span<const VariedSetting> settings, std::span<const SweepColumn> columns, Mistakes& mistakes)
      : keys_(table, "shape", mistakes), table_(table), settings_(settings), columns_(columns), mistakes_(mistakes) {}

  std::optional<Shape> read();

 private:
  std::optional<std::size_t> settingNamed(std::string_view path, SourcePosition position);
  std::optional<std::size_t> columnNamed(const std::string& name);
  // One of the values of the setting.
  std::optional<std::size_t> valueOf(const VariedSetting& setting, const TomlValue& value);
  std::optional<std::size_t> valueAt(std::string_view key);
  void readKnee(Shape& shape);
  void readWhere(Shape& shape);
  void checkKeys(const Shape& shape, std::string_view word);

  KeyReader keys_;
  const TomlValue& table_;
  std::span<const VariedSetting> settings_;
  std::span<const SweepColumn> columns_;
  Mistakes& mistakes_;
  const VariedSetting* along_ = nullptr;
};

std::optional<std::size_t> ShapeReader::settingNamed(std::string_view path, SourcePosition position) {
  const auto found = std::ranges::find(settings_, path, &VariedSetting::path);
  if (found != settings_.end()) return static_cast<std::size_t>(found - settings_.begin());
  std::vector<std::string_view> names;
  for (const VariedSetting& setting : settings_) names.push_back(setting.path);
  mistakes_.add(position, "[vary] does not vary \"{}\"{}", path, didYouMean(path, names));
  return std::nullopt;
}

std::optional<std::size_t> ShapeReader::columnNamed(const std::string& name) {
  const auto found = std::ranges::find(columns_, name, &SweepColumn::name);
  if (found != columns_.end()) return static_cast<std::size_t>(found - columns_.begin());
  std::vector<std::string_view> names;
  for (const SweepColumn& column : columns_) names.push_back(column.name);
  mistakes_.add(keys_.position("column"), "there is no [[column]] \"{}\"{}", name, didYouMean(name, names));
  return std::nullopt;
}

std::optional<std::size_t> ShapeReader::valueOf(const VariedSetting& setting, const TomlValue& value) {
  const auto index = setting.find(value);
  if (!index) {
    std::vector<std::string_view> texts;
    for (const VariedValue& known : setting.values) texts.push_back(known.text);
    mistakes_.add(value.position, "this is not one of the values of \"{}\": {}", setting.path, fmt::join(texts, ", "));
  }
  return index;
}

std::optional<std::size_t> ShapeReader::valueAt(std::string_view key) {
  const TomlValue* value = keys_.value(key);
  return value == nullptr ? std::nullopt : valueOf(*along_, *value);
}

void ShapeReader::readKnee(Shape& shape) {
  const TomlValue* between = keys_.value("between");
  if (between == nullptr) return;
  if (between->kind != TomlValue::Kind::Array || between->array.size() != 2) {
    mistakes_.add(between->position, "between must be a list of two values of \"{}\"", along_->path);
    return;
  }
  const auto first = valueOf(*along_, between->array[0]), last = valueOf(*along_, between->array[1]);
  if (!first || !last) return;
  if (*first > *last) mistakes_.add(between->position, "the first value comes after the second in the list of \"{}\"", along_->path);
  shape.knee = std::pair(*first, *last);
}

void ShapeReader::readWhere(Shape& shape) {
  const TomlValue* where = keys_.table("where");
  if (where == nullptr) return;
  for (const TomlEntry& entry : where->table) {
    const auto setting = settingNamed(entry.key, entry.position);
    if (!setting) continue;
    if (*setting == shape.along) mistakes_.add(entry.position, "where fixes other settings than the one that the shape goes along");
    if (const auto value = valueOf(settings_[*setting], entry.value)) shape.where.emplace_back(*setting, *value);
  }
}

void ShapeReader::checkKeys(const Shape& shape, std::string_view word) {
  for (const KeyUse& use : keyUses()) {
    if (keys_.has(use.key) && std::ranges::find(use.kinds, shape.kind) == use.kinds.end())
      mistakes_.add(keys_.position(use.key), "{} does not go with is = \"{}\"", use.key, word);
  }
  const auto need = [&](std::string_view key) {
    if (!keys_.has(key)) mistakes_.add(table_.position, "[[shape]] with is = \"{}\" needs the key \"{}\"", word, key);
  };
  switch (shape.kind) {
    case Shape::Kind::Linear:
    case Shape::Kind::Flat:
    case Shape::Kind::Knee: need("within"); break;
    case Shape::Kind::Ratio:
      need("of");
      need("over");
      [[fallthrough]];
    case Shape::Kind::Range:
      if (!keys_.has("min") && !keys_.has("max")) mistakes_.add(table_.position, "[[shape]] with is = \"{}\" needs min, max or both", word);
      break;
    case Shape::Kind::Rising:
    case Shape::Kind::Falling: break;
  }
  if (shape.kind == Shape::Kind::Linear &&
      std::ranges::any_of(along_->values, [](const VariedValue& value) { return !value.number.has_value(); }))
    mistakes_.add(table_.position, "\"{}\" has values that are no numbers: nothing can be linear along it", along_->path);
}

std::optional<Shape> ShapeReader::read() {
  keys_.require("column");
  keys_.require("is");
  Shape shape;
  shape.line = table_.position.line;
  std::vector<std::string_view> words;
  for (const ShapeWord& known : kShapeWords) words.push_back(known.word);
  const auto word = keys_.word("is", words);
  const auto name = keys_.text("column");
  const auto column = name ? columnNamed(*name) : std::nullopt;
  const auto path = keys_.text("along");
  if (!path && settings_.size() > 1)
    mistakes_.add(table_.position, "[[shape]] must say along which of the varied settings: along = \"{}\"", settings_.front().path);
  const auto along = path ? settingNamed(*path, keys_.position("along")) : std::optional<std::size_t>(0);
  if (!word || !column || !along) return std::nullopt;
  shape.kind = kShapeWords[*word].kind;
  shape.column = *column;
  shape.along = *along;
  along_ = &settings_[*along];
  shape.from = valueAt("from");
  shape.to = valueAt("to");
  if (shape.from && shape.to && *shape.from > *shape.to)
    mistakes_.add(keys_.position("from"), "from comes after to in the list of \"{}\"", along_->path);
  shape.within = keys_.number("within", 0, kMostPercent);
  shape.by = keys_.number("by", 0, kMostPercent);
  shape.of = valueAt("of").value_or(0);
  shape.over = valueAt("over").value_or(0);
  const MetricUnit unit = shape.kind == Shape::Kind::Range ? columns_[shape.column].unit() : MetricUnit::Count;
  shape.least = readMetricValue(keys_, "min", unit, mistakes_);
  shape.most = readMetricValue(keys_, "max", unit, mistakes_);
  if (shape.least && shape.most && *shape.least > *shape.most)
    mistakes_.add(keys_.position("min"), "min is greater than max: nothing can fulfil this");
  readKnee(shape);
  readWhere(shape);
  checkKeys(shape, kShapeWords[*word].word);
  for (const std::size_t index : {shape.of, shape.over}) {
    if (shape.kind == Shape::Kind::Ratio && !along_->quick.empty() && !std::ranges::binary_search(along_->quick, index))
      mistakes_.add(table_.position, "{} = {} is not among the quick values, so that a quick look could not judge this", along_->path,
                    along_->values[index].text);
  }
  return shape;
}

}  // namespace

std::vector<Shape> readShapes(std::span<const TomlValue> tables, std::span<const VariedSetting> settings,
                              std::span<const SweepColumn> columns, Mistakes& mistakes) {
  std::vector<Shape> shapes;
  if (tables.empty()) return shapes;
  if (settings.empty()) {
    mistakes.add(tables.front().position, "[[shape]] is about a sweep: there is no [vary]");
    return shapes;
  }
  if (tables.size() > kMostShapes) {
    mistakes.add(tables.front().position, "more than {} shapes", kMostShapes);
    return shapes;
  }
  for (const TomlValue& table : tables) {
    if (auto shape = ShapeReader(table, settings, columns, mistakes).read()) shapes.push_back(std::move(*shape));
  }
  return shapes;
}

}  // namespace overcommit
