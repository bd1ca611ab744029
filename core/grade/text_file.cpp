// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace overcommit {
namespace {

// O_NONBLOCK: a named pipe in a submission must not hold the grader up.
constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;

Result<void> writeWhole(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure("{}", systemErrorText(errno));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Result<std::string> readTextFile(const std::filesystem::path& path, std::size_t most) {
  const int file = ::open(path.c_str(), kReadFlags);
  if (file < 0) return failure("cannot open {}: {}", path.string(), systemErrorText(errno));
  struct stat status {};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(file);
    return failure("{} is not a file", path.string());
  }
  std::string text;
  std::array<char, 65536> part{};
  ssize_t length = 0;
  while (text.size() <= most && (length = ::read(file, part.data(), part.size())) != 0) {
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) break;
    text.append(part.data(), static_cast<std::size_t>(length));
  }
  const int error = length < 0 ? errno : 0;
  ::close(file);
  if (error != 0) return failure("cannot read {}: {}", path.string(), systemErrorText(error));
  if (text.size() > most) return failure("{} has more than {} bytes", path.string(), most);
  return text;
}

Result<void> writeAtomically(const std::filesystem::path& path, std::string_view text) {
  const std::string other = path.string() + ".new";
  const int file = ::open(other.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return failure("cannot create {}: {}", other, systemErrorText(errno));
  auto written = writeWhole(file, text);
  if (::close(file) != 0 && written) written = failure("{}", systemErrorText(errno));
  if (written && ::rename(other.c_str(), path.c_str()) != 0) written = failure("{}", systemErrorText(errno));
  if (written) return {};
  ::unlink(other.c_str());
  return failure("cannot write {}: {}", path.string(), written.error().text);
}

std::vector<std::string> readTextList(const KeyReader& keys, std::string_view key, Mistakes& mistakes) {
  std::vector<std::string> texts;
  const TomlValue* value = keys.value(key);
  if (value == nullptr) return texts;
  if (value->kind != TomlValue::Kind::Array) {
    mistakes.add(value->position, "{} must be a list of texts, as in {} = [\"...\"]", key, key);
    return texts;
  }
  for (const TomlValue& item : value->array) {
    if (auto text = readText(item, key, mistakes)) texts.push_back(std::move(*text));
  }
  return texts;
}

}  // namespace overcommit
