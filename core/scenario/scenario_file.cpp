// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/scenario_file.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "base/nearest.h"
#include "base/units.h"
#include "policy/host_options.h"
#include "scenario/column_section.h"
#include "scenario/key_reader.h"
#include "scenario/shape_section.h"
#include "scenario/timeline_section.h"
#include "scenario/vm_section.h"
#include "trace/trace_block.h"

namespace overcommit {
namespace {

constexpr Bytes kSmallestHost(1u << 20);
constexpr Bytes kLargestHost(1ull << 40);
constexpr std::uint64_t kLargestFrameScale = 1u << 20;
constexpr std::uint64_t kLargestTimeScale = 1'000'000;
constexpr VirtualTime kShortestQuantum = microseconds(1);
constexpr VirtualTime kLongestQuantum = seconds(10);
constexpr VirtualTime kLongestRun = seconds(365ull * 24 * 3600);
constexpr std::array<std::string_view, 5> kProfiles{"esx2", "esx3", "esx4", "esx5", "esx6"};

void readOptions(const TomlValue& table, HostConfig& host, Mistakes& mistakes) {
  for (const TomlEntry& entry : table.table) {
    const auto value = readNumber(entry.value, entry.key, 0, kLargestNumber, mistakes);
    const auto option = checkHostOption(entry.key, value.value_or(0));
    if (findHostOption(entry.key) == nullptr) {
      mistakes.note(Mistakes::Gravity::Key, entry.position, option.error().text);
    } else if (value && !option) {
      mistakes.add(entry.value.position, "{}", option.error().text);
    } else if (value) {
      host.options[entry.key] = *value;
    }
  }
}

void readHost(const TomlValue& table, HostConfig& host, Mistakes& mistakes) {
  const KeyReader keys(table, "host", mistakes);
  keys.require("memory");
  const auto memory = keys.pages("memory");
  host.memory = memory.value_or(Pages(0));
  const Bytes size = bytesOf(host.memory);
  if (memory && (size < kSmallestHost || size > kLargestHost)) {
    mistakes.add(keys.position("memory"), "memory is {}: a host has {} to {}", formatBytes(size), formatBytes(kSmallestHost),
                 formatBytes(kLargestHost));
  }
  host.represents = keys.size("represents").value_or(size);
  if (memory && host.represents < size) {
    mistakes.add(keys.position("represents"), "represents is {}, less than memory ({}): a host stands for one that is at least as large",
                 formatBytes(host.represents), formatBytes(size));
  } else if (memory && size.value() > 0 && host.represents.value() / size.value() > kLargestFrameScale) {
    mistakes.add(keys.position("represents"), "represents is more than {} times memory", kLargestFrameScale);
  }
  host.timeScale = keys.number("time_scale", 1, kLargestTimeScale).value_or(1);
  host.cpuMegahertz = keys.number("cpu_mhz", 1, 10'000'000).value_or(16'000);
  if (const auto profile = keys.word("profile", kProfiles)) host.profile = kProfiles[*profile];
  host.console = keys.pages("console").value_or(Pages(0));
  if (memory && host.console >= host.memory && host.console > Pages(0))
    mistakes.add(keys.position("console"), "console is {}: nothing is left of memory ({})", formatBytes(bytesOf(host.console)),
                 formatBytes(size));
  host.quantum = keys.time("quantum");
  if (host.quantum && (*host.quantum < kShortestQuantum || *host.quantum > kLongestQuantum)) {
    mistakes.add(keys.position("quantum"), "quantum is {}: it can be {} to {}", formatTime(*host.quantum), formatTime(kShortestQuantum),
                 formatTime(kLongestQuantum));
  }
  if (const TomlValue* options = keys.table("options")) readOptions(*options, host, mistakes);
}

void readCosts(const TomlValue& table, Costs& costs, Mistakes& mistakes) {
  std::vector<std::string_view> names;
  for (const CostInfo& info : costTable()) names.push_back(info.name);
  for (const TomlEntry& entry : table.table) {
    const auto info = std::ranges::find(costTable(), entry.key, &CostInfo::name);
    if (info == costTable().end()) {
      const std::string hint = didYouMean(entry.key, names);
      mistakes.note(
          Mistakes::Gravity::Key, entry.position,
          fmt::format("unknown cost \"{}\"{}", entry.key, hint.empty() ? fmt::format(": there are {}", fmt::join(names, ", ")) : hint));
      continue;
    }
    const auto time = readTime(entry.value, entry.key, mistakes);
    if (time && *time > seconds(3600)) mistakes.add(entry.value.position, "{} is more than an hour", entry.key);
    if (time) costs.*info->member = *time;
  }
}

void readDisk(const TomlValue& table, DiskConfig& disk, Mistakes& mistakes) {
  constexpr std::array<std::string_view, 2> kQueues{"shared", "separate"};
  const KeyReader keys(table, "disk", mistakes);
  if (const auto queues = keys.word("queues", kQueues)) disk.queues = *queues == 0 ? DiskQueues::Shared : DiskQueues::Separate;
  disk.serviceTime = keys.time("service_time");
  if (const TomlValue* swapSpace = keys.value("swap_space")) {
    const bool unlimited = swapSpace->kind == TomlValue::Kind::Text && swapSpace->text == "unlimited";
    disk.swapSpace = unlimited ? kUnlimitedSwapSpace : keys.pages("swap_space");
  }
  const TomlValue* bandwidth = keys.value("bandwidth");
  if (bandwidth == nullptr) return;
  if (bandwidth->kind != TomlValue::Kind::Text) {
    mistakes.add(bandwidth->position, "bandwidth must be a size a second such as \"80 MiB/s\", not {}", nameOf(bandwidth->kind));
    return;
  }
  if (bandwidth->text == "none") return;
  if (!bandwidth->text.ends_with("/s")) {
    mistakes.add(bandwidth->position, "bandwidth = \"{}\" must be a size a second such as \"80 MiB/s\", or \"none\"", bandwidth->text);
    return;
  }
  TomlValue size = *bandwidth;
  size.text.resize(size.text.size() - 2);
  disk.bandwidth = readSize(size, "bandwidth", mistakes).value_or(Bytes()).value();
  if (!mistakes.any() && disk.bandwidth == 0) mistakes.add(bandwidth->position, "bandwidth cannot be 0: write \"none\" for no limit");
}

void readLimits(const TomlValue& table, RunLimits& limits, Mistakes& mistakes) {
  const KeyReader keys(table, "limits", mistakes);
  const TomlValue* time = keys.value("time");
  if (time != nullptr && !(time->kind == TomlValue::Kind::Text && time->text == "none"))
    limits.time = keys.time("time").value_or(VirtualTime());
  limits.nestedFaults = keys.number("nested_faults", 0, kLargestNumber).value_or(0);
  limits.operations = keys.number("operations", 0, kLargestNumber).value_or(0);
  limits.watchdogBlocks = keys.number("watchdog_blocks", 0, kLargestNumber).value_or(limits.watchdogBlocks);
}

void readTop(const KeyReader& keys, const TomlValue& root, RunConfig& config, Mistakes& mistakes) {
  config.title = keys.text("title").value_or("");
  config.seed = keys.number("seed", 0, kLargestNumber).value_or(1);
  if (!keys.has("duration")) mistakes.add(root.position, "the scenario has no duration: write duration = \"60s\" at its top");
  if (const auto duration = keys.time("duration")) {
    config.duration = *duration;
    if (*duration == VirtualTime()) mistakes.add(keys.position("duration"), "duration cannot be 0");
    if (*duration > kLongestRun) mistakes.add(keys.position("duration"), "duration is more than a year (8760 h)");
  }
  if (!keys.has("host")) mistakes.add(root.position, "the scenario has no [host]");
  if (!keys.has("vm")) mistakes.add(root.position, "the scenario has no [[vm]]");
}

}  // namespace

Result<Scenario> parseScenario(std::string_view text, std::string_view fileName, const std::filesystem::path& baseDirectory) {
  const auto root = parseToml(text, fileName);
  if (!root) return tl::unexpected(root.error());
  return readScenario(*root, text, fileName, baseDirectory);
}

Result<Scenario> readScenario(const TomlValue& root, std::string_view text, std::string_view fileName,
                              const std::filesystem::path& baseDirectory) {
  Mistakes mistakes{std::string(fileName)};
  Scenario scenario;
  scenario.text = text;
  scenario.fileName = fileName;
  RunConfig& config = scenario.config;
  const KeyReader keys(root, "", mistakes);
  readTop(keys, root, config, mistakes);
  if (const TomlValue* host = keys.table("host")) readHost(*host, config.host, mistakes);
  if (const TomlValue* cost = keys.table("cost")) readCosts(*cost, config.costs, mistakes);
  if (const TomlValue* disk = keys.table("disk")) readDisk(*disk, config.disk, mistakes);
  if (const TomlValue* limits = keys.table("limits")) readLimits(*limits, config.limits, mistakes);
  scenario.groups = readVms(keys.tables("vm"), baseDirectory, config, mistakes);
  const std::vector<VmGroup>& groups = scenario.groups;
  readActions(keys.tables("at"), groups, config, mistakes);
  readMarks(keys.tables("mark"), config, mistakes);
  scenario.expectations = readExpectations(keys.tables("expect"), config, mistakes);
  scenario.asks = readAsks(keys.tables("ask"), config, mistakes);
  if (const TomlValue* vary = keys.table("vary")) scenario.vary = readVary(*vary, mistakes);
  scenario.columns = readColumns(keys.tables("column"), groups, config, mistakes);
  // A shape is about columns and settings that are right themselves.
  if (!mistakes.any()) scenario.shapes = readShapes(keys.tables("shape"), scenario.vary, scenario.columns, mistakes);
  if (mistakes.any()) return tl::unexpected(mistakes.first());
  return scenario;
}

Result<std::string> readScenarioText(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::FILE* file = std::fopen(name.c_str(), "rb");
  if (file == nullptr) return failure("cannot open the scenario {}: {}", name, systemErrorText(errno));
  std::string text;
  std::array<char, 65536> part{};
  std::size_t length = 0;
  // One part more than a scenario may have is enough to know that it is too long.
  while (text.size() <= kLargestScenario && (length = std::fread(part.data(), 1, part.size(), file)) > 0) text.append(part.data(), length);
  const int error = std::ferror(file) != 0 ? errno : 0;
  std::fclose(file);
  if (error != 0) return failure("cannot read the scenario {}: {}", name, systemErrorText(error));
  std::uint64_t magic = 0;
  if (text.size() >= sizeof magic) std::memcpy(&magic, text.data(), sizeof magic);
  if (magic == kTraceMagic) return failure("{} is a trace, not a scenario: overcommit trace info tells which run it is of", name);
  return text;
}

Result<Scenario> loadScenario(const std::filesystem::path& path) {
  const auto text = readScenarioText(path);
  if (!text) return tl::unexpected(text.error());
  return parseScenario(*text, path.string(), std::filesystem::absolute(path).parent_path());
}

}  // namespace overcommit
