// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace overcommit::test {

enum class Reg : std::uint8_t { Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15 };

// Just enough of an assembler for guests of a few instructions, so that the tests need neither an assembler nor hexadecimal.
// Memory operands are a register without displacement; Rsp, Rbp, R12 and R13 cannot be one.
class Code {
 public:
  explicit Code(std::uint64_t origin) : origin_(origin) {}

  Code& bytes(std::initializer_list<unsigned> values) {
    for (const unsigned value : values) out_.push_back(static_cast<std::byte>(value));
    return *this;
  }
  Code& label(const std::string& name) {
    labels_[name] = here();
    return *this;
  }
  Code& pad(std::uint64_t address) {
    invariant(address >= here(), "test code does not overlap");
    out_.resize(address - origin_, std::byte{0xcc});
    return *this;
  }

  Code& mov(Reg to, std::uint64_t value) {
    bytes({0x48 | high(to), 0xb8 | low(to)});
    for (unsigned shift = 0; shift < 64; shift += 8) bytes({static_cast<unsigned>(value >> shift & 0xff)});
    return *this;
  }
  Code& movLabel(Reg to, const std::string& name) {  // the label's address
    bytes({0x48 | high(to), 0xb8 | low(to)});
    fixups_.push_back({out_.size(), name, 8});
    return bytes({0, 0, 0, 0, 0, 0, 0, 0});
  }
  Code& mov(Reg to, Reg from) { return twoRegisters(0x89, from, to, 3); }
  Code& add(Reg to, Reg from) { return twoRegisters(0x01, from, to, 3); }
  Code& bitOr(Reg to, Reg from) { return twoRegisters(0x09, from, to, 3); }
  Code& load(Reg to, Reg address) { return twoRegisters(0x8b, to, address, 0); }
  Code& store(Reg address, Reg from) { return twoRegisters(0x89, from, address, 0); }
  Code& addToMemory(Reg address, Reg value) { return twoRegisters(0x01, value, address, 0); }  // read-modify-write
  Code& addImmediate(Reg to, std::uint32_t value) {
    bytes({0x48 | high(to), 0x81, 0xc0 | low(to)});
    return word(value);
  }
  Code& shiftRight(Reg reg, unsigned by) { return bytes({0x48 | high(reg), 0xc1, 0xe8 | low(reg), by}); }
  Code& inc(Reg reg) { return bytes({0x48 | high(reg), 0xff, 0xc0 | low(reg)}); }
  Code& dec(Reg reg) { return bytes({0x48 | high(reg), 0xff, 0xc8 | low(reg)}); }
  Code& push(Reg reg) { return bytes({0x40 | high(reg), 0x50 | low(reg)}); }
  Code& pop(Reg reg) { return bytes({0x40 | high(reg), 0x58 | low(reg)}); }

  Code& jmp(const std::string& name) { return bytes({0xe9}).relative(name); }
  Code& jnz(const std::string& name) { return bytes({0x0f, 0x85}).relative(name); }
  Code& call(const std::string& name) { return bytes({0xe8}).relative(name); }
  Code& jmp(Reg to) { return bytes({0x40 | high(to), 0xff, 0xe0 | low(to)}); }
  Code& call(Reg to) { return bytes({0x40 | high(to), 0xff, 0xd0 | low(to)}); }
  Code& ret() { return bytes({0xc3}); }
  Code& nop() { return bytes({0x90}); }
  Code& hlt() { return bytes({0xf4}); }
  Code& iretq() { return bytes({0x48, 0xcf}); }

  Code& loadIdt(Reg address) { return bytes({0x40 | high(address), 0x0f, 0x01, 0x18 | low(address)}); }
  Code& readCr2() { return bytes({0x0f, 0x20, 0xd0}); }  // to Rax
  Code& invlpg(Reg address) { return bytes({0x40 | high(address), 0x0f, 0x01, 0x38 | low(address)}); }

  // The stubs of the guest ABI; call number and arguments are in registers already.
  Code& hypercall() { return bytes({0xe6, 0x10, 0xeb, 0x00}); }
  Code& hypercall(std::uint64_t number) { return mov(Reg::Rax, number).hypercall(); }
  Code& balloonCall() { return bytes({0xed, 0xeb, 0x00}); }

  [[nodiscard]] std::uint64_t origin() const { return origin_; }
  [[nodiscard]] std::uint64_t here() const { return origin_ + out_.size(); }
  [[nodiscard]] std::uint64_t at(const std::string& name) const { return labels_.at(name); }
  std::vector<std::byte> assemble() {
    for (const Fixup& fixup : fixups_) {
      const std::uint64_t target = labels_.at(fixup.label);
      const std::uint64_t value = fixup.size == 8 ? target : target - (origin_ + fixup.at + 4);
      for (unsigned i = 0; i < fixup.size; ++i) out_[fixup.at + i] = static_cast<std::byte>(value >> (8 * i) & 0xff);
    }
    return out_;
  }

 private:
  struct Fixup {
    std::size_t at;
    std::string label;
    unsigned size;
  };
  static unsigned low(Reg reg) { return static_cast<unsigned>(reg) & 7; }
  static unsigned high(Reg reg) { return static_cast<unsigned>(reg) >> 3; }
  Code& word(std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8) bytes({value >> shift & 0xff});
    return *this;
  }
  Code& relative(const std::string& name) {
    fixups_.push_back({out_.size(), name, 4});
    return word(0);
  }
  Code& twoRegisters(unsigned opcode, Reg reg, Reg rm, unsigned mode) {
    return bytes({0x48 | high(reg) << 2 | high(rm), opcode, mode << 6 | low(reg) << 3 | low(rm)});
  }

  std::uint64_t origin_;
  std::vector<std::byte> out_;
  std::map<std::string, std::uint64_t> labels_;
  std::vector<Fixup> fixups_;
};

}  // namespace overcommit::test
