// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/guest_driver.h"

#include <array>

#include "base/hash.h"
#include "student/build_store.h"
#include "student/policy_builder.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

// Those of guests/build.sh; a warning is no error in coursework.
constexpr std::array kFlags{"-std=c11",
                            "-O2",
                            "-ffreestanding",
                            "-fno-pic",
                            "-static",
                            "-nostdlib",
                            "-mgeneral-regs-only",
                            "-mno-red-zone",
                            "-fno-stack-protector",
                            "-fno-asynchronous-unwind-tables",
                            "-fcf-protection=none",
                            "-fno-ident",
                            "-fno-tree-loop-distribute-patterns",
                            "-fno-common",
                            "-fno-strict-aliasing",
                            "-Wall",
                            "-Wextra",
                            "-fmax-errors=5",
                            "-fdiagnostics-color=never"};

constexpr std::chrono::seconds kAtMost{60};

tl::unexpected<PolicyFailure> fails(PolicyTrouble trouble, std::string text) {
  return tl::unexpected(PolicyFailure{trouble, std::move(text)});
}

// Compiles and links to build/kernel.elf; gives the compiler's warnings.
PolicyResult<std::string> makeKernel(const Workspace& workspace, const std::string& name, const GuestSources& sources,
                                     const fs::path& compiler, const fs::path& linker, const Confinement& confinement) {
  const fs::path build = workspace.build(), parts = workspace.sdk();
  std::error_code error;
  fs::create_directories(parts, error);
  for (const char* part : {"abi", "kernel"}) fs::copy(sources.folder / part, parts / part, fs::copy_options::recursive, error);
  fs::copy_file(sources.object, parts / "kernel-without-balloon.o", error);
  if (error) return fails(PolicyTrouble::NoCompiler, fmt::format("cannot copy what a balloon driver is built with: {}", error.message()));

  LaunchPlan plan;
  plan.command = {compiler.string()};
  plan.command.insert(plan.command.end(), kFlags.begin(), kFlags.end());
  const std::string object = (build / "balloon.o").string(), kernel = (build / "kernel.elf").string();
  for (const std::string& word : {"-I" + (parts / "kernel").string(), std::string("-c"), name, std::string("-o"), object})
    plan.command.push_back(word);
  plan.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C", "TMPDIR=" + build.string()};
  plan.directory = workspace.submission();
  plan.visible.readable = toolFiles(compiler);
  plan.visible.readable.push_back(parts);
  plan.visible.readable.push_back(workspace.submission());
  plan.visible.writable = {build, "/dev/null"};
  plan.calls = CallFilter::Tool;
  plan.limits = {60, Bytes(std::uint64_t{3} << 30), Bytes(std::uint64_t{64} << 20), 256, 4096};
  const auto step = [&](PolicyTrouble otherwise, std::string_view what) -> PolicyResult<std::string> {
    auto run = runTool(plan, confinement, kAtMost);
    if (!run) return fails(PolicyTrouble::NotConfined, run.error().text);
    run->output = workspace.withoutItsName(std::move(run->output));
    if (!run->inTime || run->end.signal != 0)
      return fails(PolicyTrouble::BuildLimit, fmt::format("the balloon driver {} was not built within {} s", name, kAtMost.count()));
    if (run->end.exitCode != 0)
      return fails(otherwise, fmt::format("the balloon driver {} {}:\n{}", name, what, mainMessages(run->output)));
    return run->output;
  };
  auto compiled = step(PolicyTrouble::DoesNotCompile, "does not compile");
  if (!compiled) return tl::unexpected(compiled.error());
  plan.command = {linker.string(),
                  "-nostdlib",
                  "-static",
                  "--build-id=none",
                  "-z",
                  "noexecstack",
                  "-z",
                  "max-page-size=4096",
                  "-T",
                  (parts / "kernel/kernel.ld").string(),
                  (parts / "kernel-without-balloon.o").string(),
                  object,
                  "-o",
                  kernel};
  auto linked =
      step(PolicyTrouble::DoesNotLink,
           "compiles, but does not link: it has to define balloon_start() and balloon_poll(), and may use what balloon.h declares");
  return linked ? mainMessages(*compiled) : linked;
}

}  // namespace

GuestTools guestToolsOn(std::string_view processor) {
  if (processor == "x86-64") return {{"gcc", "cc"}, {"ld"}, "gcc and binutils"};
  return {{"x86_64-linux-gnu-gcc"}, {"x86_64-linux-gnu-ld"}, "gcc-x86-64-linux-gnu and binutils-x86-64-linux-gnu"};
}

PolicyResult<BuiltDriver> buildGuestDriver(const fs::path& source, const GuestSources& sources, const Confinement& confinement,
                                           const fs::path& kept, const GuestTools& tools) {
  std::error_code error;
  const bool folder = fs::is_directory(source, error);
  const std::string name = folder ? "balloon.c" : source.filename().string();
  if (!fs::exists(folder ? source / name : source, error))
    return fails(PolicyTrouble::NotFound, fmt::format("the balloon driver {} is not there", (folder ? source / name : source).string()));
  if (fs::path(name).extension() != ".c")
    return fails(PolicyTrouble::NotFound, fmt::format("the balloon driver {} is no C file (.c)", source.string()));
  const fs::path compiler = findTool("OVERCOMMIT_CC", tools.compilers), linker = findTool("OVERCOMMIT_LD", tools.linkers);
  if (compiler.empty() || linker.empty())
    return fails(PolicyTrouble::NoCompiler,
                 fmt::format("a balloon driver is C for x86-64 guests, and this machine has no {} or no {}: install {}",
                             tools.compilers.front(), tools.linkers.front(), tools.packages));
  auto workspace = Workspace::create(confinement);
  if (!workspace) return fails(PolicyTrouble::NotConfined, workspace.error().text);
  if (auto taken = (*workspace)->takeSubmission(source); !taken) return fails(PolicyTrouble::NotFound, taken.error().text);
  BuiltDriver built{name, {}, (*workspace)->build() / "kernel.elf", {}};
  const BuildStore store(kept);
  const std::string made = fmt::format("driver {} {} {} {}", name, (*workspace)->hash(), compiler.string(), linker.string());
  const std::string key = hash128(std::as_bytes(std::span(made))).text();
  const OwnedDescriptor alone = store.lock(key);
  auto warnings = store.find(key, built.kernel);
  if (!warnings) {
    warnings = makeKernel(**workspace, name, sources, compiler, linker, confinement);
    store.keep(key, built.kernel, *warnings);
  }
  if (!*warnings) return tl::unexpected(warnings->error());
  built.warnings = **warnings;
  built.workspace = std::move(*workspace);
  return built;
}

}  // namespace overcommit
