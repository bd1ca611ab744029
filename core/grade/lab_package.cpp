// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/lab_folder.h"
#include "grade/text_file.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLicence = "Identifier: GPL-2.0-or-later";

// The packages that the command needs at run time, on Debian 12 and on Ubuntu 22.04 and later, and those that policies need.
std::string packagesFor(const Lab& lab) {
  std::string packages = "libunicorn2 liblz4-1 libxxhash0 libfmt9 libseccomp2";
  const bool anyDriver = lab.policy("balloon") != nullptr;
  if (lab.policies.size() > (anyDriver ? 1 : 0)) packages += " g++ python3";
  if (anyDriver) packages += " gcc binutils";
  return packages;
}

std::string shellHead() { return fmt::format("#!/bin/sh\n# SPDX-License-{}\n", kLicence); }

Result<void> writeScript(const fs::path& path, const std::string& text) {
  if (auto written = writeAtomically(path, text); !written) return written;
  std::error_code failed;
  fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add, failed);
  if (failed) return failure("cannot make {} executable: {}", path.string(), failed.message());
  return {};
}

// The command, its guests and the whole lab, as they lie when they are installed.
Result<void> copyEngine(const Lab& lab, const fs::path& into, const PackageParts& parts) {
  std::error_code failed;
  for (const char* folder : {"bin", "share/overcommit/labs", "share/overcommit/guests"}) fs::create_directories(into / folder, failed);
  fs::copy_file(parts.command, into / "bin/overcommit", fs::copy_options::overwrite_existing, failed);
  if (failed) return failure("cannot copy {}: {}", parts.command.string(), failed.message());
  fs::copy(lab.folder, into / "share/overcommit/labs" / lab.name, fs::copy_options::recursive, failed);
  if (failed) return failure("cannot copy {}: {}", lab.folder.string(), failed.message());
  const auto copyTo = [&](const fs::path& from, const fs::path& to) {
    if (!failed) fs::copy(from, into / "share/overcommit" / to, fs::copy_options::recursive | fs::copy_options::overwrite_existing, failed);
  };
  copyTo(parts.guests, "guests");
  if (!lab.policies.empty()) copyTo(parts.sdk, "include");
  if (lab.policy("balloon") != nullptr) {
    for (const char* part : {"abi", "kernel"}) copyTo(parts.guestSources / part, fs::path("guests") / part);
  }
  if (failed) return failure("cannot copy what the lab needs to {}: {}", into.string(), failed.message());
  return {};
}

Result<void> packGradescope(const Lab& lab, const fs::path& into) {
  const std::string setup =
      shellHead() +
      fmt::format("# Run once, when Gradescope builds the image.\nset -e\napt-get update\napt-get install -y --no-install-recommends {}\n",
                  packagesFor(lab));
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

Result<void> packClassroom(const Lab& lab, const fs::path& into) {
  const std::string grade =
      shellHead() +
      fmt::format(
          "# Called in the checkout of a submission, with CLASSROOM, ASSIGNMENT and so on in the environment; writes ./result.json.\n"
          "# Exits with 0 when it was graded to the end, whatever the result.\n"
          "here=$(cd \"$(dirname \"$0\")\" && pwd)\n"
          "exec \"$here/bin/overcommit\" grade {} --submission . --format classroom50 --out result.json --exit-policy ran\n",
          lab.name);
  if (auto written = writeScript(into / "grade", grade); !written) return written;
  const std::string container = fmt::format(
      "# SPDX-License-{}\nFROM debian:12-slim\nRUN apt-get update && apt-get install -y --no-install-recommends {} && rm -rf "
      "/var/lib/apt/lists/*\n"
      "COPY . /opt/grader\n",
      kLicence, packagesFor(lab));
  return writeAtomically(into / "Containerfile", container);
}

}  // namespace

Result<void> packageLab(const Lab& lab, Platform platform, const fs::path& into, const PackageParts& parts) {
  std::error_code failed;
  if (fs::exists(into, failed) && !fs::is_empty(into, failed))
    return failure("{} is there already and not empty: name a new folder", into.string());
  fs::create_directories(into, failed);
  if (failed) return failure("cannot create {}: {}", into.string(), failed.message());
  if (auto copied = copyEngine(lab, into, parts); !copied) return copied;
  return platform == Platform::Gradescope ? packGradescope(lab, into) : packClassroom(lab, into);
}

}  // namespace overcommit
