// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/printed_lines.h"

#include <algorithm>

namespace overcommit {
namespace {

constexpr std::size_t kLongestLine = 1000;
constexpr std::size_t kMostLastWords = 2000;
// A traceback of Python ends with what matters, and newer Pythons mark up every line of it.
constexpr std::ptrdiff_t kMostLastLines = 20;

// Bytes that are no printable ASCII and no part of a UTF-8 sequence become question marks; so does a sequence that is not whole.
std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t length = byte < 0x80                   ? 1
                               : byte >= 0xc2 && byte < 0xe0 ? 2
                               : byte >= 0xe0 && byte < 0xf0 ? 3
                               : byte >= 0xf0 && byte < 0xf5 ? 4
                                                             : 0;
    bool whole = length > 0 && at + length <= text.size();
    for (std::size_t i = 1; whole && i < length; ++i) whole = (static_cast<unsigned char>(text[at + i]) & 0xc0u) == 0x80u;
    if (!whole || (length == 1 && byte < 0x20 && byte != '\t') || byte == 0x7f) {
      out += '?';
      ++at;
      continue;
    }
    out += text.substr(at, length);
    at += length;
  }
  return out;
}

}  // namespace

void PrintedLines::add(std::string_view bytes) {
  seen_ += bytes.size();
  if (cut_) return;
  for (std::size_t at = 0; at < bytes.size() && !cut_;) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    begun_ += bytes.substr(at, std::min(end - at, kLongestLine));
    if (end < bytes.size() || begun_.size() >= kLongestLine) flush();
    at = end + 1;
    if (seen_ > kMostShown) {
      cut_ = true;
      begun_.clear();
      line("[more was printed, and is not shown]");
    }
  }
}

void PrintedLines::flush() {
  if (begun_.empty()) return;
  line(begun_.substr(0, kLongestLine));
  begun_.clear();
}

void PrintedLines::line(std::string_view text) {
  const std::string shown = printable(text);
  if (onLine) onLine(shown);
  lastWords_ += shown + "\n";
  if (std::ranges::count(lastWords_, '\n') > kMostLastLines) lastWords_.erase(0, lastWords_.find('\n') + 1);
  if (lastWords_.size() > kMostLastWords) lastWords_.erase(0, lastWords_.find('\n', lastWords_.size() - kMostLastWords) + 1);
}

}  // namespace overcommit
