// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>

#include <algorithm>
#include <fstream>

#include "grade/lab_folder.h"
#include "grade/run_process.h"
#include "grade/text_file.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

constexpr int kNoProgram = 127;  // the exit code where there is no such program

constexpr std::string_view kLicence = "Identifier: GPL-2.0-or-later";

// The packages that the command needs at run time, and those that build policies.
std::string packagesFor(const Lab& lab, const OwnSystem& system) {
  std::string packages = fmt::format("{}", fmt::join(system.packages, " "));
  const bool anyDriver = lab.policy("balloon") != nullptr;
  if (lab.policies.size() > (anyDriver ? 1 : 0)) packages += " g++ python3";
  // Drivers run in guests, which are x86-64 on every machine.
  if (anyDriver) packages += system.architecture == "amd64" ? " gcc binutils" : " gcc-x86-64-linux-gnu binutils-x86-64-linux-gnu";
  return packages;
}

// Has an ELF file of 64 bits a table of symbols or more?
Result<bool> hasSymbols(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr head{};
  file.read(reinterpret_cast<char*>(&head), sizeof(head));  // NOLINT: as it is in the file
  file.seekg(static_cast<std::streamoff>(head.e_shoff));
  for (unsigned i = 0; i < head.e_shnum && file; ++i) {
    Elf64_Shdr section{};
    file.read(reinterpret_cast<char*>(&section), sizeof(section));  // NOLINT: as above
    if (section.sh_type == SHT_SYMTAB) return true;
  }
  if (!file) return failure("cannot read {} as a program", path.string());
  return false;
}

std::string shellHead() { return fmt::format("#!/bin/sh\n# SPDX-License-{}\n", kLicence); }

Result<void> writeScript(const fs::path& path, const std::string& text) {
  if (auto written = writeAtomically(path, text); !written) return written;
  std::error_code failed;
  fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add, failed);
  if (failed) return failure("cannot make {} executable: {}", path.string(), failed.message());
  return {};
}

