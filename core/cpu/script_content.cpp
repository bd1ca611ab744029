// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/script_content.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "base/hash.h"
#include "base/random.h"

namespace overcommit {
namespace {

// Draws small numbers from a few words of a generator: a page needs thousands of them.
class SmallDraws {
 public:
  explicit SmallDraws(Random& random) : random_(random) {}
  std::uint32_t byte() {
    if (left_ == 0) {
      word_ = random_.next();
      left_ = 8;
    }
    const auto value = static_cast<std::uint32_t>(word_ & 0xff);
    word_ >>= 8;
    --left_;
    return value;
  }

 private:
  Random& random_;
  std::uint64_t word_ = 0;
  int left_ = 0;
};

void fillRandom(std::span<std::byte, kPageSize> page, Random& random) {
  for (std::size_t at = 0; at < page.size(); at += 8) {
    const std::uint64_t word = random.next();
    std::memcpy(&page[at], &word, sizeof word);
  }
}

// Copies pieces chosen by `next` until the page is full; the last one is cut.
template <typename Next>
void fillWithPieces(std::span<std::byte, kPageSize> page, Next next) {
  std::size_t at = 0;
  while (at < page.size()) {
    const std::string_view piece = next();
    const std::size_t length = std::min(piece.size(), page.size() - at);
    std::memcpy(&page[at], piece.data(), length);
    at += length;
  }
}

void fillText(std::span<std::byte, kPageSize> page, Random& random) {
  constexpr std::array<std::string_view, 64> kWords{
      "the ", "of ",  "and ",  "page ",    "to ",     "a ",      "memory ", "in ",     "is ",      "host ",  "guest ", "frame ", "that ",
      "for ", "it ",  "as ",   "was ",     "with ",   "be ",     "by ",     "on ",     "not ",     "table ", "he ",    "this ",  "are ",
      "or ",  "his ", "from ", "at ",      "which ",  "but ",    "have ",   "an ",     "had ",     "they ",  "you ",   "were ",  "their ",
      "one ", "all ", "we ",   "can ",     "her ",    "has ",    "there ",  "been ",   "if ",      "more ",  "when ",  "will ",  "would ",
      "who ", "so ",  "no ",   "request ", "answer ", "server ", "number ", "second ", "again.\n", "then, ", "only ",  "new.\n"};
  SmallDraws draws(random);
  std::array<char, 4> digits{};
  fillWithPieces(page, [&]() -> std::string_view {
    const std::uint32_t draw = draws.byte();
    if (draw >= 240) {  // now and then a number
      for (char& digit : digits) digit = static_cast<char>('0' + draws.byte() % 10);
      digits.back() = ' ';
      return {digits.data(), digits.size()};
    }
    return kWords[draw % kWords.size()];
  });
}

void fillCode(std::span<std::byte, kPageSize> page, Random& random) {
  using namespace std::string_view_literals;
  constexpr std::array<std::string_view, 16> kOpcodes{
      "\x48\x8b"sv, "\x48\x89"sv, "\xe8"sv, "\x0f\x84"sv,     "\x48\x83\xc4"sv, "\x55\x48\x89\xe5"sv, "\x5d\xc3"sv, "\x31\xc0"sv,
      "\x85\xc0"sv, "\x74"sv,     "\xeb"sv, "\x48\x8d\x05"sv, "\x66\x90"sv,     "\x0f\xb6"sv,         "\x83\xf8"sv, "\x41\x54"sv};
  SmallDraws draws(random);
  std::array<char, 4> immediate{};
  bool operand = false;
  fillWithPieces(page, [&]() -> std::string_view {
    operand = !operand;
    if (operand) return kOpcodes[draws.byte() % kOpcodes.size()];
    immediate = {static_cast<char>(draws.byte()), static_cast<char>(draws.byte() & 7), 0, 0};
    return {immediate.data(), 1 + draws.byte() % immediate.size()};
  });
}

Random generatorFor(ScriptContent content, Gfn gfn, std::uint64_t seed) {
  const std::array<std::uint64_t, 4> key{static_cast<std::uint64_t>(content.kind), content.value, gfn.value(), seed};
  return Random(hash64(std::as_bytes(std::span(key))), "script content");
}

}  // namespace

void fillPage(std::span<std::byte, kPageSize> page, ScriptContent content, Gfn gfn, std::uint64_t seed) {
  using Kind = ScriptStep::Content;
  const bool everywhereEqual = content.kind == Kind::Same;
  Random random = generatorFor(content, everywhereEqual ? Gfn(0) : gfn, everywhereEqual ? 0 : seed);
  switch (content.kind) {
    case Kind::Zero: std::fill(page.begin(), page.end(), std::byte{0}); break;
    case Kind::Same:
    case Kind::Random: fillRandom(page, random); break;
    case Kind::Text: fillText(page, random); break;
    case Kind::Code: fillCode(page, random); break;
  }
}

}  // namespace overcommit
