// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/line_stream.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "serve/request.h"

namespace overcommit {
namespace {

// A pipe that is said to be writable takes as much at once (PIPE_BUF).
constexpr std::size_t kPart = 4096;

}  // namespace

void LineInput::read() {
  std::array<char, 65536> part;  // NOLINT(cppcoreguidelines-pro-type-member-init): it is read into
  const ssize_t got = ::read(descriptor_, part.data(), part.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) {
    ended_ = true;
    return;
  }
  pending_.append(part.data(), static_cast<std::size_t>(got));
  if (!skipping_ || pending_.find('\n', searched_) != std::string::npos) return;
  pending_.clear();
  searched_ = 0;
}

std::optional<LineInput::Line> LineInput::next() {
  std::size_t end = pending_.find('\n', searched_);
  if (end == std::string::npos && pending_.size() > kLongestLine) {
    skipping_ = true;
    pending_.clear();
  }
  if (end == std::string::npos) {
    searched_ = pending_.size();
    const bool last = ended_ && (!pending_.empty() || skipping_);
    if (!last) return std::nullopt;
    end = pending_.size();
    pending_ += '\n';
  }
  Line line;
  line.tooLong = std::exchange(skipping_, false) || end > kLongestLine;
  if (!line.tooLong) line.text = pending_.substr(0, end);
  pending_.erase(0, end + 1);
  searched_ = 0;
  return line;
}

void LineOutput::add(std::string_view line) {
  pending_ += line;
  pending_ += '\n';
}

void LineOutput::write() {
  const std::size_t part = std::min(pending(), kPart);
  const ssize_t done = ::write(descriptor_, pending_.data() + written_, part);
  if (done < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (done < 0) {
    failed_ = true;
    return;
  }
  written_ += static_cast<std::size_t>(done);
  if (written_ == pending_.size()) {
    pending_.clear();
    written_ = 0;
  } else if (written_ > pending_.size() / 2 && written_ > (1u << 20)) {
    pending_.erase(0, written_);
    written_ = 0;
  }
}

}  // namespace overcommit
