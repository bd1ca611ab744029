// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/timeline_section.h"

#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "base/units.h"
#include "policy/host_options.h"
#include "trace/event.h"

namespace overcommit {
namespace {

// A group with a count multiplies an action; a file of legal size must not fill the memory.
constexpr std::size_t kMostActions = 100'000;
constexpr std::size_t kMostExpectations = 10'000;

struct FaultName {
  std::string_view name;
  DeviceFault fault;
};
constexpr std::array kFaults{
    FaultName{"swap_disk_full", DeviceFault::SwapDiskFull}, FaultName{"swap_read_error", DeviceFault::SwapReadError},
    FaultName{"swap_short_write", DeviceFault::SwapShortWrite}, FaultName{"swap_corrupt_slot", DeviceFault::SwapCorruptSlot},
    FaultName{"guest_disk_error", DeviceFault::GuestDiskError}};

std::optional<VirtualTime> readInstant(const KeyReader& keys, std::string_view key, VirtualTime duration, Mistakes& mistakes) {
  const auto time = keys.time(key);
  if (!time) return std::nullopt;
  if (duration > VirtualTime() && *time > duration) {
    mistakes.add(keys.position(key), "{} is {}, after the end of the run ({})", key, formatTime(*time), formatTime(duration));
    return std::nullopt;
  }
  return time;
}

using Target = std::optional<std::size_t>;  // a VM's index; nothing: the host

// The VMs that [[at]] names: one, or all of a group.
std::vector<Target> readTargets(const KeyReader& keys, const TomlValue& table, std::span<const VmGroup> groups, const RunConfig& config,
                                Mistakes& mistakes) {
  if (keys.has("vm") == keys.has("host")) {
    mistakes.add(table.position, "[[at]] must say whom it concerns: either vm = \"name\" or host = true");
    return {};
  }
  if (keys.has("host")) {
    if (keys.boolean("host").value_or(true)) return {std::nullopt};
    mistakes.add(keys.position("host"), "host = false says nothing: write host = true or vm = \"name\"");
    return {};
  }
  const auto name = keys.text("vm");
  if (!name) return {};
  const auto vm = std::ranges::find(config.vms, *name, &VmConfig::name);
  if (vm != config.vms.end()) return {static_cast<std::size_t>(vm - config.vms.begin())};
  const auto group = std::ranges::find(groups, *name, &VmGroup::name);
  std::vector<Target> targets;
  if (group != groups.end() && group->first + group->count <= config.vms.size()) {
    for (std::size_t i = 0; i < group->count; ++i) targets.emplace_back(group->first + i);
    return targets;
  }
  std::vector<std::string_view> names;
  for (const VmConfig& known : config.vms) names.push_back(known.name);
  mistakes.add(keys.position("vm"), "there is no VM \"{}\"{}", *name, didYouMean(*name, names));
  return {};
}

std::optional<SetAction> readVmSetting(const TomlEntry& entry, const VmConfig& vm, Mistakes& mistakes) {
  const TomlValue& value = entry.value;
  const auto made = [&](std::optional<std::uint64_t> number) -> std::optional<SetAction> {
    if (!number) return std::nullopt;
    return SetAction{entry.key, number};
  };
  const auto pagesAtMostMemory = [&]() -> std::optional<SetAction> {
    const auto pages = readPages(value, entry.key, mistakes);
    if (!pages) return std::nullopt;
    if (*pages > vm.memory) {
      mistakes.add(value.position, "{} is {}, more than the memory of {} ({})", entry.key, formatBytes(bytesOf(*pages)), vm.name,
                   formatBytes(bytesOf(vm.memory)));
      return std::nullopt;
    }
    return SetAction{entry.key, pages->value()};
  };
  if (entry.key == "limit") {
    if (value.kind == TomlValue::Kind::Text && value.text == "none") return SetAction{entry.key, std::nullopt};
    const auto pages = readPages(value, entry.key, mistakes);
    return pages ? made(pages->value()) : std::nullopt;
  }
  if (entry.key == "reservation" || entry.key == "balloon_max") return pagesAtMostMemory();
  if (entry.key == "shares") return made(readShares(value, vm.memory, mistakes));
  const auto flag = readBoolean(value, entry.key, mistakes);  // sharing, balloon
  return flag ? made(*flag ? 1 : 0) : std::nullopt;
}

std::optional<SetAction> readHostSetting(const TomlEntry& entry, Mistakes& mistakes) {
  const auto number = readNumber(entry.value, entry.key, 0, kLargestNumber, mistakes);
  if (!number) return std::nullopt;
  const auto option = checkHostOption(entry.key, *number);
  if (option) return SetAction{entry.key, *number};
  mistakes.add(findHostOption(entry.key) != nullptr ? entry.value.position : entry.position, "{}", option.error().text);
  return std::nullopt;
}

void readSettings(const TomlValue& settings, std::span<const Target> targets, const RunConfig& config, const TimedAction& common,
                  std::vector<TimedAction>& actions, Mistakes& mistakes) {
  if (settings.table.empty())
    mistakes.add(settings.position, "set is empty: name a setting and its new value, as in set = {{ limit = \"32 MiB\" }}");
  const bool isHost = targets.size() == 1 && !targets.front();
  if (!isHost) {
    const KeyReader checkKeys(settings, "set", mistakes);
    if (mistakes.any()) return;
  }
  for (const Target& target : targets) {
    for (const TomlEntry& entry : settings.table) {
      const auto action = target ? readVmSetting(entry, config.vms[*target], mistakes) : readHostSetting(entry, mistakes);
      if (action) actions.push_back({common.time, target, *action, common.ifRefused});
    }
  }
}

// As scenarios write times and sizes, and exact.
std::string exactTime(VirtualTime time) {
  constexpr std::uint64_t kMillisecond = 1'000'000;
  return time.value() % kMillisecond == 0 ? fmt::format("{} ms", time.value() / kMillisecond) : fmt::format("{} ns", time.value());
}

std::string valueText(const SetAction& set, bool ofVm) {
  if (!set.value) return "\"none\"";
  if (!ofVm || set.setting == "shares") return fmt::format("{}", *set.value);
  if (set.setting == "sharing" || set.setting == "balloon") return *set.value != 0 ? "true" : "false";
  constexpr std::uint64_t kPagesPerMebibyte = 256, kKibibytesPerPage = 4;
  return *set.value % kPagesPerMebibyte == 0 ? fmt::format("\"{} MiB\"", *set.value / kPagesPerMebibyte)
                                             : fmt::format("\"{} KiB\"", *set.value * kKibibytesPerPage);
}

std::string_view plainNumberOf(MetricUnit unit) {
  if (unit == MetricUnit::PerSecond) return "a plain number (per second)";
  if (unit == MetricUnit::Permille) return "a plain number (permille)";
  return "a plain number";
}

using Deed = std::variant<SetAction, PowerOnAction, PowerOffAction, SignalAction, FaultAction>;

std::optional<Deed> readDeed(const KeyReader& keys, Mistakes& mistakes) {
  constexpr std::array<std::string_view, 4> kActions{"power_on", "power_off", "signal", "fault"};
  const auto action = keys.word("action", kActions);
  if (!action) return std::nullopt;
  const bool isFault = *action == 3;
  for (const std::string_view key : {"fault", "fault_count"}) {
    if (!isFault && keys.has(key)) mistakes.add(keys.position(key), "{} goes with action = \"fault\" only", key);
  }
  switch (*action) {
    case 0: return PowerOnAction{};
    case 1: return PowerOffAction{};
    case 2: return SignalAction{};
    default: break;
  }
  std::vector<std::string_view> names;
  for (const FaultName& fault : kFaults) names.push_back(fault.name);
  if (!keys.has("fault")) {
    mistakes.add(keys.position("action"), "action = \"fault\" needs the key \"fault\": one of {}", fmt::join(names, ", "));
    return std::nullopt;
  }
  const auto fault = keys.word("fault", names);
  const auto count = keys.number("fault_count", 0, kLargestNumber);
  if (!fault) return std::nullopt;
  return FaultAction{kFaults[*fault].fault, count.value_or(1)};
}

void readWhen(const KeyReader& keys, const RunConfig& config, Expectation& expectation, Mistakes& mistakes) {
  const TomlValue* at = keys.value("at");
  if (at == nullptr) return;
  const bool isText = at->kind == TomlValue::Kind::Text;
  if (isText && at->text == "end") {
    expectation.when = Expectation::When::End;
  } else if (isText && at->text == "always") {
    expectation.when = Expectation::When::Always;
  } else if (isText && at->text == "ever") {
    expectation.when = Expectation::When::Ever;
  } else if (isText && !at->text.empty() && (at->text.front() < '0' || at->text.front() > '9')) {
    mistakes.add(at->position, "at = \"{}\" is neither a time (\"30s\") nor end, always or ever", at->text);
  } else {
    expectation.when = Expectation::When::AtTime;
    expectation.time = readInstant(keys, "at", config.duration, mistakes).value_or(VirtualTime());
  }
}

}  // namespace

std::optional<std::uint64_t> readMetricValue(const KeyReader& keys, std::string_view key, MetricUnit unit, Mistakes& mistakes) {
  switch (unit) {
    case MetricUnit::Size: {
      const auto size = keys.size(key);
      return size ? std::optional(size->value()) : std::nullopt;
    }
    case MetricUnit::Time: {
      const auto time = keys.time(key);
      return time ? std::optional(time->value()) : std::nullopt;
    }
    case MetricUnit::Count:
    case MetricUnit::PerSecond:
    case MetricUnit::Permille: break;
  }
  const TomlValue* value = keys.value(key);
  if (value != nullptr && value->kind == TomlValue::Kind::Text) {
    mistakes.add(value->position, "{} must be {}, not a text", key, plainNumberOf(unit));
    return std::nullopt;
  }
  return keys.number(key, 0, kLargestNumber);
}

std::vector<TimedAction> readAction(const TomlValue& table, std::span<const VmGroup> groups, const RunConfig& config,
                                    std::optional<VirtualTime> now, Mistakes& mistakes) {
  std::vector<TimedAction> actions;
  const KeyReader keys(table, "at", mistakes);
  if (!now) keys.require("time");
  TimedAction common{};
  common.time = readInstant(keys, "time", config.duration, mistakes).value_or(now.value_or(VirtualTime()));
  if (keys.boolean("may_fail").value_or(false)) common.ifRefused = IfRefused::RunGoesOn;
  const auto targets = readTargets(keys, table, groups, config, mistakes);
  if (keys.has("set") == keys.has("action")) {
    mistakes.add(table.position, "[[at]] must say what happens: either set = {{ … }} or action = \"…\"");
    return actions;
  }
  if (targets.empty()) return actions;
  if (const TomlValue* settings = keys.table("set")) {
    readSettings(*settings, targets, config, common, actions, mistakes);
  } else if (const auto deed = keys.has("action") ? readDeed(keys, mistakes) : std::nullopt) {
    if (!targets.front()) mistakes.add(keys.position("action"), "an action concerns a VM: write vm = \"name\" instead of host = true");
    for (const Target& target : targets) actions.push_back({common.time, target, *deed, common.ifRefused});
  }
  return actions;
}

void readActions(std::span<const TomlValue> tables, std::span<const VmGroup> groups, RunConfig& config, Mistakes& mistakes) {
  for (const TomlValue& table : tables) {
    const std::vector<TimedAction> actions = readAction(table, groups, config, std::nullopt, mistakes);
    if (config.actions.size() + actions.size() > kMostActions) {
      mistakes.add(table.position, "more than {} actions", kMostActions);
      return;
    }
    config.actions.insert(config.actions.end(), actions.begin(), actions.end());
  }
  std::ranges::stable_sort(config.actions, {}, &TimedAction::time);
}

std::string actionText(const TimedAction& action, std::span<const VmConfig> vms) {
  std::string text = fmt::format("[[at]]\ntime = \"{}\"\n", exactTime(action.time));
  text += action.vm ? fmt::format("vm = \"{}\"\n", vms[*action.vm].name) : "host = true\n";
  if (const auto* set = std::get_if<SetAction>(&action.what)) {
    text += fmt::format("set = {{ {} = {} }}\n", set->setting, valueText(*set, action.vm.has_value()));
  } else if (const auto* fault = std::get_if<FaultAction>(&action.what)) {
    const auto name = std::ranges::find(kFaults, fault->fault, &FaultName::fault);
    text += fmt::format("action = \"fault\"\nfault = \"{}\"\nfault_count = {}\n", name->name, fault->count);
  } else {
    text += fmt::format("action = \"{}\"\n", std::holds_alternative<PowerOnAction>(action.what)    ? "power_on"
                                             : std::holds_alternative<PowerOffAction>(action.what) ? "power_off"
                                                                                                   : "signal");
  }
  if (action.ifRefused == IfRefused::RunGoesOn) text += "may_fail = true\n";
  return text;
}

void readMarks(std::span<const TomlValue> tables, RunConfig& config, Mistakes& mistakes) {
  for (const TomlValue& table : tables) {
    const KeyReader keys(table, "mark", mistakes);
    keys.require("time");
    keys.require("text");
    const auto time = readInstant(keys, "time", config.duration, mistakes);
    const auto text = keys.text("text");
    if (text && text->size() > kEventTextMax) mistakes.add(keys.position("text"), "the text of a mark has at most {} bytes", kEventTextMax);
    if (time && text) config.marks.push_back({*time, *text});
  }
  std::ranges::stable_sort(config.marks, {}, &TimedMark::time);
}

std::vector<Expectation> readExpectations(std::span<const TomlValue> tables, const RunConfig& config, Mistakes& mistakes) {
  std::vector<std::string> names;
  for (const VmConfig& vm : config.vms) names.push_back(vm.name);
  std::vector<Expectation> expectations;
  if (tables.size() > kMostExpectations) {
    mistakes.add(tables.front().position, "more than {} expectations", kMostExpectations);
    return expectations;
  }
  for (const TomlValue& table : tables) {
    const KeyReader keys(table, "expect", mistakes);
    keys.require("metric");
    Expectation expectation;
    expectation.line = table.position.line;
    readWhen(keys, config, expectation, mistakes);
    if (!keys.has("min") && !keys.has("max")) mistakes.add(table.position, "[[expect]] needs min, max or both");
    const auto metric = keys.text("metric");
    if (!metric) continue;
    expectation.metric = *metric;
    const auto reference = findMetric(*metric, names);
    if (!reference) {
      mistakes.add(keys.position("metric"), "{}", reference.error().text);
      break;  // looking for a suggestion takes time
    }
    expectation.reference = *reference;
    expectation.least = readMetricValue(keys, "min", reference->unit(), mistakes);
    expectation.most = readMetricValue(keys, "max", reference->unit(), mistakes);
    if (expectation.least && expectation.most && *expectation.least > *expectation.most)
      mistakes.add(keys.position("min"), "min is greater than max: nothing can fulfil this");
    expectations.push_back(std::move(expectation));
  }
  return expectations;
}

}  // namespace overcommit
