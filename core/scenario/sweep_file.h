// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/scenario_file.h"

namespace overcommit {

// Which points of a sweep are run: all, or those that [vary] calls quick.
enum class SweepExtent : std::uint8_t { All, Quick };

// A scenario with a [vary] table: as many scenarios as the settings in it have values, multiplied. The first setting of the file
// changes slowest. All of them are read and checked when the sweep is; only the document is kept.
class Sweep {
 public:
  // Errors: those of the scenario; no [vary]; a point that is no valid scenario; more than kMostPoints points.
  static Result<Sweep> parse(std::string_view text, std::string_view fileName, const std::filesystem::path& baseDirectory,
                             SweepExtent extent);
  static Result<Sweep> load(const std::filesystem::path& path, SweepExtent extent);
  static constexpr std::size_t kMostPoints = 10'000;

  [[nodiscard]] const Scenario& base() const { return base_; }
  [[nodiscard]] std::size_t points() const { return points_.size(); }
  // For each setting of base().vary, the index of its value.
  [[nodiscard]] const std::vector<std::size_t>& point(std::size_t index) const { return points_[index]; }
  // "vm.web.count = 4, host.options.IdleTax = 75"
  [[nodiscard]] std::string describe(std::size_t index) const;
  // The scenario of a point, whose text is that scenario and no sweep. Its columns are those of the file; if that has none, all
  // metrics of host and VMs at the end.
  [[nodiscard]] Scenario scenario(std::size_t index) const;

  // The columns of the table. Without [[column]], all metrics of the host and of every VM that any point has.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] const std::vector<MetricUnit>& units() const { return units_; }

  // A table without rows.
  [[nodiscard]] SweepTable table() const { return {base_.vary, names_, units_, {}}; }

 private:
  Sweep(Scenario base, TomlValue root, std::filesystem::path directory)
      : base_(std::move(base)), root_(std::move(root)), directory_(std::move(directory)) {}
  Result<Scenario> read(std::size_t index) const;
  Result<void> check();

  Scenario base_;
  TomlValue root_;
  std::filesystem::path directory_;
  std::vector<std::vector<std::size_t>> points_;
  std::vector<std::string> names_;
  std::vector<MetricUnit> units_;
};

}  // namespace overcommit
