// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/policy_builder.h"

#include <unistd.h>

#include <cstdlib>

#include "base/hash.h"
#include "student/build_store.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

PolicyFailure trouble(PolicyTrouble what, const PolicySource& source, std::string_view text) {
  return {what, fmt::format("the {} {}", source.name(), text)};
}

LaunchPlan compilerPlan(const BuildSettings& settings, const Workspace& workspace, const fs::path& compiler) {
  LaunchPlan plan;
  plan.command = {compiler.string()};
  plan.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C", "TMPDIR=" + workspace.build().string()};
  plan.directory = workspace.submission();
  plan.visible.readable = toolFiles(compiler);
  plan.visible.readable.push_back(workspace.sdk());
  plan.visible.readable.push_back(workspace.submission());
  plan.visible.writable = {workspace.build(), "/dev/null"};
  plan.calls = CallFilter::Tool;
  plan.limits.cpuSeconds = static_cast<std::uint64_t>(settings.atMost.count());
  plan.limits.addressSpace = Bytes(std::uint64_t{3} << 30);
  plan.limits.fileSize = Bytes(std::uint64_t{128} << 20);
  plan.limits.openFiles = 256;
  plan.limits.processes = 4096;
  return plan;
}

PolicyResult<std::string> runStep(const PolicySource& source, const BuildSettings& settings, const Workspace& workspace,
                                  const LaunchPlan& plan, PolicyTrouble otherwise) {
  auto run = runTool(plan, settings.confinement, settings.atMost);
  if (run) run->output = workspace.withoutItsName(std::move(run->output));
  if (!run)
    return tl::unexpected(trouble(PolicyTrouble::NotConfined, source,
                                  fmt::format("cannot be built, because its compiler cannot be started: {}", run.error().text)));
  if (!run->inTime)
    return tl::unexpected(trouble(
        PolicyTrouble::BuildLimit, source,
        fmt::format("was not compiled within {} s: does a template, constexpr function or #include never end?", settings.atMost.count())));
  if (run->end.signal == 0 && run->end.exitCode == 0) return run->output;
  const bool exhausted = run->output.find("out of memory") != std::string::npos || run->output.find("Killed") != std::string::npos ||
                         run->output.find("CPU time limit") != std::string::npos || run->output.find("bad_alloc") != std::string::npos ||
                         run->output.find("File size limit") != std::string::npos;
  if (exhausted || run->end.signal != 0)
    return tl::unexpected(trouble(PolicyTrouble::BuildLimit, source,
                                  fmt::format("takes more time or memory to compile than the {} s and 3 GiB there are:\n{}",
                                              settings.atMost.count(), mainMessages(run->output))));
  const bool compiles = otherwise == PolicyTrouble::DoesNotLink;
  return tl::unexpected(trouble(otherwise, source,
                                fmt::format("{}:\n{}",
                                            compiles ? "compiles, but does not link (is a function declared but not defined, or the macro "
                                                       "OVERCOMMIT_... missing at its end?)"
                                                     : "does not compile",
                                            mainMessages(run->output))));
}

// Compiles and links to build/policy; gives the compiler's warnings.
PolicyResult<std::string> makeProgram(const BuiltPolicy& built, const BuildSettings& settings, const fs::path& compiler) {
  const Workspace& workspace = *built.workspace;
  const std::string object = (workspace.build() / "policy.o").string(), program = (workspace.build() / "policy").string();
  LaunchPlan plan = compilerPlan(settings, workspace, compiler);
  const bool debug = settings.debugging == PolicyDebugging::On;
  for (const std::string& word :
       {std::string("-std=c++20"), std::string(debug ? "-O0" : "-O1"), std::string("-g"), std::string("-Wall"), std::string("-Wextra"),
        std::string("-fmax-errors=5"), std::string("-fdiagnostics-color=never"), "-I" + workspace.sdk().string(), std::string("-I."),
        std::string("-c"), built.source.main.string(), std::string("-o"), object})
    plan.command.push_back(word);
  auto compiled = runStep(built.source, settings, workspace, plan, PolicyTrouble::DoesNotCompile);
  if (!compiled) return compiled;
  plan.command = {compiler.string(), object, "-o", program};
  auto linked = runStep(built.source, settings, workspace, plan, PolicyTrouble::DoesNotLink);
  return linked ? mainMessages(*compiled) : linked;
}

