// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "host/support/test_host.h"
#include "support/test.h"

namespace overcommit::test {

// Two VMs without a CPU, which check what they read, and a web server, whose pages compress: 48 MiB on a host of 20. Each powers itself off
// after so many operations.
inline RunConfig overcommittedHost(std::uint64_t operations, std::uint64_t serverOperations) {
  RunConfig config = hostOf(mebibytes(20));
  config.host.timeScale = 600;
  config.host.quantum = milliseconds(10);  // many pages are scanned at once
  config.host.options = {
      {"ShareForceSalting", 0}, {"ShareScanTime", 10}, {"ShareRateMax", 32768}, {"ShareScanGHz", 32}, {"MemZipMaxAllocPct", 5}};
  config.costs.swapRead = config.costs.diskRead = microseconds(100);
  config.costs.swapWrite = microseconds(20);
  for (const char* name : {"a", "b"}) {
    VmConfig vm;
    vm.name = name;
    vm.memory = mebibytes(16);
    vm.shares = 1000;
    vm.generator = "uniform";
    vm.arguments = {{"working_set", 10 * kMiB}, {"same", 300}, {"work", 200'000}};
    vm.operations = operations;
    vm.start = VirtualTime(0);
    config.vms.push_back(vm);
  }
  config.vms.push_back(vmOf("c", "webserver", mebibytes(16)));
  config.vms.back().shares = 1000;
  config.vms.back().arguments = {{"working_set", 5 * kMiB}, {"files", 6 * kMiB}};
  config.vms.back().operations = serverOperations;
  return config;
}

}  // namespace overcommit::test
