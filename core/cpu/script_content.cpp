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

// A piece of a page: its first `length` characters. Of fixed size, so that it is copied whole, with one store.
struct Piece {
  std::array<char, 8> text{};
  std::size_t length = 0;

  constexpr Piece() = default;
  constexpr explicit Piece(std::string_view word) : length(word.size()) { std::copy(word.begin(), word.end(), text.begin()); }
};

template <std::size_t kCount>
constexpr std::array<Piece, kCount> piecesOf(const std::array<std::string_view, kCount>& words) {
  std::array<Piece, kCount> pieces;
  std::transform(words.begin(), words.end(), pieces.begin(), [](std::string_view word) { return Piece(word); });
  return pieces;
}

// Copies pieces chosen by `next` until the page is full; the last one is cut.
template <typename Next>
void fillWithPieces(std::span<std::byte, kPageSize> page, Next next) {
  std::size_t at = 0;
  while (at + sizeof(Piece::text) <= page.size()) {
    const Piece piece = next();
    std::memcpy(&page[at], piece.text.data(), piece.text.size());  // what is too much is written over
    at += piece.length;
  }
  while (at < page.size()) {
    const Piece piece = next();
    const std::size_t length = std::min(piece.length, page.size() - at);
    std::memcpy(&page[at], piece.text.data(), length);
    at += length;
  }
}

// Which of `count` pieces comes next. As in any language, the first ones come most often, and every second time begins a phrase of six that
// always follow each other.
class Phrases {
 public:
  explicit Phrases(std::size_t count) : count_(count) {}
  [[nodiscard]] bool within() const { return left_ > 0; }
  std::size_t next(std::uint32_t draw) {
    if (within()) {
      --left_;
      return last_ = (last_ + 1) % count_;
    }
    left_ = draw % 2 == 0 ? 5 : 0;
    return last_ = std::size_t{draw} * draw * count_ >> 16;
  }

 private:
  std::size_t count_, last_ = 0;
  int left_ = 0;
};

void fillText(std::span<std::byte, kPageSize> page, Random& random) {
  static constexpr auto kWords = piecesOf(std::array<std::string_view, 64>{
      "the ", "of ",  "and ",  "page ",    "to ",     "a ",      "memory ", "in ",     "is ",      "host ",  "guest ", "frame ", "that ",
      "for ", "it ",  "as ",   "was ",     "with ",   "be ",     "by ",     "on ",     "not ",     "table ", "he ",    "this ",  "are ",
      "or ",  "his ", "from ", "at ",      "which ",  "but ",    "have ",   "an ",     "had ",     "they ",  "you ",   "were ",  "their ",
      "one ", "all ", "we ",   "can ",     "her ",    "has ",    "there ",  "been ",   "if ",      "more ",  "when ",  "will ",  "would ",
      "who ", "so ",  "no ",   "request ", "answer ", "server ", "number ", "second ", "again.\n", "then, ", "only ",  "new.\n"});
  SmallDraws draws(random);
  Phrases phrases(kWords.size());
  fillWithPieces(page, [&] {
    const std::uint32_t draw = phrases.within() ? 0 : draws.byte();
    if (draw >= 240) {  // now and then a number
      Piece number("0000");
      for (std::size_t digit = 0; digit < number.length; ++digit) number.text[digit] = static_cast<char>('0' + draws.byte() % 10);
      number.text[number.length - 1] = ' ';
      return number;
    }
    return kWords[phrases.next(draw)];
  });
}

void fillCode(std::span<std::byte, kPageSize> page, Random& random) {
  using namespace std::string_view_literals;
  static constexpr auto kOpcodes = piecesOf(std::array<std::string_view, 16>{
      "\x48\x8b"sv, "\x48\x89"sv, "\xe8"sv, "\x0f\x84"sv, "\x48\x83\xc4"sv, "\x55\x48\x89\xe5"sv, "\x5d\xc3"sv, "\x31\xc0"sv, "\x85\xc0"sv,
      "\x74"sv, "\xeb"sv, "\x48\x8d\x05"sv, "\x66\x90"sv, "\x0f\xb6"sv, "\x83\xf8"sv, "\x41\x54"sv});
  SmallDraws draws(random);
  Phrases phrases(kOpcodes.size());
  bool operand = false;
  fillWithPieces(page, [&] {
    operand = !operand && !phrases.within();
    if (!operand) return kOpcodes[phrases.next(phrases.within() ? 0 : draws.byte())];
    Piece immediate;
    immediate.text[0] = static_cast<char>(draws.byte());
    immediate.length = 1 + draws.byte() % 3;
    return immediate;
  });
}

Random generatorFor(ScriptContent content, Gfn gfn, std::uint64_t seed) {
  const std::array<std::uint64_t, 4> key{static_cast<std::uint64_t>(content.kind), content.value, gfn.value(), seed};
  return Random(hash64(std::as_bytes(std::span(key))), "script content");
}

}  // namespace

void fillPage(std::span<std::byte, kPageSize> page, ScriptContent content, Gfn gfn, std::uint64_t seed) {
  using Holds = ScriptStep::Content;
  const bool everywhereEqual = content.kind == Holds::Same;
  Random random = generatorFor(content, everywhereEqual ? Gfn(0) : gfn, everywhereEqual ? 0 : seed);
  switch (content.kind) {
    case Holds::Zero: std::fill(page.begin(), page.end(), std::byte{0}); break;
    case Holds::Same:
    case Holds::Random: fillRandom(page, random); break;
    case Holds::Text: fillText(page, random); break;
    case Holds::Code: fillCode(page, random); break;
  }
}

}  // namespace overcommit
