// SPDX-License-Identifier: GPL-2.0-or-later
// Finds out what the installed Unicorn does, by letting a guest of a few bytes read, write and fault.
#include <array>
#include <cstring>
#include <vector>

#include "abi/overcommit_abi.h"
#include "cpu/guest_walk.h"
#include "cpu/unicorn_engine.h"
#include "cpu/unicorn_exception.h"

namespace overcommit {
namespace {

// The probe's guest-physical memory, by page.
enum Page : std::uint64_t {
  RootTable = 1,
  LowTables = 2,      // three levels for the identity map
  DynamicTables = 5,  // three levels for the dynamic area
  Translated = 8,     // where the guest's tables send the first dynamic page
  Descriptors = 9,
  Code = 10,
  Stack = 11,
  ReadOnly = 12,
  Absent = 13,
  Count = 16
};
constexpr std::uint64_t addressOf(Page page) { return page * kPageSize; }

constexpr std::uint64_t kMarkTranslated = 0x1111'2222'3333'4444, kMarkDynamic = 0x5555'6666'7777'8888;

constexpr std::array<std::uint8_t, 4> kLoad{0x48, 0x8b, 0x03, 0xf4};   // mov (%rbx),%rax; hlt
constexpr std::array<std::uint8_t, 4> kStore{0x48, 0x89, 0x03, 0xf4};  // mov %rax,(%rbx); hlt
enum Instruction : std::uint64_t { Load = 0, Store = 16 };             // offsets in the code page

class Probe {
 public:
  Result<UnicornInfo> run();

 private:
  // What the exception hook saw.
  struct Fault {
    std::uint32_t vector = 0;
    std::vector<std::byte> state;
  };

  static void onException(uc_engine* engine, std::uint32_t vector, void* self);
  void buildGuest();
  std::uint64_t& entry(Page table, std::uint64_t index) { return *reinterpret_cast<std::uint64_t*>(&ram_[addressOf(table) + index * 8]); }
  Result<UnicornKind> findKind();
  Result<std::size_t> findInFlightWord();
  Result<std::size_t> findErrorCodeWord(std::size_t inFlightAt);
  std::optional<Fault> provoke(Instruction instruction, Page page);
  void clearInFlight(std::size_t inFlightAt);

