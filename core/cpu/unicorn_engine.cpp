// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/unicorn_engine.h"

#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "abi/overcommit_abi.h"

namespace overcommit {
namespace {

// Unicorn reserves 1 GiB for translated code and calls exit() if it cannot; the rest is for its tables.
constexpr std::size_t kAddressSpacePerEngine = (std::size_t{1} << 30) + (std::size_t{64} << 20);

std::optional<Error> cannotReserve() {
  void* probe = mmap(nullptr, kAddressSpacePerEngine, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (probe == MAP_FAILED) {
    return Error{
        fmt::format("cannot reserve 1 GiB of address space for an emulated CPU: {}; raise the limit on address space (ulimit -v), run "
                    "fewer VMs, or allow writable and executable memory",
                    systemErrorText(errno))};
  }
  munmap(probe, kAddressSpacePerEngine);
  return std::nullopt;
}

}  // namespace

UnicornContext::UnicornContext(uc_engine* engine) : engine_(engine), size_(uc_context_size(engine)) {
  uc_context* context = nullptr;
  invariant(uc_context_alloc(engine, &context) == UC_ERR_OK, "memory for the state of an emulated CPU");
  context_.reset(context);
}

void UnicornContext::save() { invariant(uc_context_save(engine_, context_.get()) == UC_ERR_OK, "Unicorn saves its state"); }
void UnicornContext::restore() { invariant(uc_context_restore(engine_, context_.get()) == UC_ERR_OK, "Unicorn restores its state"); }

std::span<const std::byte> UnicornContext::raw() const { return {reinterpret_cast<const std::byte*>(context_.get()), size_}; }

std::int32_t UnicornContext::word(std::size_t offset) const {
  std::int32_t value;
  std::memcpy(&value, raw().data() + offset, sizeof value);
  return value;
}

void UnicornContext::setWord(std::size_t offset, std::int32_t value) {
  std::memcpy(reinterpret_cast<std::byte*>(context_.get()) + offset, &value, sizeof value);
}

Result<std::unique_ptr<UnicornEngine>> UnicornEngine::open(UnicornMemory memory) {
  if (const auto problem = cannotReserve()) return tl::unexpected<Error>(*problem);
  uc_engine* engine = nullptr;
  const uc_err opened = uc_open(UC_ARCH_X86, UC_MODE_64, &engine);
  if (opened != UC_ERR_OK) return failure("cannot open the Unicorn emulator: {}", uc_strerror(opened));
  std::unique_ptr<UnicornEngine> result(new UnicornEngine);
  result->engine_.reset(engine);
  result->memory_ = memory;

  const auto map = [engine](std::uint64_t address, std::span<std::byte> bytes) {
    return bytes.empty() ? UC_ERR_OK : uc_mem_map_ptr(engine, address, bytes.size(), UC_PROT_ALL, bytes.data());
  };
  for (const uc_err error : {map(0, memory.ram), map(OC_DYNAMIC_BASE, memory.dynamic)}) {
    if (error != UC_ERR_OK) return failure("cannot give Unicorn its memory: {}", uc_strerror(error));
  }
  const uc_err exits = uc_ctl_exits_enable(engine);
  if (exits != UC_ERR_OK) return failure("cannot set up Unicorn: {}", uc_strerror(exits));
  return result;
}

Result<void> UnicornEngine::mapNothing(uc_cb_mmio_read_t onRead, uc_cb_mmio_write_t onWrite, void* user) {
  constexpr std::uint64_t kTop = 0 - kPageSize;  // Unicorn cannot map the last page
  const std::uint64_t ramEnd = memory_.ram.size();
  const std::uint64_t dynamicEnd = OC_DYNAMIC_BASE + memory_.dynamic.size();
  const auto map = [&](std::uint64_t begin, std::uint64_t end) {
    return uc_mmio_map(get(), begin, end - begin, onRead, user, onWrite, user);
  };
  for (const uc_err error : {map(ramEnd, OC_DYNAMIC_BASE), map(dynamicEnd, kTop)}) {
    if (error != UC_ERR_OK) return failure("cannot set up the emulated CPU's address space: {}", uc_strerror(error));
  }
  return {};
}

void UnicornEngine::enter(const GuestEntry& entry) {
  constexpr std::uint32_t kEferMsr = 0xc000'0080;
  constexpr std::uint64_t kEferLongMode = 0x500;  // LME, LMA; no NXE: Unicorn 2.0 takes NX as reserved
  constexpr std::uint64_t kCr4PhysicalExtension = 0x20;
  constexpr std::uint64_t kCr0Paging = 0x8001'0033;  // PG, WP, NE, ET, MP, PE
  constexpr std::uint16_t kDescriptors = 3;

  const uc_x86_msr efer{kEferMsr, kEferLongMode};
  uc_reg_write(get(), UC_X86_REG_MSR, &efer);
  write(UC_X86_REG_CR4, kCr4PhysicalExtension);
  write(UC_X86_REG_CR3, entry.pageTableRoot.value());
  write(UC_X86_REG_CR0, kCr0Paging);

  uc_x86_mmr table{};
  table.base = entry.descriptorTable.value();
  table.limit = kDescriptors * 8 - 1;
  uc_reg_write(get(), UC_X86_REG_GDTR, &table);
  // Only now: a selector written before CR0.PE is a real-mode segment.
  const std::uint16_t code = OC_CODE_SELECTOR;
  const std::uint16_t data = OC_DATA_SELECTOR;
  uc_reg_write(get(), UC_X86_REG_CS, &code);
  for (const int segment : {UC_X86_REG_SS, UC_X86_REG_DS, UC_X86_REG_ES}) uc_reg_write(get(), segment, &data);

  write(UC_X86_REG_RFLAGS, 0x2);
  write(UC_X86_REG_RSP, entry.stack.value());
  write(UC_X86_REG_RDI, entry.bootInformation.value());
}

std::uint64_t UnicornEngine::read(int reg) const {
  std::uint64_t value = 0;
  uc_reg_read(get(), reg, &value);
  return value;
}

void UnicornEngine::write(int reg, std::uint64_t value) { uc_reg_write(get(), reg, &value); }

Registers UnicornEngine::registers() const {
  Registers r;
  struct Place {
    int reg;
    std::uint64_t* value;
  };
  const std::array places{
      Place{UC_X86_REG_RAX, &r.rax}, Place{UC_X86_REG_RBX, &r.rbx},       Place{UC_X86_REG_RCX, &r.rcx}, Place{UC_X86_REG_RDX, &r.rdx},
      Place{UC_X86_REG_RSI, &r.rsi}, Place{UC_X86_REG_RDI, &r.rdi},       Place{UC_X86_REG_RBP, &r.rbp}, Place{UC_X86_REG_RSP, &r.rsp},
      Place{UC_X86_REG_R8, &r.r8},   Place{UC_X86_REG_R9, &r.r9},         Place{UC_X86_REG_R10, &r.r10}, Place{UC_X86_REG_R11, &r.r11},
      Place{UC_X86_REG_R12, &r.r12}, Place{UC_X86_REG_R13, &r.r13},       Place{UC_X86_REG_R14, &r.r14}, Place{UC_X86_REG_R15, &r.r15},
      Place{UC_X86_REG_RIP, &r.rip}, Place{UC_X86_REG_RFLAGS, &r.rflags}, Place{UC_X86_REG_CR2, &r.cr2}, Place{UC_X86_REG_CR3, &r.cr3}};
  std::array<int, places.size()> ids{};
  std::array<void*, places.size()> values{};
  for (std::size_t i = 0; i < places.size(); ++i) {
    ids[i] = places[i].reg;
    values[i] = places[i].value;
  }
  uc_reg_read_batch(get(), ids.data(), values.data(), static_cast<int>(ids.size()));
  return r;
}

}  // namespace overcommit
