// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace overcommit {

// Lines that come in by a file descriptor.
class LineInput {
 public:
  explicit LineInput(int descriptor) : descriptor_(descriptor) {}

  // Once it is known to be readable: takes what is there, up to a part of 64 KiB.
  void read();
  struct Line {
    std::string text;
    bool tooLong = false;  // it was longer than kLongestLine, and is not here
  };
  // The next whole line; at the end of the input also one without its end.
  std::optional<Line> next();
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  std::string pending_;
  std::size_t searched_ = 0;  // bytes of it that hold no line end
  bool skipping_ = false;     // within a line that is too long
  bool ended_ = false;
};

// Lines that go out by a file descriptor, without ever waiting for whoever reads them.
class LineOutput {
 public:
  explicit LineOutput(int descriptor) : descriptor_(descriptor) {}

  void add(std::string_view line);  // without its end
  // Once it is known to be writable: hands over what may be handed over without waiting, at most a page.
  void write();
  [[nodiscard]] std::size_t pending() const { return pending_.size() - written_; }
  [[nodiscard]] bool failed() const { return failed_; }
  void fail() { failed_ = true; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  std::string pending_;
  std::size_t written_ = 0;
  bool failed_ = false;
};

}  // namespace overcommit
