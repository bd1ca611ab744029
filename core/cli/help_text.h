// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "cli/command_table.h"

namespace overcommit {

// The command table in words.
std::string overviewText();                        // `overcommit --help`
std::string groupText(std::string_view group);     // `overcommit help lab`: the commands of this first word
std::string helpText(const CommandInfo& command);  // `overcommit run --help`
std::string manualPage();                          // `overcommit help --man`: troff
std::string referencePage();                       // `overcommit help --markdown`: docs/reference/command.md
std::string synopsis(const CommandInfo& command);  // "overcommit run [OPTION...] FILE"

}  // namespace overcommit
