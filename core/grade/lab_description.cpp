// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/lab_description.h"

#include <nlohmann/json.hpp>

namespace overcommit {
namespace {

using DescriptionJson = nlohmann::ordered_json;

// Of a step: texts, numbers and truths.
DescriptionJson didJson(const std::vector<TomlEntry>& did) {
  DescriptionJson json = DescriptionJson::object();
  for (const TomlEntry& entry : did) {
    if (entry.value.kind == TomlValue::Kind::Text) json[entry.key] = entry.value.text;
    if (entry.value.kind == TomlValue::Kind::Integer) json[entry.key] = entry.value.integer;
    if (entry.value.kind == TomlValue::Kind::Boolean) json[entry.key] = entry.value.boolean;
  }
  return json;
}

}  // namespace

std::string labDescription(const Lab& lab) {
  DescriptionJson json;
  json["name"] = lab.name;
  json["folder"] = lab.folder.string();
  json["number"] = lab.number;
  json["title"] = lab.title;
  json["minutes"] = lab.minutes;
  json["milli_points"] = lab.mostPoints();
  json["outcomes"] = lab.outcomes;
  json["steps"] = DescriptionJson::array();
  for (const LabStep& step : lab.steps) json["steps"].push_back({{"title", step.title}, {"text", step.text}, {"did", didJson(step.did)}});
  json["runs"] = DescriptionJson::array();
  for (const LabRun& run : lab.runs) {
    if (run.seed != SeedSource::Hidden) json["runs"].push_back({{"name", run.name}, {"scenario", run.studentFile()}});
  }
  json["policies"] = DescriptionJson::array();
  for (const LabPolicy& policy : lab.policies) json["policies"].push_back({{"kind", policy.kind}, {"files", policy.files()}});
  return json.dump(-1, ' ', false, DescriptionJson::error_handler_t::replace);
}

}  // namespace overcommit
