// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace overcommit {

Result<std::unique_ptr<FileTraceSource>> FileTraceSource::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failure("cannot open the trace {}: {}", path.string(), systemErrorText(errno));
  std::unique_ptr<FileTraceSource> source(new FileTraceSource(fd, path.string()));
  struct stat status {};
  if (::fstat(fd, &status) != 0) return failure("cannot open the trace {}: {}", path.string(), systemErrorText(errno));
  if (!S_ISREG(status.st_mode)) return failure("cannot open the trace {}: it is not a file", path.string());
  return source;
}

FileTraceSource::~FileTraceSource() { ::close(fd_); }

Result<std::uint64_t> FileTraceSource::size() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) return failure("cannot read the trace {}: {}", name_, systemErrorText(errno));
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> FileTraceSource::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::pread(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("cannot read the trace {}: {}", name_, systemErrorText(errno));
    if (got == 0) return failure("cannot read the trace {}: it ends at byte {}", name_, offset + done);
    done += static_cast<std::size_t>(got);
  }
  return {};
}

Result<void> MemoryTraceSource::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  if (offset > bytes_.size() || bytes.size() > bytes_.size() - offset)
    return failure("cannot read {}: it ends at byte {}", name_, bytes_.size());
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), bytes.size(), bytes.begin());
  return {};
}

}  // namespace overcommit
