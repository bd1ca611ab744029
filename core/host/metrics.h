// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"

namespace overcommit {

class Host;
class VirtualMachine;

enum class MetricUnit : std::uint8_t { Size, Time, Count, PerSecond, Permille };
std::string_view nameOf(MetricUnit unit);

// One figure of the host or of each VM. Paths: "host.free", "vm.NAME.swapped". The table is the only list of metrics: JSON, CSV,
// expectations, `overcommit metrics` and the reference page are made from it.
struct HostMetric {
  std::string_view name;
  MetricUnit unit;
  std::string_view meaning;
  std::uint64_t (*read)(const Host&);
};
struct VmMetric {
  std::string_view name;
  MetricUnit unit;
  std::string_view meaning;
  std::uint64_t (*read)(const VirtualMachine&);
};
std::span<const HostMetric> hostMetrics();
std::span<const VmMetric> vmMetrics();

// A metric of one run, looked up once. Values are whole numbers of the unit: bytes, nanoseconds, counts, permille.
struct MetricRef {
  const HostMetric* host = nullptr;
  const VmMetric* vmMetric = nullptr;
  VmId vm;
  [[nodiscard]] MetricUnit unit() const { return host ? host->unit : vmMetric->unit; }
};
// `vmNames`: in the order of VmId. An unknown path is an error with the nearest known one.
Result<MetricRef> findMetric(std::string_view path, std::span<const std::string> vmNames);
std::uint64_t readMetric(const Host& host, const MetricRef& metric);

}  // namespace overcommit
