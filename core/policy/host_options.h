// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace overcommit {

// Does the engine act on an option, or only accept it so that a host's settings can be written down as they are?
enum class OptionUse : std::uint8_t { InEffect, AcceptedOnly };

// An advanced option of the host, by its ESX name (without "Mem." or "LPage."): a whole number. Defaults and ranges as ESXi 6.0 to
// 9.0 list them; where a range is not published, ours is wide. Options of this engine's own say so in their meaning. A vintage may
// have another default (policy/profile.h).
struct HostOption {
  std::string_view name;
  std::uint64_t fallback;
  std::uint64_t least;
  std::uint64_t most;
  OptionUse use;
  std::string_view meaning;
};
std::span<const HostOption> hostOptions();

const HostOption* findHostOption(std::string_view name);
// The option, if `value` may be given to it; the error names the range or the nearest known option.
Result<const HostOption*> checkHostOption(std::string_view name, std::uint64_t value);
// What the scenario set, or the option's default, whatever the vintage. The option must exist.
std::uint64_t hostOptionValue(const std::map<std::string, std::uint64_t>& set, std::string_view name);

}  // namespace overcommit
