// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/vm_section.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "abi/overcommit_abi.h"
#include "base/nearest.h"
#include "base/units.h"
#include "cpu/script.h"
#include "scenario/programs.h"

namespace overcommit {
namespace {

constexpr Bytes kMemoryStep(2u << 20);
constexpr Bytes kLargestVm(64ull << 30);
constexpr Bytes kLargestDisk(1ull << 40);
constexpr Bytes kUsualImage(64ull << 20);
constexpr std::uint64_t kMostShares = 100'000'000;
constexpr std::size_t kLongestName = OC_NAME_SIZE - 1;
constexpr std::size_t kLongestArgument = sizeof(oc_argument::name) - 1;

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isNameCharacter(char c) { return isLetter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; }
bool isName(std::string_view text) { return !text.empty() && isLetter(text.front()) && std::ranges::all_of(text, isNameCharacter); }

std::string absolute(const std::filesystem::path& baseDirectory, const std::string& path) {
  return (baseDirectory / path).lexically_normal().string();
}

// A size or time that must not be larger than another, by the key's name.
void checkAtMost(const KeyReader& keys, std::string_view key, const std::optional<Pages>& pages, Bytes most, std::string_view whatMost,
                 Mistakes& mistakes) {
  if (pages && bytesOf(*pages) > most)
    mistakes.add(keys.position(key), "{} is {}, more than {} ({})", key, formatBytes(bytesOf(*pages)), whatMost, formatBytes(most));
}

void readMemory(const KeyReader& keys, VmConfig& vm, Mistakes& mistakes) {
  keys.require("memory");
  const auto memory = keys.size("memory");
  if (!memory) return;
  if (memory->value() == 0 || memory->value() % kMemoryStep.value() != 0) {
    mistakes.add(keys.position("memory"), "memory must be a multiple of 2 MiB, at least 2 MiB");
    return;
  }
  if (*memory > kLargestVm) {
    mistakes.add(keys.position("memory"), "memory is {}, more than a VM can have ({})", formatBytes(*memory), formatBytes(kLargestVm));
    return;
  }
  vm.memory = pagesOf(*memory);
}

void readAllocation(const KeyReader& keys, VmConfig& vm, Mistakes& mistakes) {
  // Without a memory size there is nothing to compare with, and the mistake is noted already.
  const bool memoryKnown = vm.memory > Pages(0);
  const Bytes memory = bytesOf(vm.memory);
  if (const auto reservation = keys.pages("reservation")) {
    vm.reservation = *reservation;
    if (memoryKnown) checkAtMost(keys, "reservation", reservation, memory, "memory", mistakes);
  }
  const TomlValue* limit = keys.value("limit");
  if (limit != nullptr && !(limit->kind == TomlValue::Kind::Text && limit->text == "none")) {
    vm.limit = keys.pages("limit");
    if (vm.limit && *vm.limit < vm.reservation) {
      mistakes.add(limit->position, "limit is {}, less than the reservation ({})", formatBytes(bytesOf(*vm.limit)),
                   formatBytes(bytesOf(vm.reservation)));
    }
    if (vm.limit && *vm.limit == Pages(0)) mistakes.add(limit->position, "limit cannot be 0: write \"none\" for no limit");
  }
  vm.shares = 10 * (memory.value() >> 20);
  if (const TomlValue* shares = keys.value("shares")) vm.shares = readShares(*shares, vm.memory, mistakes).value_or(vm.shares);

  vm.sharing = keys.boolean("sharing").value_or(true);
  vm.salt = keys.text("salt");
  vm.balloon = keys.boolean("balloon").value_or(true);
  vm.balloonMax = keys.pages("balloon_max");
  if (memoryKnown) checkAtMost(keys, "balloon_max", vm.balloonMax, memory, "memory", mistakes);
  vm.toolsStart = keys.time("tools_start").value_or(VirtualTime());
}

std::optional<std::uint64_t> readArgument(const TomlValue& value, std::string_view name, ArgumentUnit unit, Mistakes& mistakes) {
  constexpr auto number = [](auto amount) { return amount.value(); };
  switch (unit) {
    case ArgumentUnit::Size: {
      const auto size = readSize(value, name, mistakes);
      return size ? std::optional(number(*size)) : std::nullopt;
    }
    case ArgumentUnit::Time: {
      const auto time = readTime(value, name, mistakes);
      return time ? std::optional(number(*time)) : std::nullopt;
    }
    case ArgumentUnit::Count: return readNumber(value, name, 0, kLargestNumber, mistakes);
    case ArgumentUnit::Permille: return readNumber(value, name, 0, 1000, mistakes);
  }
  return std::nullopt;
}

// Own kernels take any argument: numbers, sizes and times.
std::optional<std::uint64_t> readFreeArgument(const TomlValue& value, std::string_view name, Mistakes& mistakes) {
  if (value.kind == TomlValue::Kind::Boolean) return value.boolean ? 1 : 0;
  if (value.kind != TomlValue::Kind::Text) return readNumber(value, name, 0, kLargestNumber, mistakes);
  if (const auto size = parseBytes(value.text)) return size->value();
  if (const auto time = parseTime(value.text)) return time->value();
  mistakes.add(value.position, "{} = \"{}\" is neither a number, nor a size (\"40 MiB\"), nor a time (\"10ms\")", name, value.text);
  return std::nullopt;
}

using ArgumentUnits = std::map<std::string_view, ArgumentUnit>;

ArgumentUnits unitsOf(const ProgramInfo& program) {
  ArgumentUnits units;
  for (const ProgramArgument& argument : program.arguments) units.emplace(argument.name, argument.unit);
  return units;
}

ArgumentUnits unitsOf(const ScriptGeneratorInfo& generator) {
  ArgumentUnits units;
  for (const ScriptArgument& argument : generator.arguments) {
    const ArgumentUnit unit = argument.unit == "bytes"      ? ArgumentUnit::Size
                              : argument.unit == "time"     ? ArgumentUnit::Time
                              : argument.unit == "permille" ? ArgumentUnit::Permille
                                                            : ArgumentUnit::Count;
    units.emplace(argument.name, unit);
  }
  return units;
}

void readKnownArguments(const TomlValue& arguments, const ArgumentUnits& units, std::string_view whose, VmConfig& vm, Mistakes& mistakes) {
  std::vector<std::string_view> names;
  for (const auto& [name, unit] : units) names.push_back(name);
  for (const TomlEntry& entry : arguments.table) {
    const auto unit = units.find(entry.key);
    if (unit == units.end()) {
      std::string text = fmt::format("{} has no argument \"{}\"{}", whose, entry.key, didYouMean(entry.key, names));
      if (names.empty())
        text += ": it takes none";
      else if (!nearest(entry.key, names))
        text += fmt::format(": it has {}", fmt::join(names, ", "));
      mistakes.note(Mistakes::Gravity::Key, entry.position, std::move(text));
      continue;
    }
    if (const auto value = readArgument(entry.value, entry.key, unit->second, mistakes)) vm.arguments.push_back({entry.key, *value});
  }
}

void readFreeArguments(const TomlValue& arguments, VmConfig& vm, Mistakes& mistakes) {
  for (const TomlEntry& entry : arguments.table) {
    if (entry.key.empty() || entry.key.size() > kLongestArgument) {
      mistakes.add(entry.position, "the name of an argument has 1 to {} bytes", kLongestArgument);
      continue;
    }
    if (const auto value = readFreeArgument(entry.value, entry.key, mistakes)) vm.arguments.push_back({entry.key, *value});
  }
  if (vm.arguments.size() > OC_MAX_ARGUMENTS) mistakes.add(arguments.position, "a kernel takes at most {} arguments", OC_MAX_ARGUMENTS);
}

void readProgram(const KeyReader& keys, VmConfig& vm, const TomlValue* arguments, Mistakes& mistakes) {
  vm.program = keys.text("program").value_or("");
  if (vm.program.empty()) return;
  const ProgramInfo* program = findProgram(vm.program);
  if (program != nullptr) {
    if (arguments != nullptr)
      readKnownArguments(*arguments, unitsOf(*program), fmt::format("the program \"{}\"", vm.program), vm, mistakes);
    return;
  }
  std::vector<std::string_view> names;
  for (const ProgramInfo& info : guestPrograms()) names.push_back(info.name);
  const std::string hint = didYouMean(vm.program, names);
  mistakes.add(keys.position("program"), "there is no program \"{}\"{}", vm.program,
               hint.empty() ? fmt::format(": the programs are {}", fmt::join(names, ", ")) : hint);
}

void readGenerator(const KeyReader& keys, VmConfig& vm, const TomlValue* arguments, Mistakes& mistakes) {
  vm.generator = keys.text("generator").value_or("");
  if (vm.generator.empty()) return;
  const auto generators = scriptGenerators();
  const auto found = std::ranges::find(generators, vm.generator, &ScriptGeneratorInfo::name);
  if (found != generators.end()) {
    if (arguments != nullptr)
      readKnownArguments(*arguments, unitsOf(*found), fmt::format("the generator \"{}\"", vm.generator), vm, mistakes);
    return;
  }
  std::vector<std::string_view> names;
  for (const ScriptGeneratorInfo& info : generators) names.push_back(info.name);
  const std::string hint = didYouMean(vm.generator, names);
  mistakes.add(keys.position("generator"), "there is no generator \"{}\"{}", vm.generator,
               hint.empty() ? fmt::format(": the generators are {}", fmt::join(names, ", ")) : hint);
}

// A kernel with the programs of the reference guest (one built with a balloon driver of its own, say) takes their arguments too;
// of any other program only that kernel knows which it has.
void readKernel(const KeyReader& keys, const std::filesystem::path& baseDirectory, const std::string& path, VmConfig& vm,
                const TomlValue* arguments, Mistakes& mistakes) {
  vm.kernelPath = absolute(baseDirectory, path);
  vm.program = keys.text("program").value_or("");
  if (vm.program.size() > kLongestName) mistakes.add(keys.position("program"), "the name of a program has at most {} bytes", kLongestName);
  if (arguments == nullptr) return;
  const ProgramInfo* program = findProgram(vm.program);
  if (program != nullptr)
    return readKnownArguments(*arguments, unitsOf(*program), fmt::format("the program \"{}\"", vm.program), vm, mistakes);
  readFreeArguments(*arguments, vm, mistakes);
}

// What it runs: exactly one of four keys (but a kernel may be told which of its programs to run), and its arguments.
void readSubstance(const KeyReader& keys, const TomlValue& table, const std::filesystem::path& baseDirectory, VmConfig& vm,
                   Mistakes& mistakes) {
  constexpr std::array<std::string_view, 4> kKinds{"program", "kernel", "script", "generator"};
  std::string_view given;
  for (const std::string_view kind : kKinds) {
    if (!keys.has(kind)) continue;
    const bool programOfKernel = given == "program" && kind == "kernel";
    if (!given.empty() && !programOfKernel) {
      mistakes.add(keys.position(kind), "a VM runs either a {} or a {}, not both", given, kind);
      return;
    }
    given = kind;
  }
  if (given.empty()) {
    mistakes.add(table.position, "[[vm]] does not say what it runs: add one of {}", fmt::join(kKinds, ", "));
    return;
  }
  const auto path = keys.text(given);
  if (path && path->empty()) {
    mistakes.add(keys.position(given), "{} cannot be empty", given);
    return;
  }
  const TomlValue* arguments = keys.table("args");
  if (given == "program") readProgram(keys, vm, arguments, mistakes);
  if (given == "generator") readGenerator(keys, vm, arguments, mistakes);
  if (given == "kernel" && path) readKernel(keys, baseDirectory, *path, vm, arguments, mistakes);
  if (given == "script" && path) {
    vm.scriptPath = absolute(baseDirectory, *path);
    if (arguments != nullptr) mistakes.add(arguments->position, "a script takes no arguments");
  }
}

void readDisks(const KeyReader& keys, const std::filesystem::path& baseDirectory, VmConfig& vm, Mistakes& mistakes) {
  if (const auto image = keys.text("image")) {
    const bool isFile = image->find_first_of("/.") != std::string::npos;
    if (isFile) {
      vm.image.path = absolute(baseDirectory, *image);
      if (keys.has("image_size"))
        mistakes.add(keys.position("image_size"), "image_size is for images given by id: a file has its own size");
    } else if (!isName(*image) || image->size() > kLongestName) {
      mistakes.add(keys.position("image"),
                   "image = \"{}\" is neither an id (letters, digits, - and _) nor a path (with a / or a point in it)", *image);
    } else {
      vm.image.id = *image;
      const auto size = keys.pages("image_size");
      vm.image.size = size ? bytesOf(*size) : kUsualImage;
      checkAtMost(keys, "image_size", size, kLargestDisk, "a disk can have", mistakes);
      if (size && *size == Pages(0)) mistakes.add(keys.position("image_size"), "image_size cannot be 0");
    }
  } else if (keys.has("image_size") && !keys.has("image")) {
    mistakes.add(keys.position("image_size"), "image_size without an image");
  }
  if (const auto swap = keys.pages("guest_swap")) {
    vm.guestSwap = *swap;
    checkAtMost(keys, "guest_swap", swap, kLargestDisk, "a disk can have", mistakes);
  }
}

void readStart(const KeyReader& keys, VirtualTime duration, VmConfig& vm, Mistakes& mistakes) {
  vm.start = VirtualTime();
  const TomlValue* start = keys.value("start");
  if (start == nullptr) return;
  if (start->kind == TomlValue::Kind::Text && start->text == "never") {
    vm.start.reset();
    return;
  }
  const auto time = keys.time("start");
  if (!time) return;
  vm.start = *time;
  if (duration > VirtualTime() && *time >= duration) {
    mistakes.add(start->position, "start is {}, not before the end of the run ({}): write \"never\" for a VM that an action starts",
                 formatTime(*time), formatTime(duration));
  }
}

std::string readName(const KeyReader& keys, std::uint64_t count, Mistakes& mistakes) {
  keys.require("name");
  const auto name = keys.text("name");
  if (!name) return "";
  if (!isName(*name)) {
    mistakes.add(keys.position("name"), "name = \"{}\" must begin with a letter and hold only letters, digits, - and _", *name);
    return "";
  }
  const std::size_t longest = name->size() + (count > 1 ? std::to_string(count).size() : 0);
  if (longest > kLongestName) {
    mistakes.add(keys.position("name"), "the name of a VM has at most {} characters, its number included", kLongestName);
    return "";
  }
  return *name;
}

}  // namespace

std::optional<std::uint64_t> readShares(const TomlValue& value, Pages memory, Mistakes& mistakes) {
  const std::uint64_t mebibytes = bytesOf(memory).value() >> 20;
  if (value.kind != TomlValue::Kind::Text) return readNumber(value, "shares", 0, kMostShares, mistakes);
  if (value.text == "low") return 5 * mebibytes;
  if (value.text == "normal") return 10 * mebibytes;
  if (value.text == "high") return 20 * mebibytes;
  mistakes.add(value.position, "shares = \"{}\" is neither low, normal, high nor a number", value.text);
  return std::nullopt;
}

std::vector<VmGroup> readVms(std::span<const TomlValue> tables, const std::filesystem::path& baseDirectory, RunConfig& config,
                             Mistakes& mistakes) {
  std::vector<VmGroup> groups;
  std::map<std::string, SourcePosition> taken;
  for (const TomlValue& table : tables) {
    const KeyReader keys(table, "vm", mistakes);
    const std::uint64_t count = keys.number("count", 1, kMaxVms).value_or(1);
    VmConfig vm;
    const std::string name = readName(keys, count, mistakes);
    readMemory(keys, vm, mistakes);
    readAllocation(keys, vm, mistakes);
    readSubstance(keys, table, baseDirectory, vm, mistakes);
    vm.operations = keys.number("ops", 0, kLargestNumber).value_or(0);
    readDisks(keys, baseDirectory, vm, mistakes);
    readStart(keys, config.duration, vm, mistakes);

    if (config.vms.size() + count > kMaxVms) {
      mistakes.add(table.position, "more than {} VMs", kMaxVms);
      return groups;
    }
    const VmGroup group{name, config.vms.size(), count};
    for (std::uint64_t i = 1; i <= count; ++i) {
      vm.name = count > 1 ? fmt::format("{}{}", name, i) : name;
      const auto [other, isNew] = taken.emplace(vm.name, keys.position("name"));
      if (!isNew && !name.empty()) {
        mistakes.add(keys.position("name"), "there are two VMs named \"{}\": the other is in line {}", vm.name, other->second.line);
        break;
      }
      config.vms.push_back(vm);
    }
    groups.push_back(group);
  }
  return groups;
}

}  // namespace overcommit
