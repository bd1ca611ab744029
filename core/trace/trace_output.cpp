// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace overcommit {

Result<std::unique_ptr<FileTraceOutput>> FileTraceOutput::create(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return failure("cannot create the trace {}: {}", path.string(), systemErrorText(errno));
  return std::unique_ptr<FileTraceOutput>(new FileTraceOutput(fd, path.string()));
}

FileTraceOutput::~FileTraceOutput() { ::close(fd_); }

Result<void> FileTraceOutput::append(std::span<const std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = ::write(fd_, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const std::string why = written < 0 ? systemErrorText(errno) : "nothing was written";
      // So that the file ends with a whole block. Devices and pipes cannot be cut; a reader copes with that too.
      [[maybe_unused]] const int cut = ::ftruncate(fd_, static_cast<off_t>(size_));
      return failure("cannot write the trace {}: {}", name_, why);
    }
    done += static_cast<std::size_t>(written);
  }
  size_ += bytes.size();
  return {};
}

Result<void> MemoryTraceOutput::append(std::span<const std::byte> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return {};
}

}  // namespace overcommit
