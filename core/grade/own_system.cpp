// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/own_system.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "grade/run_process.h"
#include "grade/text_file.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestRelease = 64u << 10;

// The value of NAME=value or NAME="value"; "" if there is none.
std::string releaseValue(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(name) || line.substr(name.size(), 1) != "=") continue;
    line.remove_prefix(name.size() + 1);
    if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') && line.back() == line.front())
      line = line.substr(1, line.size() - 2);
    return std::string(line);
  }
  return "";
}

// The files of the libraries that the executable itself names, not those that these need in turn: apt knows of them.
std::vector<fs::path> linkedLibraries() {
  void* self = dlopen(nullptr, RTLD_LAZY);
  const link_map* first = nullptr;
  if (self == nullptr || dlinfo(self, RTLD_DI_LINKMAP, static_cast<void*>(&first)) != 0) return {};
  const char* strings = nullptr;
  for (const ElfW(Dyn)* entry = first->l_ld; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_STRTAB) strings = reinterpret_cast<const char*>(entry->d_un.d_ptr);  // NOLINT: so the loader keeps it
  }
  std::set<std::string> needed;
  for (const ElfW(Dyn)* entry = first->l_ld; strings != nullptr && entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_NEEDED) needed.insert(strings + entry->d_un.d_val);
  }
  std::vector<fs::path> libraries;
  for (const link_map* loaded = first; loaded != nullptr; loaded = loaded->l_next) {
    if (needed.contains(fs::path(loaded->l_name).filename().string())) libraries.emplace_back(loaded->l_name);
  }
  dlclose(self);
  return libraries;
}

// A file has one name for the loader and perhaps another one for dpkg, where /lib is a link to /usr/lib.
std::vector<std::string> namesOf(const fs::path& library) {
  std::error_code failed;
  std::vector<std::string> names{library.string()};
  for (const fs::path& path : {library, fs::canonical(library, failed)}) {
    if (failed) break;
    const std::string name = path.string();
    names.push_back(name);
    names.push_back(name.starts_with("/usr/") ? name.substr(4) : "/usr" + name);
  }
  return names;
}

// What a Debian tool prints. It is run by a shell, which leads its output to where errors of runs are read.
Result<std::string> debianTool(const std::string& command, const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"/bin/sh", "-c",
                                 "command -v dpkg >/dev/null || exit 127; exec 3>&2 2>/dev/null; exec " + command + " \"$@\" >&3", "sh"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto process = RunProcess::start(words, false);
  if (!process) return tl::unexpected(process.error());
  while ((*process)->take() == RunProcess::Taken::Some) {
  }
  const RunProcess::Ended ended = (*process)->wait();
  if (ended.exitCode == 127)
    return failure(
        "cannot say which packages this program needs: this system has no dpkg; make the package on Debian or Ubuntu, where graders run "
        "it");
  return ended.messages;
}

// By file: the package that has it, of lines "libfmt9:amd64: /usr/lib/x86_64-linux-gnu/libfmt.so.9".
std::map<std::string, std::string> packagesByFile(std::string_view text) {
  std::map<std::string, std::string> packages;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos || line.starts_with("diversion ")) continue;
    const std::string_view package = line.substr(0, colon);
    packages[std::string(line.substr(colon + 2))] = package.substr(0, package.find_first_of(":,"));
  }
  return packages;
}

}  // namespace

OwnSystem describedBy(std::string_view osRelease) {
  OwnSystem system;
  const std::string id = releaseValue(osRelease, "ID"), version = releaseValue(osRelease, "VERSION_ID"),
                    suite = releaseValue(osRelease, "VERSION_CODENAME");
  system.name = releaseValue(osRelease, "PRETTY_NAME");
  if (system.name.empty()) system.name = "an unknown Linux";
  // Debian's testing and unstable have no version.
  if (id == "debian") system.base = fmt::format("debian:{}-slim", !version.empty() ? version : !suite.empty() ? suite : "sid");
  if (id == "ubuntu" && !version.empty()) system.base = "ubuntu:" + version;
  return system;
}

Result<OwnSystem> ownSystem() {
  const auto release = readTextFile("/etc/os-release", kLongestRelease);
  if (!release) return failure("cannot say which system this is: {}", release.error().text);
  OwnSystem system = describedBy(*release);
  auto architecture = debianTool("dpkg", {"--print-architecture"});
  if (!architecture) return tl::unexpected(architecture.error());
  while (architecture->ends_with('\n')) architecture->pop_back();
  system.architecture = *architecture;
  system.name += ", " + system.architecture;

  const std::vector<fs::path> libraries = linkedLibraries();
  if (libraries.empty())
    return failure("cannot say which packages this program needs: it does not name the libraries that it is linked with");
  std::vector<std::string> wanted;
  for (const fs::path& library : libraries) {
    for (std::string& name : namesOf(library)) wanted.push_back(std::move(name));
  }
  const auto found = debianTool("dpkg-query --search", wanted);
  if (!found) return tl::unexpected(found.error());
  const auto packages = packagesByFile(*found);
  std::set<std::string> all;
  for (const fs::path& library : libraries) {
    const auto names = namesOf(library);
    const auto name = std::ranges::find_if(names, [&](const std::string& one) { return packages.contains(one); });
    if (name == names.end())
      return failure(
          "cannot say which package has {}, with which this program is linked: it was not installed from a package, so graders "
          "could not install it; build Overcommit with the library of your distribution",
          library.string());
    all.insert(packages.at(*name));
  }
  system.packages.assign(all.begin(), all.end());
  return system;
}

}  // namespace overcommit
