// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/arm64_access.h"

namespace overcommit {
namespace {

constexpr std::uint32_t bits(std::uint32_t word, unsigned high, unsigned low) { return word >> low & ((2u << (high - low)) - 1); }
constexpr bool bit(std::uint32_t word, unsigned number) { return bits(word, number, number) != 0; }

// Exclusive, ordered, compare and swap:   size:2 001000 o2 L o1 ...
bool exclusiveReads(std::uint32_t word) {
  const bool pair = bit(word, 21);
  const bool compareAndSwap = pair && (bit(word, 23) || !bit(word, 31));
  return !compareAndSwap && bit(word, 22);
}

// One register or vector:   size:2 111 V 0 imm opc:2 o ... kind:2 ...
bool singleReads(std::uint32_t word) {
  const bool vector = bit(word, 26), immediate = bit(word, 24), other = !immediate && bit(word, 21);
  const std::uint32_t opc = bits(word, 23, 22), kind = bits(word, 11, 10);
  if (other && kind == 0b00) {  // atomic operations, and two loads among them: LDAPR, LD64B
    const std::uint32_t operation = bits(word, 15, 12);
    return !vector && ((operation == 0b1100 && opc == 0b10) || operation == 0b1101);
  }
  if (other && bit(word, 10)) return true;  // LDRAA, LDRAB
  return vector ? bit(word, 22) : opc != 0b00;
}

bool reads(std::uint32_t word) {
  const bool vector = bit(word, 26);
  const bool scalable = bits(word, 28, 25) == 0b0010 && bit(word, 31);
  if (scalable) return bits(word, 31, 29) != 0b111;
  const std::uint32_t form = bits(word, 25, 24);
  switch (bits(word, 29, 27)) {
    case 0b001:
      if (vector) return !bit(word, 31) && !bit(word, 25) && bit(word, 22);  // structures of vectors
      return form == 0b00 && exclusiveReads(word);
    case 0b011:
      if (form == 0b00) return true;  // LDR (literal)
      // LDAPUR, STLUR; the others are tags and copies
      return form == 0b01 && !vector && !bit(word, 21) && bits(word, 11, 10) == 0b00 && bits(word, 23, 22) != 0b00;
    case 0b101: return !bit(word, 25) && bit(word, 22);  // pairs
    case 0b111: return !bit(word, 25) && singleReads(word);
    default: return false;
  }
}

}  // namespace

Access accessOfArm64(std::uint32_t instruction) { return reads(instruction) ? Access::Read : Access::Write; }

}  // namespace overcommit
