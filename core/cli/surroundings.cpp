// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/surroundings.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
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

// Where a part of the installation lies, told by a file that it has.
struct InstalledPart {
  std::string_view what;
  const char* variable;
  std::string_view installed;  // beside the executable's bin
  std::string_view source;     // in the source tree
  std::string_view file;
};

Result<fs::path> find(const InstalledPart& part) {
  std::vector<fs::path> places;
  if (const std::string named = variable(part.variable); !named.empty()) {
    places.emplace_back(named);
  } else {
    std::error_code ignored;
    const fs::path executable = fs::read_symlink("/proc/self/exe", ignored);
    if (!executable.empty()) places.push_back(executable.parent_path().parent_path() / part.installed);
    if (const fs::path tree = sourceTree(); !tree.empty()) places.push_back(tree / part.source);
  }
  std::string looked;
  for (const fs::path& place : places) {
    std::error_code ignored;
    if (fs::is_regular_file(place / part.file, ignored)) return place;
    looked += fmt::format("{}{}", looked.empty() ? "" : " and ", place.string());
  }
  return failure("cannot find {} {}: looked in {}; name its directory by {}", part.what, part.file, looked, part.variable);
}

}  // namespace

fs::path sourceTree() { return OVERCOMMIT_SOURCE_TREE; }

Result<fs::path> findReferenceGuest() {
  return find({"the reference guest", "OVERCOMMIT_GUESTS", "share/overcommit/guests", "guests/prebuilt", kGuestFile})
      .map([](const fs::path& folder) { return folder / kGuestFile; });
}

Result<GuestSources> findGuestSources() {
  auto prebuilt =
      find({"the reference guest", "OVERCOMMIT_GUESTS", "share/overcommit/guests", "guests/prebuilt", "kernel-without-balloon.o"});
  if (!prebuilt) return tl::unexpected(prebuilt.error());
  for (const fs::path& place : {*prebuilt, prebuilt->parent_path()}) {
    std::error_code ignored;
    if (fs::is_regular_file(place / "kernel/balloon.h", ignored)) return GuestSources{place, *prebuilt / "kernel-without-balloon.o"};
  }
  return failure("cannot find kernel/balloon.h, which balloon drivers are compiled with, beside {}", prebuilt->string());
}

Result<fs::path> findSdk() {
  return find({"the headers of policies", "OVERCOMMIT_SDK", "share/overcommit/include", "include", "overcommit/abi.h"});
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
