// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/run_config.h"
#include "scenario/key_reader.h"

namespace overcommit {

// The VMs that one [[vm]] table makes: one, or `count` of them.
struct VmGroup {
  std::string name;
  std::size_t first = 0;  // index into RunConfig::vms
  std::size_t count = 0;
};

// Reads every [[vm]] into `config.vms`. Needs config.duration and config.host.
std::vector<VmGroup> readVms(std::span<const TomlValue> tables, const std::filesystem::path& baseDirectory, RunConfig& config,
                             Mistakes& mistakes);

// The number behind low, normal, high or a number, for a VM of this size (ESX: 5, 10 or 20 shares a MiB).
std::optional<std::uint64_t> readShares(const TomlValue& value, Pages memory, Mistakes& mistakes);

}  // namespace overcommit
