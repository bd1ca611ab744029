// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices/guest_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "devices/image_content.h"

namespace overcommit {
namespace {

class SyntheticImage final : public ImageSource {
 public:
  SyntheticImage(std::string id, Pages size) : id_(std::move(id)), size_(size) {}
  [[nodiscard]] std::uint64_t blocks() const override { return size_.value(); }
  Result<void> read(std::uint64_t block, std::span<std::byte, kPageSize> bytes) override {
    fillImageBlock(id_, block, bytes);
    return {};
  }

 private:
  std::string id_;
  Pages size_;
};

class EmptyImage final : public ImageSource {
 public:
  explicit EmptyImage(Pages size) : size_(size) {}
  [[nodiscard]] std::uint64_t blocks() const override { return size_.value(); }
  Result<void> read(std::uint64_t, std::span<std::byte, kPageSize> bytes) override {
    std::memset(bytes.data(), 0, kPageSize);
    return {};
  }

 private:
  Pages size_;
};

class FileImage final : public ImageSource {
 public:
  FileImage(int fd, std::string path, Bytes size) : fd_(fd), path_(std::move(path)), size_(size) {}
  ~FileImage() override { ::close(fd_); }
  FileImage(const FileImage&) = delete;
  FileImage& operator=(const FileImage&) = delete;

  [[nodiscard]] std::uint64_t blocks() const override { return pagesOf(size_).value(); }
  Result<void> read(std::uint64_t block, std::span<std::byte, kPageSize> bytes) override {
    std::memset(bytes.data(), 0, kPageSize);
    const std::uint64_t wanted = std::min(kPageSize, size_.value() - block * kPageSize);
    const ssize_t n = ::pread(fd_, bytes.data(), wanted, static_cast<off_t>(block * kPageSize));
    if (n < 0) return failure("cannot read block {} of the image {}: {}", block, path_, systemErrorText(errno));
    if (static_cast<std::uint64_t>(n) != wanted)
      return failure("cannot read block {} of the image {}: the file became shorter", block, path_);
    return {};
  }

 private:
  int fd_;
  std::string path_;
  Bytes size_;
};

}  // namespace

std::unique_ptr<ImageSource> syntheticImage(std::string id, Pages size) { return std::make_unique<SyntheticImage>(std::move(id), size); }
std::unique_ptr<ImageSource> emptyImage(Pages size) { return std::make_unique<EmptyImage>(size); }

Result<std::unique_ptr<ImageSource>> fileImage(const std::filesystem::path& path) {
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 40;
  // O_NONBLOCK: a FIFO named by mistake must not hang the run.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return failure("cannot open the image {}: {}", path.string(), systemErrorText(errno));
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    return failure("the image {} is not a regular file", path.string());
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size == 0 || size > kLargest) {
    ::close(fd);
    return failure("the image {} has {} bytes; an image has 1 byte to 1 TiB", path.string(), size);
  }
  return std::make_unique<FileImage>(fd, path.string(), Bytes(size));
}

GuestDisk::GuestDisk(std::string name, std::unique_ptr<ImageSource> image, std::filesystem::path overlayDirectory)
    : name_(std::move(name)), image_(std::move(image)), directory_(std::move(overlayDirectory)), written_(image_->blocks()) {}

bool GuestDisk::continuesAt(std::uint64_t block) {
  const bool continues = block == nextBlock_;
  nextBlock_ = block + 1;
  return continues;
}

Result<void> GuestDisk::read(std::uint64_t block, std::span<std::byte, kPageSize> bytes) {
  if (block >= blocks()) return failure("{} has {} blocks; block {} does not exist", name_, blocks(), block);
  if (written_[block]) return overlay_->read(block, bytes);
  return image_->read(block, bytes);
}

Result<void> GuestDisk::write(std::uint64_t block, std::span<const std::byte, kPageSize> bytes) {
  if (block >= blocks()) return failure("{} has {} blocks; block {} does not exist", name_, blocks(), block);
  if (!overlay_) {
    auto file = createPageFile(directory_, name_, Pages(blocks()));
    if (!file) return tl::unexpected(file.error());
    overlay_ = std::move(*file);
  }
  if (auto result = overlay_->write(block, bytes); !result) return result;
  written_[block] = true;
  return {};
}

}  // namespace overcommit
