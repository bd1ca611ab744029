// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/surroundings.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace overcommit {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGuestFile = "overcommit-guest.elf";

// "" if the variable is not set.
std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets variables here
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

Result<fs::path> findReferenceGuest() {
  std::vector<fs::path> places;
  if (const std::string named = variable("OVERCOMMIT_GUESTS"); !named.empty()) {
    places.emplace_back(named);
  } else {
    std::error_code ignored;
    const fs::path executable = fs::read_symlink("/proc/self/exe", ignored);
    if (!executable.empty()) places.push_back(executable.parent_path().parent_path() / "share/overcommit/guests");
    places.emplace_back(OVERCOMMIT_SOURCE_GUESTS);
  }
  std::string looked;
  for (const fs::path& place : places) {
    std::error_code ignored;
    if (fs::is_regular_file(place / kGuestFile, ignored)) return place / kGuestFile;
    looked += fmt::format("{}{}", looked.empty() ? "" : " and ", place.string());
  }
  return failure("cannot find the reference guest {}: looked in {}; name its directory by OVERCOMMIT_GUESTS", kGuestFile, looked);
}

fs::path swapDirectory() {
  for (const char* name : {"OVERCOMMIT_SWAP_DIR", "TMPDIR"}) {
    if (const std::string named = variable(name); !named.empty()) return named;
  }
  return "/var/tmp";
}

Result<HostSurroundings> surroundingsFor(const RunConfig& config) {
  HostSurroundings surroundings;
  surroundings.swapDirectory = swapDirectory();
  const bool needed = std::ranges::any_of(config.vms, [](const VmConfig& vm) { return !vm.program.empty() && vm.kernelPath.empty(); });
  if (needed) {
    auto guest = findReferenceGuest();
    if (!guest) return tl::unexpected(guest.error());
    surroundings.referenceGuest = *guest;
  }
  return surroundings;
}

}  // namespace overcommit
