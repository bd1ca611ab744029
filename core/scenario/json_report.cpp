// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/json_report.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace overcommit {
namespace {

// Keys stay in the order in which they are written here.
using Json = nlohmann::ordered_json;

constexpr int kFormatVersion = 1;

std::string hex(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

template <typename T>
Json orNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// Figures whose names begin alike are an object of their own: time_run becomes time_ns.run.
struct FigureGroup {
  std::string_view prefix;
  std::string_view object;
};
constexpr std::array kGroups{FigureGroup{"time_", "time_ns"}, FigureGroup{"latency_", "latency_ns"}, FigureGroup{"guest_", "guest"}};

Json vmJson(const VmConfig& config, const VmSnapshot& vm) {
  Json json;
  json["name"] = vm.name;
  json["runs"] = vm.runs;
  json["state"] = vm.state;
  json["crash"] = orNull(vm.crash);
  json["memory_bytes"] = bytesOf(config.memory).value();
  json["reservation_bytes"] = bytesOf(config.reservation).value();
  json["limit_bytes"] = config.limit ? Json(bytesOf(*config.limit).value()) : Json(nullptr);
  json["shares"] = config.shares;
  json["figures"] = Json::object();
  for (const FigureGroup& group : kGroups) json[std::string(group.object)] = Json::object();
  const auto metrics = vmMetrics();
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    std::string_view object = "figures";
    std::string_view name = metrics[i].name;
    for (const FigureGroup& group : kGroups) {
      if (!name.starts_with(group.prefix)) continue;
      object = group.object;
      name.remove_prefix(group.prefix.size());
      break;
    }
    json[std::string(object)][std::string(name)] = vm.figures[i];
  }
  return json;
}

std::string_view nameOf(Expectation::When when) {
  switch (when) {
    case Expectation::When::AtTime: return "time";
    case Expectation::When::End: return "end";
    case Expectation::When::Always: return "always";
    case Expectation::When::Ever: return "ever";
  }
  return "";
}

Json expectationJson(const Expectation& expectation, const Verdict& verdict) {
  Json json;
  json["line"] = expectation.line;
  json["metric"] = expectation.metric;
  json["unit"] = nameOf(expectation.reference.unit());
  json["at"] = nameOf(expectation.when);
  json["time_ns"] = expectation.when == Expectation::When::AtTime ? Json(expectation.time.value()) : Json(nullptr);
  json["min"] = orNull(expectation.least);
  json["max"] = orNull(expectation.most);
  json["wanted"] = expectation.wanted();
  json["holds"] = verdict.holds();
  json["got"] = orNull(verdict.got);
  json["got_time_ns"] = verdict.got ? Json(verdict.time.value()) : Json(nullptr);
  return json;
}

Json askedJson(const AskedQuestion& asked) {
  Json json;
  json["id"] = asked.id;
  json["time_ns"] = asked.time.value();
  json["about_ns"] = asked.about.value();
  json["text"] = asked.text;
  json["metric"] = asked.metric;
  json["unit"] = nameOf(asked.unit);
  json["answer"] = orNull(asked.answer);
  json["tolerance_permille"] = asked.tolerance.permille;
  json["tolerance_amount"] = asked.tolerance.amount;
  json["steps"] = asked.steps;
  return json;
}

Json hostJson(const RunSnapshot& run) {
  const HostConfig& host = run.config.host;
  Json json;
  json["memory_bytes"] = bytesOf(host.memory).value();
  json["represents_bytes"] = host.represents.value();
  json["time_scale"] = host.timeScale;
  json["profile"] = host.profile;
  json["quantum_ns"] = run.quantum.value();
  json["figures"] = Json::object();
  const auto metrics = hostMetrics();
  for (std::size_t i = 0; i < metrics.size(); ++i) json["figures"][std::string(metrics[i].name)] = run.hostFigures[i];
  return json;
}

Json policiesJson(const RunSnapshot& run) {
  Json json = Json::array();
  for (const PolicySnapshot& policy : run.policies) {
    json.push_back({{"decides", policy.decides},
                    {"file", policy.file},
                    {"xxh3", hex(policy.hash)},
                    {"requests", policy.requests},
                    {"questions", policy.questions},
                    {"failure", orNull(policy.failure)},
                    {"explanation", policy.explanation}});
  }
  return json;
}

Json inputsJson(const RunSnapshot& run) {
  Json json = Json::array();
  for (const InputHash& input : run.inputs) json.push_back({{"name", input.name}, {"kind", input.kind}, {"xxh3", hex(input.hash)}});
  return json;
}

}  // namespace

std::string jsonReport(const RunSnapshot& run) {
  Json json;
  json["format"] = "overcommit-run-result";
  json["format_version"] = kFormatVersion;
  json["engine_version"] = OVERCOMMIT_VERSION;
  json["title"] = run.config.title;
  json["scenario"] = std::filesystem::path(run.fileName).filename().string();
  json["seed"] = run.config.seed;
  json["digest"] = run.digest.text();
  json["inputs"] = inputsJson(run);
  json["engine"] = run.engine;
  json["backend"] = run.engine.substr(0, run.engine.find(' '));
  json["virtual_time_ns"] = run.virtualTime.value();
  json["duration_ns"] = run.config.duration.value();
  json["ending"] = nameOf(run.ending);
  json["limit_reached"] = orNull(run.limit);
  json["exit_code"] = run.exitCode();
  json["host"] = hostJson(run);
  json["sabotage"] = run.config.sabotage == Saboteur::None ? Json(nullptr) : Json(nameOf(run.config.sabotage));
  json["policies"] = policiesJson(run);
  json["vms"] = Json::array();
  for (std::size_t i = 0; i < run.vms.size(); ++i) json["vms"].push_back(vmJson(run.config.vms[i], run.vms[i]));
  json["expectations"] = Json::array();
  for (const auto& [expectation, verdict] : run.expectations) json["expectations"].push_back(expectationJson(expectation, verdict));
  if (!run.columns.empty()) json["columns"] = Json::array();
  for (const auto& column : run.columns)
    json["columns"].push_back({{"name", column.name}, {"unit", nameOf(column.unit)}, {"value", orNull(column.value)}});
  if (!run.asked.empty()) json["asked"] = Json::array();
  for (const AskedQuestion& asked : run.asked) json["asked"].push_back(askedJson(asked));
  if (!run.walks.empty()) json["walks"] = Json::array();
  for (const WalkMarks& marks : run.walks) {
    json["walks"].push_back({{"kind", nameOf(marks.kind)},
                             {"asked", marks.asked},
                             {"right", marks.right},
                             {"counted", marks.counted},
                             {"marked", marks.marked},
                             {"wrong", marks.wrong},
                             {"miscounted", marks.miscounted},
                             {"mismarked", marks.mismarked}});
  }
  // A guest's text need not be UTF-8: what is not becomes U+FFFD.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace overcommit
