// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/build_store.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <fstream>
#include <sstream>

namespace overcommit {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> wholeFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return file ? std::optional(text.str()) : std::nullopt;
}

// The last step of keeping something: until then it is not there.
void place(const fs::path& path, const std::string& text) {
  const fs::path fresh = path.string() + ".new";
  std::ofstream file(fresh, std::ios::binary);
  file << text;
  file.close();
  std::error_code ignored;
  if (file) fs::rename(fresh, path, ignored);
}

}  // namespace

OwnedDescriptor BuildStore::lock(const std::string& key) const {
  if (folder_.empty()) return {};
  std::error_code ignored;
  fs::create_directories(folder_, ignored);
  OwnedDescriptor file(::open((folder_ / (key + ".lock")).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  // Who gets none builds for himself.
  while (file.open() && ::flock(file.get(), LOCK_EX) != 0 && errno == EINTR) {
  }
  return file;
}

std::optional<PolicyResult<std::string>> BuildStore::find(const std::string& key, const fs::path& program) const {
  if (folder_.empty()) return std::nullopt;
  if (const auto failed = wholeFile(folder_ / (key + ".failure")); failed && !failed->empty()) {
    const auto trouble = static_cast<PolicyTrouble>(failed->front() - 'A');
    return tl::unexpected(PolicyFailure{trouble, failed->substr(1)});
  }
  auto warnings = wholeFile(folder_ / (key + ".warnings"));
  if (!warnings) return std::nullopt;
  std::error_code failed;
  fs::copy_file(folder_ / (key + ".program"), program, fs::copy_options::overwrite_existing, failed);
  // Whoever built it may be another user than who runs it.
  if (!failed) fs::permissions(program, fs::perms(0755), failed);
  if (failed) return std::nullopt;
  return std::move(*warnings);
}

void BuildStore::keep(const std::string& key, const fs::path& program, const PolicyResult<std::string>& warnings) const {
  if (folder_.empty()) return;
  std::error_code failed;
  if (!warnings) {
    const char trouble = static_cast<char>('A' + static_cast<int>(warnings.error().trouble));
    return place(folder_ / (key + ".failure"), trouble + warnings.error().text);
  }
  fs::copy_file(program, folder_ / (key + ".program"), fs::copy_options::overwrite_existing, failed);
  if (!failed) place(folder_ / (key + ".warnings"), *warnings);
}

}  // namespace overcommit
