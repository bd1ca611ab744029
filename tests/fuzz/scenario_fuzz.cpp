// SPDX-License-Identifier: GPL-2.0-or-later
// The scenario parser, with any bytes: it must give a scenario or an error with a place, and touch no file.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "scenario/scenario_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto scenario = overcommit::parseScenario(text, "fuzz.toml", "/lab");
  if (scenario) {
    invariant(scenario->config.vms.size() <= overcommit::kMaxVms && !scenario->config.vms.empty(), "a scenario has some VMs, not too many");
    invariant(scenario->config.duration > overcommit::VirtualTime(0), "a scenario ends");
  } else {
    invariant(scenario.error().text.starts_with("fuzz.toml:"), "an error begins with the file's name");
  }
  return 0;
}