  alignas(kPageSize) std::array<std::byte, Page::Count * kPageSize> ram_{};
  alignas(kPageSize) std::array<std::byte, kPageSize> dynamic_{};
  std::unique_ptr<UnicornEngine> engine_;
  std::optional<UnicornContext> context_;
  std::optional<Fault> fault_;
};

void Probe::buildGuest() {
  constexpr std::uint64_t kTable = kPtePresent | kPteWritable;
  const auto page = [](std::uint64_t number) { return number << kPageShift; };
  const auto chain = [&](Page first, std::uint64_t rootIndex) {
    entry(Page::RootTable, rootIndex) = page(first) | kTable;
    entry(first, 0) = page(first + 1) | kTable;
    entry(static_cast<Page>(first + 1), 0) = page(first + 2) | kTable;
  };
  chain(Page::LowTables, 0);
  chain(Page::DynamicTables, OC_DYNAMIC_BASE >> 39);
  constexpr auto kLowLeaf = static_cast<Page>(Page::LowTables + 2);
  for (std::uint64_t number = 1; number < Page::Count; ++number) entry(kLowLeaf, number) = page(number) | kTable;
  entry(kLowLeaf, Page::ReadOnly) = page(Page::ReadOnly) | kPtePresent;
  entry(kLowLeaf, Page::Absent) = 0;
  entry(static_cast<Page>(Page::DynamicTables + 2), 0) = page(Page::Translated) | kTable;

  entry(Page::Translated, 0) = kMarkTranslated;
  std::memcpy(dynamic_.data(), &kMarkDynamic, sizeof kMarkDynamic);
  entry(Page::Descriptors, OC_CODE_SELECTOR / 8) = 0x00af'9b00'0000'ffff;
  entry(Page::Descriptors, OC_DATA_SELECTOR / 8) = 0x00cf'9300'0000'ffff;
  std::memcpy(&ram_[addressOf(Page::Code) + Load], kLoad.data(), kLoad.size());
  std::memcpy(&ram_[addressOf(Page::Code) + Store], kStore.data(), kStore.size());
}

void Probe::onException(uc_engine* engine, std::uint32_t vector, void* self) {
  auto& probe = *static_cast<Probe*>(self);
  probe.context_->save();
  const auto raw = probe.context_->raw();
  probe.fault_ = Fault{vector, std::vector(raw.begin(), raw.end())};
  uc_emu_stop(engine);
}

std::optional<Probe::Fault> Probe::provoke(Instruction instruction, Page page) {
  fault_.reset();
  engine_->write(UC_X86_REG_RBX, addressOf(page));
  engine_->start(addressOf(Page::Code) + instruction);
  return fault_;
}

Result<UnicornKind> Probe::findKind() {
  engine_->write(UC_X86_REG_RBX, OC_DYNAMIC_BASE);
  const uc_err error = engine_->start(addressOf(Page::Code) + Load);
  if (error != UC_ERR_OK || fault_) return failure("it cannot run the probe: {}", uc_strerror(error));
  const std::uint64_t found = engine_->read(UC_X86_REG_RAX);
  if (found == kMarkTranslated) return UnicornKind::Translates;
  if (found == kMarkDynamic) return UnicornKind::UsesVirtualAddresses;
  return failure("it neither translates guest addresses nor uses them as they are (read {:#x})", found);
}

// Unicorn remembers the vector of the exception that it raised last and never forgets it, so that the next one counts as a double
// fault. The word is -1 as long as there was none: exactly one word may go from -1 to 14 with the first page fault.
Result<std::size_t> Probe::findInFlightWord() {
  context_->save();
  const std::vector<std::byte> before(context_->raw().begin(), context_->raw().end());
  const auto fault = provoke(Load, Page::Absent);
  if (!fault || fault->vector != kPageFaultVector) return failure("it does not report a page fault");
  std::vector<std::size_t> found;
  for (std::size_t at = 0; at + 4 <= before.size(); at += 4) {
    std::int32_t was, is;
    std::memcpy(&was, &before[at], sizeof was);
    std::memcpy(&is, &fault->state[at], sizeof is);
    if (was == -1 && is == static_cast<std::int32_t>(kPageFaultVector)) found.push_back(at);
  }
  if (found.size() != 1) return failure("{} words of its state could be the exception in flight", found.size());
  return found.front();
}

// Page faults with known error codes; one word must follow them all.
Result<std::size_t> Probe::findErrorCodeWord(std::size_t inFlightAt) {
  struct Case {
    Instruction instruction;
    Page page;
    std::int32_t errorCode;
  };
  constexpr std::array kCases{Case{Load, Page::Absent, 0}, Case{Store, Page::Absent, 2}, Case{Store, Page::ReadOnly, 3},
                              Case{Load, Page::Absent, 0}};
  std::vector<std::size_t> candidates;
  bool first = true;
  for (const Case& provoked : kCases) {
    clearInFlight(inFlightAt);
    const auto fault = provoke(provoked.instruction, provoked.page);
    if (!fault || fault->vector != kPageFaultVector) {
      return failure("a page fault arrives as vector {}", fault ? static_cast<int>(fault->vector) : -1);
    }
    const auto matches = [&](std::size_t at) {
      std::int32_t word;
      std::memcpy(&word, &fault->state[at], sizeof word);
      return word == provoked.errorCode;
    };
    if (first) {
      for (std::size_t at = 0; at + 4 <= fault->state.size(); at += 4) candidates.push_back(at);
    }
    std::erase_if(candidates, [&](std::size_t at) { return !matches(at); });
    first = false;
  }
  if (candidates.size() != 1) return failure("{} words of its state could be the error code of a page fault", candidates.size());
  return candidates.front();
}

void Probe::clearInFlight(std::size_t inFlightAt) {
  context_->save();
  context_->setWord(inFlightAt, -1);
  context_->restore();
}

Result<UnicornInfo> Probe::run() {
  const unsigned version = uc_version(nullptr, nullptr);
  UnicornInfo info;
  info.version = fmt::format("{}.{}.{}", version >> 24, version >> 16 & 0xff, version >> 8 & 0xff);
  const auto refuse = [&info](const Error& why) { return failure("Unicorn {} cannot be used: {}", info.version, why.text); };

  buildGuest();
  auto engine = UnicornEngine::open({ram_, dynamic_});
  if (!engine) return tl::unexpected<Error>(engine.error());
  engine_ = std::move(*engine);
  context_.emplace(engine_->get());
  uc_hook hook = 0;
  const uc_err hooked = uc_hook_add(engine_->get(), &hook, UC_HOOK_INTR, asHook(onException), this, 1, 0);
  if (hooked != UC_ERR_OK) return refuse({uc_strerror(hooked)});
  engine_->enter({Gpa(addressOf(Page::Code)), Gpa(addressOf(Page::Stack) + kPageSize), Gpa(), Gpa(addressOf(Page::RootTable)),
                  Gpa(addressOf(Page::Descriptors))});

  const auto kind = findKind();
  if (!kind) return refuse(kind.error());
  info.kind = *kind;
  const auto inFlight = findInFlightWord();
  if (!inFlight) return refuse(inFlight.error());
  info.inFlightAt = *inFlight;
  const auto errorCode = findErrorCodeWord(info.inFlightAt);
  if (!errorCode) return refuse(errorCode.error());
  info.errorCodeAt = *errorCode;
  return info;
}

}  // namespace

Result<UnicornInfo> probeUnicorn() { return std::make_unique<Probe>()->run(); }

}  // namespace overcommit
