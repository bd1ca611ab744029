// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "host/run_config.h"
#include "scenario/expectation.h"

namespace overcommit {

// A scenario file, read and checked: docs/reference/scenario.md is its description for people.
struct Scenario {
  RunConfig config;
  std::vector<Expectation> expectations;
  std::string text;      // the file itself, for the trace header
  std::string fileName;  // as it is called in messages
};

// Reads a scenario from its text; touches no file. Paths in it become absolute against `baseDirectory`. The error is one line,
// "FILE:LINE:COLUMN: what is wrong", for the first mistake of the file.
Result<Scenario> parseScenario(std::string_view text, std::string_view fileName, const std::filesystem::path& baseDirectory);

// The same for a file; errors call it by the path given here.
Result<Scenario> loadScenario(const std::filesystem::path& path);

}  // namespace overcommit
