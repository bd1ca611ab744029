// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/page_file.h"

namespace overcommit {

// Where the unwritten blocks of a guest disk come from.
class ImageSource {
 public:
  virtual ~ImageSource() = default;
  [[nodiscard]] virtual std::uint64_t blocks() const = 0;
  virtual Result<void> read(std::uint64_t block, std::span<std::byte, kPageSize> bytes) = 0;
};
std::unique_ptr<ImageSource> syntheticImage(std::string id, Pages size);
// The bytes of any file, as they are when the run starts; the last block is filled up with zeros. At most 1 TiB.
Result<std::unique_ptr<ImageSource>> fileImage(const std::filesystem::path& path);
std::unique_ptr<ImageSource> emptyImage(Pages size);  // zeros: the guest's swap disk

// A disk of a guest: reads come from the image until the VM has written the block; writes go to an overlay of its own that is
// gone with the VM.
class GuestDisk {
 public:
  // The overlay's file is made by the first write.
  GuestDisk(std::string name, std::unique_ptr<ImageSource> image, std::filesystem::path overlayDirectory);

  [[nodiscard]] std::uint64_t blocks() const { return image_->blocks(); }
  // Does this block come right behind the one that was used last? (Then the disk need not seek.) Remembers it.
  bool continuesAt(std::uint64_t block);
  // block < blocks(), else an error.
  Result<void> read(std::uint64_t block, std::span<std::byte, kPageSize> bytes);
  Result<void> write(std::uint64_t block, std::span<const std::byte, kPageSize> bytes);

 private:
  std::string name_;
  std::unique_ptr<ImageSource> image_;
  std::filesystem::path directory_;
  std::unique_ptr<PageFile> overlay_;
  std::vector<bool> written_;
  std::uint64_t nextBlock_ = 0;  // behind the last one used
};

}  // namespace overcommit
