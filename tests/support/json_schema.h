// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace overcommit::test {
using Json = nlohmann::json;

// The part of JSON Schema that the project's schemas use: type (a name or a list of names), enum, const, required, properties,
// additionalProperties (true, false or a schema), items, minimum. Every other keyword but $schema, $id, title and
// description is reported as a mistake of the schema, so that nothing is believed to be checked that is not.
// Returns the mistakes, each with the path of the value.
inline std::vector<std::string> schemaMistakes(const Json& value, const Json& schema, const std::string& path = "$");

inline bool isOfType(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  return false;
}

inline bool isOfTypes(const Json& value, const Json& types) {
  if (types.is_string()) return isOfType(value, types.get<std::string>());
  return std::any_of(types.begin(), types.end(), [&](const Json& type) { return isOfType(value, type.get<std::string>()); });
}

inline void append(std::vector<std::string>& mistakes, std::vector<std::string> more) {
  mistakes.insert(mistakes.end(), more.begin(), more.end());
}

inline void checkObject(const Json& value, const Json& schema, const std::string& path, std::vector<std::string>& mistakes) {
  for (const Json& key : schema.value("required", Json::array())) {
    if (!value.contains(key.get<std::string>())) mistakes.push_back(path + " lacks " + key.get<std::string>());
  }
  const Json properties = schema.value("properties", Json::object());
  const Json additional = schema.value("additionalProperties", Json(true));
  for (const auto& [key, member] : value.items()) {
    std::string memberPath = path;
    memberPath.append(".").append(key);
    if (properties.contains(key)) {
      append(mistakes, schemaMistakes(member, properties[key], memberPath));
    } else if (additional.is_object()) {
      append(mistakes, schemaMistakes(member, additional, memberPath));
    } else if (!additional.get<bool>()) {
      mistakes.push_back(memberPath + " is not in the schema");
    }
  }
}

inline std::vector<std::string> schemaMistakes(const Json& value, const Json& schema, const std::string& path) {
  static constexpr std::array<std::string_view, 12> kKnown{"$schema", "$id",      "title",      "description",          "type",
                                                           "enum",    "required", "properties", "additionalProperties", "items",
                                                           "const",   "minimum"};
  std::vector<std::string> mistakes;
  for (const auto& [keyword, unused] : schema.items()) {
    if (std::find(kKnown.begin(), kKnown.end(), keyword) == kKnown.end()) {
      mistakes.push_back(path);
      mistakes.back().append(": the schema's keyword ").append(keyword).append(" is not checked");
    }
  }
  if (schema.contains("type") && !isOfTypes(value, schema["type"])) {
    mistakes.push_back(path + " should be " + schema["type"].dump() + " but is " + value.type_name());
    return mistakes;
  }
  if (schema.contains("const") && value != schema["const"]) mistakes.push_back(path + " should be " + schema["const"].dump());
  if (schema.contains("enum") && std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
    mistakes.push_back(path + " = " + value.dump() + " is not one of " + schema["enum"].dump());
  if (schema.contains("minimum") && value.is_number() && value < schema["minimum"])
    mistakes.push_back(path + " is less than " + schema["minimum"].dump());
  if (value.is_object()) checkObject(value, schema, path, mistakes);
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i)
      append(mistakes, schemaMistakes(value[i], schema["items"], path + "[" + std::to_string(i) + "]"));
  }
  return mistakes;
}

}  // namespace overcommit::test
