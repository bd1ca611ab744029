// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "host/run_config.h"
#include "scenario/toml_document.h"

namespace overcommit {

// What a scenario's text is to say besides or instead of what it says.
struct ScenarioChanges {
  std::optional<std::uint64_t> seed;
  std::optional<VirtualTime> duration;
  std::vector<std::string> actions;  // [[at]] entries, in their order
  std::string remark;                // a comment above them, of one line
  // Where the paths in the text begin; empty: they stay as they are. Else they become absolute.
  std::filesystem::path pathsFrom;
};

// The text with the changes, comments and layout kept: the first is replaced where it stands, or put at the top; actions come at the end.
// A text that this cannot be done to without harm (an `at` written as one list, say) is written anew from its values, without its comments.
// The error is one of the text itself.
Result<std::string> changedScenario(std::string_view text, std::string_view fileName, const ScenarioChanges& changes);

}  // namespace overcommit
