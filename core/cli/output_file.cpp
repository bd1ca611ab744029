// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/output_file.h"

namespace overcommit {

void OutputFile::Close::operator()(std::FILE* file) const { std::fclose(file); }

Result<OutputFile> OutputFile::create(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return failure("cannot create {}: {}", path, systemErrorText(errno));
  return OutputFile(file, path);
}

void OutputFile::write(std::string_view text) {
  if (error_ == 0 && std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) error_ = errno;
}

Result<void> OutputFile::close() {
  if (std::fclose(file_.release()) != 0 && error_ == 0) error_ = errno;
  if (error_ != 0) return failure("cannot write {}: {}", path_, systemErrorText(error_));
  return {};
}

}  // namespace overcommit
