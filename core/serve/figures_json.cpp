// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/figures_json.h"

#include "host/metrics.h"
#include "host/virtual_machine.h"
#include "policy/host_options.h"
#include "policy/profile.h"

namespace overcommit {
namespace {

Json pagesOrNull(const std::optional<Pages>& pages) { return pages ? Json(pages->value()) : Json(nullptr); }

Json vmJson(const VirtualMachine& vm) {
  const VmConfig& config = vm.config();
  const MemorySettings& settings = vm.memorySettings();
  Json json;
  json["name"] = config.name;
  json["id"] = vm.id().value();
  json["state"] = nameOf(vm.state());
  if (!vm.crashReason().empty()) json["crash"] = vm.crashReason();
  json["time"] = vm.clock().now().value();
  json["operations"] = vm.meter().operations();
  json["console_line"] = vm.lastConsoleLine();
  json["memory_pages"] = config.memory.value();
  json["settings"] = {{"reservation_pages", settings.reservation.value()},
                      {"limit_pages", pagesOrNull(settings.limit)},
                      {"shares", settings.shares},
                      {"sharing", config.sharing},
                      {"balloon", config.balloon},
                      {"balloon_max_pages", pagesOrNull(config.balloonMax)}};
  Json places = Json::object();
  for (std::size_t place = 0; place < kPagePlaces; ++place)
    places[std::string(nameOf(static_cast<PagePlace>(place)))] = vm.count(static_cast<PagePlace>(place)).value();
  json["pages"] = std::move(places);
  const VmMemory* memory = vm.memory();
  if (memory == nullptr) return json;
  json["allocated_pages"] = memory->allocated().value();
  json["target_pages"] = memory->target.value();
  json["active_pages"] = memory->active.value();
  json["swap_target_pages"] = memory->swapTarget.value();
  json["balloon"] = {{"driver", memory->balloon.driver != BalloonDriver::Absent},
                     {"stalled", memory->balloon.driver == BalloonDriver::Stalled},
                     {"target_pages", memory->balloon.target.value()},
                     {"maximum_pages", memory->balloon.maximum.value()}};
  json["swap_slots"] = memory->swap.slots().value();
  json["overhead_pages"] = vm.overhead().value();
  return json;
}

}  // namespace

Json vmsJson(const Host& host) {
  Json json;
  json["time"] = host.now().value();
  json["vms"] = Json::array();
  for (const auto& vm : host.vms()) json["vms"].push_back(vmJson(*vm));
  json["options"] = Json::object();
  const HostConfig& config = host.config().host;
  for (const HostOption& option : hostOptions())
    json["options"][std::string(option.name)] = hostOptionValue(config.options, option.name, *findProfile(config.profile));
  return json;
}

Answer<Json> metricsJson(Params& params, const Host& host) {
  const auto paths = params.texts("paths");
  if (params.error()) return tl::unexpected(*params.error());
  std::vector<std::string> names;
  for (const auto& vm : host.vms()) names.push_back(vm->config().name);
  Json values = Json::object();
  if (paths) {
    for (const std::string& path : *paths) {
      const auto metric = findMetric(path, names);
      if (!metric) return rpcFailure(RpcCode::WrongParams, "metrics: {}", metric.error().text);
      values[path] = readMetric(host, *metric);
    }
  } else {
    for (const HostMetric& metric : hostMetrics()) values[fmt::format("host.{}", metric.name)] = metric.read(host);
    for (const auto& vm : host.vms()) {
      for (const VmMetric& metric : vmMetrics()) values[fmt::format("vm.{}.{}", vm->config().name, metric.name)] = metric.read(*vm);
    }
  }
  return Json{{"time", host.now().value()}, {"values", std::move(values)}};
}

}  // namespace overcommit
