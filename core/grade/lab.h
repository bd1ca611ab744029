// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "grade/event_pattern.h"
#include "host/metrics.h"
#include "scenario/run_snapshot.h"
#include "scenario/tolerance.h"
#include "scenario/toml_document.h"

namespace overcommit {

// A lab: a folder with a lab.toml (docs/reference/lab.md), a handout, scenarios, a starter, a reference solution and saboteurs.

// Points are whole thousandths, so that sums are exact and the same everywhere.
using MilliPoints = std::uint64_t;
std::string pointsText(MilliPoints points);  // "2.5"

struct LabStep {
  std::string title, text;
  std::vector<TomlEntry> did;  // of a tour: what must have been done
};

// A setting and what it is to be.
struct LabSetting {
  std::string path;
  SourcePosition position;
  TomlValue value;
};
struct LabChoice {
  std::string path;
  SourcePosition position;
  std::vector<TomlValue> values;  // at least one
};

// Walks of a VM that the submission's walker is asked for.
struct LabWalks {
  std::string vm;
  VirtualTime at;
  std::uint64_t count = 0;
};

enum class SeedSource : std::uint8_t { Scenario, Student, Hidden };
struct LabRun {
  std::string name;
  std::string scenario;  // file in the lab's folder
  SeedSource seed = SeedSource::Scenario;
  std::string seedName;  // seeds and values come from this name: its own, or that of the run that it is like
  std::vector<LabChoice> vary;
  std::vector<LabSetting> set;
  bool knobs = false, audit = false;
  std::vector<std::string> policies;  // kinds of the submission's policies that decide
  std::string sabotage;               // an engine fault, against which a policy is the only defence; "" = none
  std::optional<LabWalks> walks;

  // Where a student finds it: a run with settings of its own is a scenario beside the one that it is made from.
  [[nodiscard]] std::string studentFile() const {
    return set.empty() ? scenario : std::filesystem::path(scenario).replace_filename(seedName + ".toml").generic_string();
  }
};

struct Knob {
  std::string path;
  std::string text;
  std::optional<TomlValue> least, most;  // of one kind: a number, a size or a time
  std::vector<std::string> words;
};

// A policy that the submission has: a C++ file, for which a Python file of the same name may stand; a balloon driver is C.
struct LabPolicy {
  std::string kind, file;
  [[nodiscard]] std::vector<std::string> files() const;  // one of these
};

struct LabQuestion {
  std::string id, text;
  std::vector<std::string> choices;  // "a: ..."
};

struct Mutant {
  std::string name, text;
  std::vector<LabSetting> set;
  std::string sabotage;
};

enum class Visibility : std::uint8_t { Visible, Hidden, AfterDueDate, AfterPublished };
std::string_view nameOf(Visibility visibility);

enum class CheckKind : std::uint8_t { Answer, Metric, Sequence, Event, Invariant, Digest, Mutants, Step, Text, Walks };
std::string_view nameOf(CheckKind kind);

enum class Law : std::uint8_t { Laws, Guests, Expectations };

// A metric of a run at an instant, as a [[column]] of the run's scenario.
struct CheckMetric {
  std::string path;
  std::string column;             // the table's text
  std::string when;               // for people: ", at 3 s"; "" = at the end
  std::optional<VirtualTime> at;  // if it is of one instant before the end
  MetricUnit unit = MetricUnit::Count;
};

struct Check {
  std::string id, title;
  CheckKind kind = CheckKind::Text;
  MilliPoints points = 0;
  bool mandatory = true;
  Visibility visibility = Visibility::Visible;
  std::vector<std::string> needs;
  std::string hint, why, mistake;
  std::string run;  // "" = none

  // Answer
  std::string question;
  bool ofScenario = false;             // the question is one that the run's scenario asks
  std::vector<std::string> right;      // words or numbers, where no run says it; several: a list
  std::optional<Tolerance> tolerance;  // nothing: exact
  std::string field, which;            // of events
  // Answer, Metric
  std::optional<CheckMetric> metric;
  std::optional<std::uint64_t> least, most;  // Metric; Event: how many
  std::optional<std::uint64_t> full, none;   // Metric: points in proportion between the two
  // Event, Answer, Sequence
  std::vector<EventPattern> events;  // one, or the steps of a sequence
  bool exactly = false;
  bool references = false;  // Walks: they must be as many as the hardware makes, too
  bool bits = false;        // Walks: accessed and dirty bits must be right, too
  // Others
  Law law = Law::Laws;
  std::string sameAs, digest;
  std::string test;
  std::vector<std::string> mutants;  // names
  std::size_t step = 0;              // from 1
  std::string file;
  std::uint64_t words = 1;
  std::vector<WalkKind> walks;  // Walks; none: all

  SourcePosition position;
};

struct LabSaboteur {
  std::string name, text;
  std::vector<std::string> fails;  // ids
};

struct Lab {
  std::filesystem::path folder;
  std::string name;  // of the folder
  std::string title;
  std::uint64_t number = 0, minutes = 0;
  std::vector<std::uint64_t> needs;
  std::vector<std::string> outcomes;
  std::optional<std::uint64_t> withheld;  // in a copy for students: how many checks only teachers have
  std::vector<LabStep> steps;
  std::vector<LabRun> runs;
  std::vector<Knob> knobs;
  std::vector<LabPolicy> policies;
  std::vector<LabQuestion> questions;
  std::vector<Mutant> mutants;
  std::vector<Check> checks;
  std::vector<LabSaboteur> saboteurs;
  std::vector<std::string> warnings;  // what is no mistake but hardly meant
  std::string text;                   // of lab.toml

  [[nodiscard]] const LabRun* run(std::string_view name) const;
  [[nodiscard]] const LabPolicy* policy(std::string_view kind) const;
  [[nodiscard]] const LabQuestion* question(std::string_view id) const;
  [[nodiscard]] const Check* check(std::string_view id) const;
  [[nodiscard]] MilliPoints mostPoints() const;  // without what a person grades
};

// Reads the lab.toml in `folder`. The error is one line with file, line and column.
Result<Lab> loadLab(const std::filesystem::path& folder);
Result<Lab> parseLab(std::string_view text, std::string_view fileName);

// lab.toml without the tables that are not needed for grading: its saboteurs. What results name as the lab's hash is the hash of this.
std::string textForGrading(const Lab& lab);
// A TOML text without its tables [[name]].
std::string withoutTables(std::string_view text, std::string_view name);

// "vm.web1.swapped": the unit of its metric. An unknown one is an error with the nearest known one.
Result<MetricUnit> unitOfMetric(std::string_view path);

// A table of settings, nested or with dotted keys, as paths.
std::vector<LabSetting> flattenedSettings(const TomlValue& table);

}  // namespace overcommit
