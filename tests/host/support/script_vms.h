// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTemporaryDir>
#include <fstream>
#include <string>
#include <vector>

#include "host/support/test_host.h"

namespace overcommit::test {

// Disks so fast that what is tested is not how slow they are; and small pages, which everything is about that is tested with it.
inline RunConfig fastDisks(RunConfig config) {
  config.host.options["AllocGuestLargePage"] = 0;
  config.costs.diskRead = config.costs.swapRead = microseconds(50);
  config.costs.diskWrite = config.costs.swapWrite = microseconds(20);
  config.costs.diskStream = microseconds(10);
  return config;
}

// A VM without a CPU that plays a generator: no balloon driver, and no limit to how many a test can afford.
inline VmConfig generatorVm(const std::string& name, const std::string& generator, Pages memory, std::vector<NamedArgument> arguments) {
  VmConfig vm;
  vm.name = name;
  vm.memory = memory;
  vm.shares = memory.value() * 10;
  vm.balloon = false;
  vm.generator = generator;
  vm.arguments = std::move(arguments);
  vm.start = VirtualTime(0);
  return vm;
}

// Scripts written by a test, in files that go with it.
class Scripts {
 public:
  [[nodiscard]] VmConfig vm(const std::string& name, Pages memory, const std::string& text) {
    const std::string path = directory_.filePath(QString::fromStdString(name + ".script")).toStdString();
    std::ofstream(path) << text;
    VmConfig vm = generatorVm(name, "", memory, {});
    vm.scriptPath = path;
    return vm;
  }

 private:
  QTemporaryDir directory_;
};

}  // namespace overcommit::test
