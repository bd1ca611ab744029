// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace overcommit {

// XXH3, the one hash of the project: 64 bits for pages, slots and blocks, 128 for digests.
std::uint64_t hash64(std::span<const std::byte> bytes);

struct Digest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  [[nodiscard]] std::string text() const;  // 32 hexadecimal digits
  friend bool operator==(const Digest&, const Digest&) = default;
};
Digest hash128(std::span<const std::byte> bytes);

// A 128-bit digest over a stream.
class DigestStream {
 public:
  DigestStream();
  void add(std::span<const std::byte> bytes);
  [[nodiscard]] Digest digest() const;  // of what was added so far

 private:
  struct Free {
    void operator()(void* state) const;
  };
  std::unique_ptr<void, Free> state_;
};

}  // namespace overcommit