// Files of a folder, and of those in it, whose name ends so.
Result<void> copyFiles(const fs::path& from, const fs::path& to, std::initializer_list<std::string_view> endings) {
  std::error_code failed;
  for (fs::recursive_directory_iterator entry(from, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    const bool wanted = std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
    if (!wanted || !entry->is_regular_file(failed)) continue;
    const fs::path target = to / entry->path().lexically_relative(from);
    fs::create_directories(target.parent_path(), failed);
    if (!failed) fs::copy_file(entry->path(), target, failed);
    if (failed) break;
  }
  if (failed) return failure("cannot copy {} to {}: {}", from.string(), to.string(), failed.message());
  return {};
}

// Without symbols and debug information, which are most of a program that was built for developing.
Result<void> copyCommand(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::create_directories(to.parent_path(), failed);
  if (!failed) fs::copy_file(from, to, failed);
  if (failed) return failure("cannot copy {} to {}: {}", from.string(), to.string(), failed.message());
  const auto symbols = hasSymbols(to);
  if (!symbols) return tl::unexpected(symbols.error());
  if (!*symbols) return {};
  auto strip = RunProcess::start({"/usr/bin/strip", "--strip-all", to.string()}, false);
  if (!strip) return tl::unexpected(strip.error());
  while ((*strip)->take() == RunProcess::Taken::Some) {
  }
  const RunProcess::Ended ended = (*strip)->wait();
  if (ended.exitCode == kNoProgram)
    return failure("cannot take the symbols out of {}: there is no /usr/bin/strip; install the package binutils", to.string());
  if (ended.exitCode != 0) return failure("cannot take the symbols out of {}: strip said: {}", to.string(), ended.messages);
  return {};
}

// The lab as a grader needs it.
Result<void> copyLab(const Lab& lab, const fs::path& into) {
  std::error_code failed;
  fs::create_directories(into, failed);
  for (fs::directory_iterator entry(lab.folder, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (name != "reference" && name != "saboteurs" && name != "lab.toml")
      fs::copy(*entry, into / name, fs::copy_options::recursive, failed);
    if (failed) break;
  }
  if (failed) return failure("cannot copy {} to {}: {}", lab.folder.string(), into.string(), failed.message());
  const std::string text = textForGrading(lab);
  if (const auto checked = parseLab(text, "the lab.toml of the package"); !checked) return tl::unexpected(checked.error());
  return writeAtomically(into / "lab.toml", text);
}

// The command, its guests and the lab, as they lie when they are installed.
Result<void> copyEngine(const Lab& lab, const fs::path& into, const PackageParts& parts) {
  const fs::path share = into / "share/overcommit";
  return copyCommand(parts.command, into / "bin/overcommit")
      .and_then([&] { return copyLab(lab, share / "labs" / lab.name); })
      .and_then([&] {
        return copyFiles(parts.guests, share / "guests", {"overcommit-guest.elf", "kernel-without-balloon.o"});
      })
      .and_then([&]() -> Result<void> {
        if (lab.policies.empty()) return {};
        return copyFiles(parts.sdk, share / "include", {".h", "overcommit_policy.py"});
      })
      .and_then([&]() -> Result<void> {
        if (lab.policy("balloon") == nullptr) return {};
        return copyFiles(parts.guestSources / "abi", share / "guests/abi", {".h", ".inc"}).and_then([&] {
          return copyFiles(parts.guestSources / "kernel", share / "guests/kernel", {".h", ".ld"});
        });
      });
}

Result<void> packGradescope(const Lab& lab, const fs::path& into, const PackageParts& parts) {
  const std::string setup =
      shellHead() + fmt::format(R"setup(# Run once, when Gradescope builds the image. The command in bin/ is built for {0}.
here=$(cd "$(dirname "$0")" && pwd)
cannot() {{
  echo "setup.sh: $1. This grader is built for {0}: choose an image of that system, or call" \
    "overcommit lab package on the system of the image." >&2
  exit 1
}}
export DEBIAN_FRONTEND=noninteractive
apt-get update || cannot "the lists of packages could not be fetched"
apt-get install -y --no-install-recommends {1} || cannot "the packages that it needs could not be installed"
"$here/bin/overcommit" --version || cannot "its command does not start here"
)setup",
                                parts.system.name, packagesFor(lab, parts.system));
  if (auto written = writeScript(into / "setup.sh", setup); !written) return written;
  const std::string run =
      shellHead() +
      fmt::format(
          "# Run for every submission. AUTOGRADER_ROOT is for trying it out elsewhere.\n"
          "root=${{AUTOGRADER_ROOT:-/autograder}}\n"
          "mkdir -p \"$root/results\"\n"
          "[ -r \"$root/source/secret\" ] && OVERCOMMIT_LAB_SECRET=$(cat \"$root/source/secret\") && export OVERCOMMIT_LAB_SECRET\n"
          "exec \"$root/source/bin/overcommit\" grade {} --submission \"$root/submission\" --metadata \"$root/submission_metadata.json\" "
          "\\\n"
          "  --format gradescope --out \"$root/results/results.json\" --exit-policy ran\n",
          lab.name);
  return writeScript(into / "run_autograder", run);
}

Result<void> packClassroom(const Lab& lab, const fs::path& into, const PackageParts& parts) {
  const std::string grade =
      shellHead() +
      fmt::format(
          "# Called in the checkout of a submission, with CLASSROOM, ASSIGNMENT and so on in the environment; writes ./result.json.\n"
          "# Exits with 0 when it was graded to the end, whatever the result.\n"
          "here=$(cd \"$(dirname \"$0\")\" && pwd)\n"
          "exec \"$here/bin/overcommit\" grade {} --submission . --format classroom50 --out result.json --exit-policy ran\n",
          lab.name);
  if (auto written = writeScript(into / "grade", grade); !written) return written;
  const std::string container = fmt::format(R"container(# SPDX-License-{}
# The command in bin/ is built for {}.
ARG BASE={}
FROM ${{BASE}}
RUN apt-get update && apt-get install -y --no-install-recommends {} && rm -rf /var/lib/apt/lists/*
COPY . /opt/grader
RUN /opt/grader/bin/overcommit --version
)container",
                                            kLicence, parts.system.name, parts.system.base, packagesFor(lab, parts.system));
  return writeAtomically(into / "Containerfile", container);
}

}  // namespace

Result<void> packageLab(const Lab& lab, Platform platform, const fs::path& into, const PackageParts& parts) {
  if (platform == Platform::Classroom50 && parts.system.base.empty())
    return failure("there is no image to begin a container of {} with: make the package on Debian or Ubuntu", parts.system.name);
  std::error_code failed;
  if (fs::exists(into, failed) && !fs::is_empty(into, failed))
    return failure("{} is there already and not empty: name a new folder", into.string());
  fs::create_directories(into, failed);
  if (failed) return failure("cannot create {}: {}", into.string(), failed.message());
  if (auto copied = copyEngine(lab, into, parts); !copied) {
    fs::remove_all(into, failed);  // so that the next attempt finds it as this one did
    return copied;
  }
  return platform == Platform::Gradescope ? packGradescope(lab, into, parts) : packClassroom(lab, into, parts);
}

}  // namespace overcommit
