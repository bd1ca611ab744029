// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/subscriptions.h"

#include <algorithm>

#include "host/host.h"
#include "host/virtual_machine.h"
#include "trace/event_text.h"

namespace overcommit {
namespace {

constexpr std::size_t kMostSubscriptions = 100;
constexpr VirtualTime kUsualPeriod = seconds(1);

std::vector<std::string> namesOf(const Host& host) {
  std::vector<std::string> names;
  for (const auto& vm : host.vms()) names.push_back(vm->config().name);
  return names;
}

}  // namespace

Answer<std::uint64_t> Subscriptions::add(Params& params, const Host& host) {
  const auto kinds = params.texts("kinds");
  const auto paths = params.texts("metrics");
  const auto vm = params.text("vm");
  const auto every = params.time("every");
  if (kinds.has_value() == paths.has_value()) params.wrong("it takes either kinds or metrics");
  if (vm && !kinds) params.wrong("vm goes with kinds");
  if (every && !paths) params.wrong("every goes with metrics");
  if (every && *every == VirtualTime(0)) params.wrong("every cannot be 0");
  if (events_.size() + metrics_.size() >= kMostSubscriptions) params.wrong("there are {} subscriptions already", kMostSubscriptions);
  OfEvents ofEvents;
  for (const std::string& name : kinds.value_or(std::vector<std::string>())) {
    const auto kind = eventKindNamed(name);
    if (kind) ofEvents.filter.want(*kind);
    if (!kind) params.wrong("{}", kind.error().text);
  }
  if (vm) {
    const auto id = vmNamed(header_, *vm);
    if (id) ofEvents.filter.vm = *id;
    if (!id) params.wrong("{}", id.error().text);
  }
  OfMetrics ofMetrics{{}, every.value_or(kUsualPeriod), host.now()};
  const auto names = namesOf(host);
  for (const std::string& path : paths.value_or(std::vector<std::string>())) {
    const auto metric = findMetric(path, names);
    if (metric) ofMetrics.metrics.emplace_back(path, *metric);
    if (!metric) {
      params.wrong("{}", metric.error().text);
      break;
    }
  }
  if (params.error()) return tl::unexpected(*params.error());
  if (kinds) {
    events_.emplace(next_, std::move(ofEvents));
  } else {
    metrics_.emplace(next_, std::move(ofMetrics));
  }
  return next_++;
}

bool Subscriptions::remove(std::uint64_t subscription) { return events_.erase(subscription) + metrics_.erase(subscription) > 0; }

void Subscriptions::onEvent(const Event& event) {
  for (auto& [number, subscription] : events_) {
    if (!subscription.filter.matches(event)) continue;
    if (subscription.events.size() < kMostEvents) {
      subscription.events.push_back(event);
    } else {
      ++subscription.leftOut;
    }
  }
}

void Subscriptions::onQuantum(const Host& host) {
  for (auto& [number, subscription] : metrics_) {
    if (host.now() < subscription.due) continue;
    const std::uint64_t passed = (host.now() - subscription.due).value() / subscription.every.value();
    subscription.due += subscription.every * (passed + 1);
    Json values = Json::object();
    for (const auto& [path, metric] : subscription.metrics) values[path] = readMetric(host, metric);
    told_.push_back(notification("metrics", {{"subscription", number}, {"time", host.now().value()}, {"values", std::move(values)}}));
  }
}

std::vector<Json> Subscriptions::take() {
  std::vector<Json> all = std::exchange(told_, {});
  for (auto& [number, subscription] : events_) {
    if (subscription.events.empty()) continue;
    Json list = Json::array();
    for (const Event& event : std::exchange(subscription.events, {}))
      list.push_back(ownJson(eventLine(EventFormat::JsonLines, event, header_)));
    all.push_back(notification(
        "events", {{"subscription", number}, {"events", std::move(list)}, {"left_out", std::exchange(subscription.leftOut, 0)}}));
  }
  return all;
}

}  // namespace overcommit
