// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace overcommit {

// fmt::print without its exception: what cannot be written is found by main() in the stream's error flag.
template <typename... Args>
void sayTo(std::FILE* to, fmt::format_string<Args...> format, Args&&... args) {
  const std::string text = fmt::format(format, std::forward<Args>(args)...);
  (void)std::fwrite(text.data(), 1, text.size(), to);
}
// To standard output.
template <typename... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
  sayTo(stdout, format, std::forward<Args>(args)...);
}

}  // namespace overcommit
