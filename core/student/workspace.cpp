// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/workspace.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <vector>

#include "base/descriptor.h"
#include "base/hash.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 200;
constexpr std::size_t kMostBytes = std::size_t{16} << 20;

// Can somebody else come to this folder?
bool openToOthers(fs::path folder) {
  for (; !folder.empty(); folder = folder.parent_path()) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0 || (info.st_mode & S_IXOTH) == 0) return false;
    if (folder == folder.parent_path()) break;
  }
  return true;
}

bool suits(const fs::path& folder, const Confinement& confinement) {
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0 || (info.f_flag & (ST_NOEXEC | ST_RDONLY)) != 0) return false;
  return !confinement.otherUser || openToOthers(folder);
}

// The bytes of a regular file, without following a link to it.
Result<std::string> read(const fs::path& path, std::size_t most) {
  const OwnedDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.open()) return failure("cannot read {}: {}", path.string(), errno == ELOOP ? "it is a link" : systemErrorText(errno));
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return failure("cannot take {}: it is not a regular file", path.string());
  if (static_cast<std::uint64_t>(info.st_size) > most) return failure("cannot take {}: a submission has at most 16 MiB", path.string());
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return failure("cannot read {}: {}", path.string(), got < 0 ? systemErrorText(errno) : "it became shorter");
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

Result<void> write(const fs::path& path, const std::string& bytes) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return failure("cannot write {}: {}", path.string(), systemErrorText(errno));
  return {};
}

// By name, so that the order of the folder does not matter.
Result<std::map<std::string, std::string>> filesOf(const fs::path& from) {
  std::map<std::string, std::string> files;
  std::error_code error;
  const fs::file_status status = fs::status(from, error);
  if (error) return failure("cannot open the submission {}: {}", from.string(), error.message());
  std::vector<fs::path> paths;
  if (fs::is_directory(status)) {
    fs::recursive_directory_iterator all(from, fs::directory_options::skip_permission_denied, error);
    for (; !error && all != fs::recursive_directory_iterator(); all.increment(error)) {
      const std::string name = all->path().filename().string();
      const bool hidden = name.starts_with(".");
      if (all->is_directory(error) && !all->is_symlink(error)) {
        if (hidden || all.depth() > 8) all.disable_recursion_pending();
        continue;
      }
      if (hidden) continue;
      if (paths.size() == kMostFiles) return failure("the submission {} has more than {} files", from.string(), kMostFiles);
      paths.push_back(all->path());
    }
    if (error) return failure("cannot look into the submission {}: {}", from.string(), error.message());
  } else {
    paths.push_back(from);
  }
  std::size_t left = kMostBytes;
  for (const fs::path& path : paths) {
    auto bytes = read(path, left);
    if (!bytes) return tl::unexpected(bytes.error());
    left -= bytes->size();
    files.emplace(fs::is_directory(status) ? path.lexically_relative(from).generic_string() : path.filename().string(), std::move(*bytes));
  }
  return files;
}

}  // namespace

Result<std::unique_ptr<Workspace>> Workspace::create(const Confinement& confinement) {
  std::vector<fs::path> places{"/tmp", "/var/tmp"};
  const char* named = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): nobody sets variables here
  if (named != nullptr && *named != '\0') places.insert(places.begin(), named);
  std::string looked;
  for (const fs::path& place : places) {
    if (suits(place, confinement)) {
      std::string name = (fs::absolute(place) / "overcommit-policy-XXXXXX").string();
      if (::mkdtemp(name.data()) != nullptr) {
        std::unique_ptr<Workspace> made(new Workspace(name));
        std::error_code error;
        fs::create_directories(made->build(), error);
        fs::permissions(made->root_, fs::perms(0755), error);
        const bool given = !confinement.otherUser || ::chown(made->build().c_str(), kOtherUser, kOtherUser) == 0;
        if (!error && given) return made;
      }
    }
    looked += fmt::format("{}{}", looked.empty() ? "" : ", ", place.string());
  }
  return failure(
      "cannot make a private folder for a submission in {}: set TMPDIR to a folder that can be written, from which programs can "
      "be executed{}",
      looked, confinement.otherUser ? ", and which other users can enter" : "");
}

Workspace::~Workspace() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

std::string Workspace::withoutItsName(std::string text) const {
  const std::string name = root_.string() + "/";
  for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;) text.erase(at, name.size());
  return text;
}

Result<void> Workspace::takeSubmission(const fs::path& from) {
  auto files = filesOf(from);
  if (!files) return tl::unexpected(files.error());
  DigestStream digest;
  for (const auto& [name, bytes] : *files) {
    if (auto written = write(submission() / name, bytes); !written) return written;
    const std::string head = fmt::format("{}\n{}\n", name, bytes.size());
    digest.add(std::as_bytes(std::span(head)));
    digest.add(std::as_bytes(std::span(bytes)));
  }
  hash_ = digest.digest().low;
  return {};
}

Result<void> Workspace::takeSdk(const fs::path& from) {
  std::error_code error;
  fs::create_directories(sdk(), error);
  fs::copy(from, sdk(), fs::copy_options::recursive | fs::copy_options::overwrite_existing, error);
  if (error) return failure("cannot copy the headers of policies from {}: {}", from.string(), error.message());
  return {};
}

}  // namespace overcommit
