// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/change_request.h"

#include "scenario/timeline_section.h"
#include "serve/params.h"

namespace overcommit {
namespace {

// The error is what is wrong with the value. Recursion is bounded: no request is nested deeper than kDeepestJson.
Result<TomlValue> tomlOf(const ReceivedJson& json) {
  TomlValue value;
  switch (json.type()) {
    case ReceivedJson::value_t::object:
      value.kind = TomlValue::Kind::Table;
      for (const auto& item : json.items()) {
        auto inner = tomlOf(item.value());
        if (!inner) return failure("{}: {}", item.key(), inner.error().text);
        value.table.push_back({item.key(), {}, std::move(*inner)});
      }
      return value;
    case ReceivedJson::value_t::array:
      value.kind = TomlValue::Kind::Array;
      for (const ReceivedJson& item : json) {
        auto inner = tomlOf(item);
        if (!inner) return inner;
        value.array.push_back(std::move(*inner));
      }
      return value;
    case ReceivedJson::value_t::string:
      value.kind = TomlValue::Kind::Text;
      value.text = json.get<std::string>();
      return value;
    case ReceivedJson::value_t::boolean:
      value.kind = TomlValue::Kind::Boolean;
      value.boolean = json.get<bool>();
      return value;
    case ReceivedJson::value_t::number_integer:
      value.kind = TomlValue::Kind::Integer;
      value.integer = json.get<std::int64_t>();
      return value;
    case ReceivedJson::value_t::number_unsigned:
      if (json.get<std::uint64_t>() > kLargestNumber) return failure("{} is too large", json.get<std::uint64_t>());
      value.kind = TomlValue::Kind::Integer;
      value.integer = static_cast<std::int64_t>(json.get<std::uint64_t>());
      return value;
    case ReceivedJson::value_t::number_float:
      value.kind = TomlValue::Kind::Decimal;
      value.decimal = json.get<double>();
      return value;
    case ReceivedJson::value_t::null:
    case ReceivedJson::value_t::binary:
    case ReceivedJson::value_t::discarded: break;
  }
  return failure("null is no value");
}

}  // namespace

Answer<std::vector<TimedAction>> readChange(const ReceivedJson& change, const Scenario& scenario, std::optional<VirtualTime> now) {
  if (!change.is_object()) return rpcFailure(RpcCode::WrongParams, "a change is an object with the keys of an [[at]]");
  auto table = tomlOf(change);
  if (!table) return rpcFailure(RpcCode::WrongParams, "{}", table.error().text);
  if (const auto time = change.find("time"); time != change.end()) {
    const auto when = timeIn(*time);
    if (!when) return rpcFailure(RpcCode::WrongParams, "time {}", when.error().text);
    for (TomlEntry& entry : table->table) {
      if (entry.key != "time") continue;
      entry.value.kind = TomlValue::Kind::Text;
      entry.value.text = fmt::format("{} ns", when->value());
    }
  }
  Mistakes mistakes(scenario.fileName);
  auto actions = readAction(*table, scenario.groups, scenario.config, now, mistakes);
  if (mistakes.any()) return rpcFailure(RpcCode::WrongParams, "{}", mistakes.firstText().text);
  return actions;
}

}  // namespace overcommit
