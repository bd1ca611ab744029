// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/page_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

namespace overcommit {
namespace {

constexpr off_t offsetOf(std::uint64_t page) { return static_cast<off_t>(page * kPageSize); }

class UnlinkedPageFile final : public PageFile {
 public:
  UnlinkedPageFile(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  ~UnlinkedPageFile() override { ::close(fd_); }
  UnlinkedPageFile(const UnlinkedPageFile&) = delete;
  UnlinkedPageFile& operator=(const UnlinkedPageFile&) = delete;

  Result<void> write(std::uint64_t page, std::span<const std::byte, kPageSize> bytes) override {
    std::size_t done = 0;
    while (done < kPageSize) {
      const ssize_t n = ::pwrite(fd_, bytes.data() + done, kPageSize - done, offsetOf(page) + static_cast<off_t>(done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0)
        return failure("cannot write page {} of {}: {}", page, name_, n < 0 ? systemErrorText(errno) : "the disk took only part of it");
      done += static_cast<std::size_t>(n);
    }
    return {};
  }

  Result<void> read(std::uint64_t page, std::span<std::byte, kPageSize> bytes) override {
    std::size_t done = 0;
    while (done < kPageSize) {
      const ssize_t n = ::pread(fd_, bytes.data() + done, kPageSize - done, offsetOf(page) + static_cast<off_t>(done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return failure("cannot read page {} of {}: {}", page, name_, n < 0 ? systemErrorText(errno) : "the file ends before it");
      done += static_cast<std::size_t>(n);
    }
    return {};
  }

  bool look(std::uint64_t page, std::span<std::byte, kPageSize> bytes) override { return read(page, bytes).has_value(); }

  void discard(std::uint64_t page) override {
    // A disk that cannot punch holes keeps the space; nothing else depends on it.
    (void)::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offsetOf(page), kPageSize);
  }

 private:
  int fd_;
  std::string name_;
};

// A file that never has a name, or, where the file system cannot do that, one that loses it at once.
int openUnlinked(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
  std::string path = (directory / "overcommit-XXXXXX").string();
  const int named = ::mkostemp(path.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(path.c_str());
  return named;
}

}  // namespace

Result<std::unique_ptr<PageFile>> createPageFile(const std::filesystem::path& directory, std::string name, Pages size) {
  const int fd = openUnlinked(directory);
  if (fd < 0)
    return failure("cannot create {} in {}: {}; name a directory with room by OVERCOMMIT_SWAP_DIR", name, directory.string(),
                   systemErrorText(errno));
  if (::ftruncate(fd, offsetOf(size.value())) != 0) {
    const int error = errno;
    ::close(fd);
    return failure("cannot give {} its size of {} pages in {}: {}", name, size.value(), directory.string(), systemErrorText(error));
  }
  return std::make_unique<UnlinkedPageFile>(fd, std::move(name));
}

bool FaultyPageFile::Pending::strike() {
  if (!armed) return false;
  if (left > 0 && --left == 0) armed = false;
  return true;
}

void FaultyPageFile::inject(PageFileFault fault, std::uint64_t count) {
  Pending& pending = [&]() -> Pending& {
    switch (fault) {
      case PageFileFault::DiskFull: return full_;
      case PageFileFault::ReadError: return readError_;
      case PageFileFault::ShortWrite: return shortWrite_;
      case PageFileFault::CorruptPage: return corrupt_;
    }
    invariantBroken("a page file fault is one of the list", __FILE__, __LINE__);
  }();
  pending = {true, count};
}

Result<void> FaultyPageFile::write(std::uint64_t page, std::span<const std::byte, kPageSize> bytes) {
  if (full_.strike()) return failure("cannot write page {} of {}: {}", page, name_, systemErrorText(ENOSPC));
  if (shortWrite_.strike()) return failure("cannot write page {} of {}: the disk took only part of it", page, name_);
  return file_->write(page, bytes);
}

Result<void> FaultyPageFile::read(std::uint64_t page, std::span<std::byte, kPageSize> bytes) {
  if (readError_.strike()) return failure("cannot read page {} of {}: {}", page, name_, systemErrorText(EIO));
  auto result = file_->read(page, bytes);
  if (result && corrupt_.strike()) bytes[kPageSize / 2] ^= std::byte{1};
  return result;
}

}  // namespace overcommit
