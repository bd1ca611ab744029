// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "scenario/scenario_run.h"

namespace overcommit {

// The figures of a run as they change: a header line, then a line for every interval of virtual time. Columns: time_ns, every host
// metric (host.free), every metric of every VM (vm.web1.swapped). A line tells the state at the first boundary between quanta that
// is not before its time.
class CsvReport final : public RunObserver {
 public:
  using Sink = std::function<void(std::string_view)>;  // gets whole lines
  CsvReport(const Host& host, VirtualTime interval, Sink sink);

  void onQuantum(const Host& host) override;

 private:
  void writeLine(const Host& host, VirtualTime time);

  VirtualTime interval_, next_;
  Sink sink_;
};

}  // namespace overcommit
