// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/lab_places.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "base/nearest.h"
#include "cli/interrupt.h"
#include "cli/say.h"
#include "cli/surroundings.h"
#include "grade/text_file.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShortestSecret = 16;
constexpr std::size_t kLongestSecret = 4096;
constexpr unsigned kMostRunsAtOnce = 4;  // each takes some 100 MB

std::string labVariable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets variables here
  return value == nullptr ? std::string() : std::string(value);
}

bool isLab(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "lab.toml", ignored);
}

// "lab-12-plan" -> 12; others come behind.
std::uint64_t orderOf(const fs::path& folder) {
  const std::string name = folder.filename().string();
  const std::size_t digit = name.find_first_of("0123456789");
  return digit == std::string::npos ? UINT64_MAX : std::strtoull(name.c_str() + digit, nullptr, 10);
}

}  // namespace

Result<std::vector<fs::path>> findLabs() {
  std::vector<fs::path> places;
  if (const std::string named = labVariable("OVERCOMMIT_LABS"); !named.empty()) {
    places.emplace_back(named);
  } else {
    std::error_code ignored;
    const fs::path executable = fs::read_symlink("/proc/self/exe", ignored);
    if (!executable.empty()) {
      // Where both are installed, the teacher's are the whole labs.
      const fs::path share = executable.parent_path().parent_path() / "share/overcommit";
      places.insert(places.end(), {share / "teacher/labs", share / "labs"});
    }
    if (const fs::path tree = sourceTree(); !tree.empty()) places.push_back(tree / "labs");
  }
  std::string looked;
  for (const fs::path& place : places) {
    std::vector<fs::path> labs;
    std::error_code failed;
    for (fs::directory_iterator entry(place, failed), end; !failed && entry != end; entry.increment(failed)) {
      if (isLab(entry->path())) labs.push_back(entry->path());
    }
    std::ranges::sort(labs, {}, [](const fs::path& lab) { return std::pair(orderOf(lab), lab); });
    if (!labs.empty()) return labs;
    looked += fmt::format("{}{}", looked.empty() ? "" : " and ", place.string());
  }
  return failure("there are no labs: looked in {}; name their folder by OVERCOMMIT_LABS", looked);
}

Result<Lab> labNamed(const std::string& name) {
  if (name.find('/') != std::string::npos || isLab(name)) {
    if (!isLab(name)) return failure("{} is no lab: it has no lab.toml", name);
    return loadLab(name);
  }
  const auto labs = findLabs();
  if (!labs) return tl::unexpected(labs.error());
  std::vector<std::string> names;
  for (const fs::path& lab : *labs) names.push_back(lab.filename().string());
  const bool isNumber = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
  std::vector<std::size_t> fitting;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool fits = isNumber ? std::to_string(orderOf((*labs)[i])) == name : names[i].starts_with(name) && !name.empty();
    if (names[i] == name) fitting.assign(1, i);
    if (names[i] == name) break;
    if (fits) fitting.push_back(i);
  }
  if (fitting.size() == 1) return loadLab((*labs)[fitting.front()]);
  if (fitting.size() > 1) return failure("there are several labs \"{}\": say more of its name", name);
  const std::vector<std::string_view> known(names.begin(), names.end());
  return failure("there is no lab \"{}\"{}; overcommit lab list lists them", name, didYouMean(name, known));
}

void warnOfWithheld(const Lab& lab) {
  if (lab.withheld.value_or(0) == 0) return;
  sayTo(stderr,
        "overcommit: {} is a copy for students: {} {} missing in it, and {} not graded. The package overcommit-teacher has all of them; in "
        "the "
        "source they are in labs/\n",
        lab.folder.string(), *lab.withheld, *lab.withheld == 1 ? "check is" : "checks are", *lab.withheld == 1 ? "is" : "are");
}

Result<fs::path> ownExecutable() {
  std::error_code failed;
  fs::path executable = fs::read_symlink("/proc/self/exe", failed);
  if (failed) return failure("cannot find this executable by /proc/self/exe: {}", failed.message());
  return executable;
}

Result<GraderConfig> graderConfig() {
  GraderConfig config;
  auto executable = ownExecutable();
  if (!executable) return tl::unexpected(executable.error());
  config.command = std::move(*executable);
  config.secret = labVariable("OVERCOMMIT_LAB_SECRET");
  if (config.secret.starts_with("@")) {
    const auto text = readTextFile(config.secret.substr(1), kLongestSecret);
    if (!text) return failure("OVERCOMMIT_LAB_SECRET: {}", text.error().text);
    config.secret = *text;
  }
  while (config.secret.ends_with('\n')) config.secret.pop_back();
  if (!config.secret.empty() && config.secret.size() < kShortestSecret)
    return failure("OVERCOMMIT_LAB_SECRET has less than {} characters: it could be guessed; head -c 32 /dev/urandom | base64 makes one",
                   kShortestSecret);
  config.stop = [] { return interrupted(); };
  config.atOnce = std::clamp(std::thread::hardware_concurrency(), 1u, kMostRunsAtOnce);
  return config;
}

}  // namespace overcommit
