// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "scenario/key_reader.h"

namespace overcommit {

// A whole file. The error says why it cannot be read, or that it is longer than `most` bytes or no regular file.
Result<std::string> readTextFile(const std::filesystem::path& path, std::size_t most);

// Writes a file so that whoever reads it sees the old text or the new one, whenever this process dies.
Result<void> writeAtomically(const std::filesystem::path& path, std::string_view text);

// A list of texts; anything else is a mistake.
std::vector<std::string> readTextList(const KeyReader& keys, std::string_view key, Mistakes& mistakes);

}  // namespace overcommit
