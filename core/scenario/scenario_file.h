// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "host/run_config.h"
#include "scenario/ask.h"
#include "scenario/expectation.h"
#include "scenario/shape.h"
#include "scenario/toml_document.h"
#include "scenario/vm_section.h"

namespace overcommit {

// A scenario file, read and checked: docs/reference/scenario.md is its description for people.
struct Scenario {
  RunConfig config;
  std::vector<Expectation> expectations;
  std::vector<Ask> asks;
  std::vector<VmGroup> groups;  // the VMs' tables, for what names all of one
  // Of a sweep (scenario/sweep_file.h); a run of the scenario itself leaves them alone.
  std::vector<VariedSetting> vary;
  std::vector<SweepColumn> columns;
  std::vector<Shape> shapes;
  std::string text;      // the file itself, for the trace header
  std::string fileName;  // as it is called in messages
};

// Reads a scenario from its text; touches no file. Paths in it become absolute against `baseDirectory`. The error is one line,
// "FILE:LINE:COLUMN: what is wrong", for the first mistake of the file.
Result<Scenario> parseScenario(std::string_view text, std::string_view fileName, const std::filesystem::path& baseDirectory);

// The same for a document that is parsed already; `text` is the scenario's text.
Result<Scenario> readScenario(const TomlValue& root, std::string_view text, std::string_view fileName,
                              const std::filesystem::path& baseDirectory);

// The text of a file, as far as a scenario may be long.
Result<std::string> readScenarioText(const std::filesystem::path& path);

// The same for a file; errors call it by the path given here.
Result<Scenario> loadScenario(const std::filesystem::path& path);

}  // namespace overcommit
