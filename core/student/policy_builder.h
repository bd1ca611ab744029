// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "student/confined_process.h"
#include "student/policy_source.h"
#include "student/workspace.h"

namespace overcommit {

enum class PolicyDebugging : std::uint8_t { Off, On };

struct BuildSettings {
  Confinement confinement;
  std::filesystem::path sdk;  // the folder that has overcommit/ and overcommit_policy.py in it
  PolicyDebugging debugging = PolicyDebugging::Off;
  std::chrono::seconds atMost{60};  // of wall time, as a guard
  std::filesystem::path store{};    // what was built before: see BuildStore; "" = nothing
};

// A policy that can be started any number of times; the copy of what was handed in lives as long as this.
struct BuiltPolicy {
  PolicySource source;
  Confinement confinement;
  PolicyDebugging debugging = PolicyDebugging::Off;
  std::shared_ptr<const Workspace> workspace;
  std::vector<std::string> command;
  std::vector<std::filesystem::path> visible;  // what it needs to see in order to run
  std::string warnings;                        // of the compiler
};

// Copies and compiles. C++ is built by $OVERCOMMIT_CXX, else g++, in two steps, so that what does not link is told apart from what does
// not compile; Python is run by $OVERCOMMIT_PYTHON, else python3, and its mistakes show when it starts.
PolicyResult<BuiltPolicy> buildPolicy(const PolicySource& source, const BuildSettings& settings);

// A program by name or path: as $`variable` has it, else the first of `names` in the usual folders. "" if it is not there.
std::filesystem::path findTool(const char* variable, const std::vector<std::string>& names);

// What such a program needs to see besides its input: folders of programs, libraries and headers, its own installation.
std::vector<std::filesystem::path> toolFiles(const std::filesystem::path& tool);

// The first lines of what a compiler said, without repetitions.
std::string mainMessages(const std::string& output);

}  // namespace overcommit
