// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/ids.h"

namespace overcommit {

// The bytes of a synthetic disk image: a pure function of the image's id and the block, so that VMs which boot the same image
// read the same pages. A block is all zero, code-like, text-like or random, in about the proportions of an installed system
// (our choice): 15 % zero, 45 % code, 25 % text, 15 % random. Every 8th block repeats an earlier one, as libraries and logs do.
enum class BlockClass : std::uint8_t { Zero, Code, Text, Random };
BlockClass classOfBlock(const std::string& imageId, std::uint64_t block);
void fillImageBlock(const std::string& imageId, std::uint64_t block, std::span<std::byte, kPageSize> bytes);

}  // namespace overcommit
