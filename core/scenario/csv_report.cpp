// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/csv_report.h"

#include <fmt/format.h>

#include <iterator>

#include "host/metrics.h"
#include "host/virtual_machine.h"

namespace overcommit {

CsvReport::CsvReport(const Host& host, VirtualTime interval, Sink sink) : interval_(interval), next_(interval), sink_(std::move(sink)) {
  invariant(interval_ > VirtualTime(), "samples are taken in intervals of some length");
  std::string line = "time_ns";
  for (const HostMetric& metric : hostMetrics()) fmt::format_to(std::back_inserter(line), ",host.{}", metric.name);
  for (const auto& vm : host.vms()) {
    for (const VmMetric& metric : vmMetrics()) fmt::format_to(std::back_inserter(line), ",vm.{}.{}", vm->config().name, metric.name);
  }
  line += '\n';
  sink_(line);
}

void CsvReport::onQuantum(const Host& host) {
  for (; next_ <= host.now(); next_ += interval_) writeLine(host, next_);
}

void CsvReport::writeLine(const Host& host, VirtualTime time) {
  std::string line = fmt::format("{}", time.value());
  for (const HostMetric& metric : hostMetrics()) fmt::format_to(std::back_inserter(line), ",{}", metric.read(host));
  for (const auto& vm : host.vms()) {
    for (const VmMetric& metric : vmMetrics()) fmt::format_to(std::back_inserter(line), ",{}", metric.read(*vm));
  }
  line += '\n';
  sink_(line);
}

}  // namespace overcommit