PolicyResult<BuiltPolicy> compile(BuiltPolicy built, const BuildSettings& settings) {
  const fs::path compiler = findTool("OVERCOMMIT_CXX", {"g++", "c++", "clang++"});
  if (compiler.empty())
    return tl::unexpected(
        trouble(PolicyTrouble::NoCompiler, built.source,
                "is C++, and this machine has no C++ compiler: install g++, name one by OVERCOMMIT_CXX, or hand in Python"));
  const std::string program = (built.workspace->build() / "policy").string();
  // All that the program depends on, but for the headers: whoever keeps builds keeps them for one version of these.
  const std::string made = fmt::format("{} {} {} {}", built.source.name(), built.workspace->hash(), compiler.string(),
                                       settings.debugging == PolicyDebugging::On ? "debug" : "plain");
  const std::string key = hash128(std::as_bytes(std::span(made))).text();
  const BuildStore store(settings.store);
  const OwnedDescriptor alone = store.lock(key);
  auto warnings = store.find(key, program);
  if (!warnings) {
    warnings = makeProgram(built, settings, compiler);
    store.keep(key, program, *warnings);
  }
  if (!*warnings) return tl::unexpected(warnings->error());
  built.warnings = **warnings;
  built.command = {program};
  built.visible = {program, "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"};
  return built;
}

// Finds its own module and what lies beside it, and nothing else of this machine's.
constexpr const char* kPythonStart =
    "import sys, runpy; sys.path[:0] = sys.argv[1:3]; sys.argv[:] = sys.argv[3:]; runpy.run_path(sys.argv[0], run_name='__main__')";

PolicyResult<BuiltPolicy> interpret(BuiltPolicy built) {
  const Workspace& workspace = *built.workspace;
  const fs::path python = findTool("OVERCOMMIT_PYTHON", {"python3"});
  if (python.empty())
    return tl::unexpected(trouble(PolicyTrouble::NoCompiler, built.source,
                                  "is Python, and this machine has no python3: install it, or name one by OVERCOMMIT_PYTHON"));
  built.command = {
      python.string(),           "-s", "-S", "-B", "-u", "-c", kPythonStart, workspace.sdk().string(), workspace.submission().string(),
      built.source.main.string()};
  built.visible = toolFiles(python);
  built.visible.push_back(workspace.sdk());
  built.visible.push_back(workspace.submission());
  return built;
}

}  // namespace

fs::path findTool(const char* variable, const std::vector<std::string>& names) {
  const char* named = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets variables here
  const std::vector<std::string> wanted = named != nullptr && *named != '\0' ? std::vector<std::string>{named} : names;
  for (const std::string& name : wanted) {
    for (const char* folder : {"/usr/bin", "/bin", "/usr/local/bin"}) {
      fs::path path = fs::path(folder) / name;  // an absolute name stays as it is
      std::error_code error;
      if (::access(path.c_str(), X_OK) == 0 && fs::is_regular_file(path, error)) return path;
    }
  }
  return {};
}

std::vector<fs::path> toolFiles(const fs::path& tool) {
  // Not all of /usr: /usr/share has labs, and /usr/src what people put there.
  std::vector<fs::path> files{"/usr/bin", "/bin",   "/usr/lib",     "/usr/lib32",        "/usr/lib64",       "/usr/libexec",
                              "/lib",     "/lib64", "/usr/include", "/etc/alternatives", "/etc/ld.so.cache", "/usr/x86_64-linux-gnu"};
  std::error_code error;
  const fs::path real = fs::canonical(tool, error);
  const fs::path installation = real.parent_path().parent_path();
  if (!error && installation != "/" && installation != "/usr") files.push_back(installation);
  return files;
}

std::string mainMessages(const std::string& output) {
  constexpr std::size_t kMostLines = 24, kMostBytes = 4000;
  std::string text;
  std::size_t lines = 0;
  for (std::size_t at = 0; at < output.size() && lines < kMostLines && text.size() < kMostBytes;) {
    const std::size_t end = std::min(output.find('\n', at), output.size());
    const std::string line = output.substr(at, std::min<std::size_t>(end - at, 400));
    at = end + 1;
    // How one file came to include another is said at length, and seldom helps.
    if (line.starts_with("In file included from") || line.starts_with("                 from ")) continue;
    text += "  " + line + "\n";
    ++lines;
  }
  if (!text.empty()) text.pop_back();
  return text;
}

PolicyResult<BuiltPolicy> buildPolicy(const PolicySource& source, const BuildSettings& settings) {
  auto workspace = Workspace::create(settings.confinement);
  if (!workspace) return tl::unexpected(PolicyFailure{PolicyTrouble::NotConfined, workspace.error().text});
  if (auto taken = (*workspace)->takeSubmission(source.place); !taken)
    return tl::unexpected(PolicyFailure{PolicyTrouble::NotFound, taken.error().text});
  if (auto taken = (*workspace)->takeSdk(settings.sdk); !taken)
    return tl::unexpected(PolicyFailure{PolicyTrouble::NoCompiler, taken.error().text});
  BuiltPolicy built;
  built.source = source;
  built.confinement = settings.confinement;
  built.debugging = settings.debugging;
  built.workspace = std::move(*workspace);
  return source.language == PolicyLanguage::Cpp ? compile(std::move(built), settings) : interpret(std::move(built));
}

}  // namespace overcommit
