// SPDX-License-Identifier: GPL-2.0-or-later
// The emulated CPU: what the hypervisor around it costs.
#include <sys/mman.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "bench/paired.h"
#include "cpu/support/test_guest.h"
#include "cpu/unicorn_engine.h"

namespace overcommit::bench {
namespace {

using test::Code;
using test::Reg;
using test::TestGuest;
using test::TestHost;

constexpr std::uint64_t kRounds = 500'000;

// Reads, mixes and writes words of 256 KiB, then makes a hypercall, for ever: a large loop body, a small one, calls.
Code computing() {
  Code code(TestGuest::kCode);
  code.label("again")
      .mov(Reg::Rcx, kRounds)
      .mov(Reg::Rbx, TestGuest::kFree)
      .label("round")
      .load(Reg::Rax, Reg::Rbx)
      .add(Reg::Rdx, Reg::Rax)
      .mov(Reg::Rsi, Reg::Rdx)
      .shiftRight(Reg::Rsi, 7)
      .add(Reg::Rdx, Reg::Rsi)
      .store(Reg::Rbx, Reg::Rdx)
      .mov(Reg::Rdi, Reg::Rcx)
      .bytes({0x48, 0x81, 0xe7})  // and $0x3fff8,%rdi
      .bytes({0xf8, 0xff, 0x03, 0x00})
      .mov(Reg::Rbx, TestGuest::kFree)
      .add(Reg::Rbx, Reg::Rdi)
      .dec(Reg::Rcx)
      .jnz("round")
      .hypercall()
      .jmp("again");
  return code;
}

// The same code on Unicorn with plain memory and a hook that stops: no windows, no hypervisor.
class BareGuest {
 public:
  explicit BareGuest(Code code)
      : ram_(static_cast<std::byte*>(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)), kBytes) {
    engine_ = std::move(UnicornEngine::open({ram_, {}}).value());
    uc_hook hook = 0;
    uc_hook_add(engine_->get(), &hook, UC_HOOK_INSN, asHook(onOut), nullptr, 1, 0, UC_X86_INS_OUT);
    poke(0x10000, 0x11003);
    poke(0x11000, 0x12003);
    for (std::uint64_t large = 0; large < kBytes >> 21; ++large) poke(0x12000 + large * 8, large << 21 | 0x83);
    poke(OC_GDT_ADDRESS + OC_CODE_SELECTOR, 0x00af'9b00'0000'ffff);
    poke(OC_GDT_ADDRESS + OC_DATA_SELECTOR, 0x00cf'9300'0000'ffff);
    rip_ = code.origin();
    const auto bytes = code.assemble();
    std::memcpy(&ram_[rip_], bytes.data(), bytes.size());
    engine_->enter({Gpa(rip_), Gpa(OC_BOOT_STACK_TOP), Gpa(), Gpa(0x10000), Gpa(OC_GDT_ADDRESS)});
  }
  ~BareGuest() {
    engine_.reset();
    munmap(ram_.data(), ram_.size());
  }
  BareGuest(const BareGuest&) = delete;
  BareGuest& operator=(const BareGuest&) = delete;
  void run() {
    engine_->start(rip_);
    rip_ = engine_->read(UC_X86_REG_RIP);
  }

 private:
  static constexpr std::size_t kBytes = 8u << 20;
  static void onOut(uc_engine* engine, std::uint32_t, int, std::uint32_t, void*) { uc_emu_stop(engine); }
  void poke(std::uint64_t address, std::uint64_t value) { std::memcpy(&ram_[address], &value, sizeof value); }
  std::span<std::byte> ram_;
  std::unique_ptr<UnicornEngine> engine_;
  std::uint64_t rip_ = 0;
};

void guestComputeAgainstBareUnicorn(benchmark::State& state) {
  TestHost host;
  TestGuest guest(host, computing(), VmId(0), Watchdog::Off);
  BareGuest bare(computing());
  ratio(
      state, atLeast(0.97), [&] { return nanosecondsOf([&] { bare.run(); }); }, [&] { return nanosecondsOf([&] { guest.run(0); }); });
}

void watchdogOnAgainstOff(benchmark::State& state) {
  TestHost host;
  TestGuest on(host, computing(), VmId(0));
  TestGuest off(host, computing(), VmId(1), Watchdog::Off);
  ratio(
      state, atLeast(0.85), [&] { return nanosecondsOf([&] { off.run(0); }); }, [&] { return nanosecondsOf([&] { on.run(0); }); });
}

void hypercallAndBack(benchmark::State& state) {
  TestHost host;
  TestGuest guest(host, Code(TestGuest::kCode).label("again").hypercall().jmp("again"));
  for (auto _ : state) {
    guest.run(0);
    guest.cpu().reply(0);
  }
}

// A page fault to a page that the handler maps at once, and its removal: no nested fault is left after the first round.
void pageFaultDelivery(benchmark::State& state) {
  TestHost host;
  constexpr std::uint64_t kFaults = 10'000;
  Code code = TestGuest::start();
  code.mov(Reg::Rbx, TestGuest::dynamicAddress(0))
      .mov(Reg::Rsi, TestGuest::kDynamicTable)
      .mov(Reg::Rdi, TestGuest::kFree | TestGuest::kWritable)
      .mov(Reg::Rdx, 0)
      .label("again")
      .mov(Reg::Rcx, kFaults)
      .label("next")
      .load(Reg::Rax, Reg::Rbx)
      .store(Reg::Rsi, Reg::Rdx)
      .invlpg(Reg::Rbx)
      .dec(Reg::Rcx)
      .jnz("next")
      .hypercall()
      .jmp("again")
      .label("handler")
      .store(Reg::Rsi, Reg::Rdi)
      .addImmediate(Reg::Rsp, 8)
      .iretq();
  TestGuest guest(host, code);
  guest.setHandler(14, code.at("handler"));
  std::vector<double> times;
  for (auto _ : state) {
    for (int i = 0; i < kPairs; ++i) times.push_back(nanosecondsOf([&] { guest.run(0); }) / kFaults / 1000);
  }
  std::sort(times.begin(), times.end());
  figure(state, atMost(5), times[times.size() / 2]);
}

// Unicorn 2.0 looks for translated code at every store; no way around it is known.
void storing(benchmark::State& state) {
  TestHost host;
  constexpr std::uint64_t kStores = 100'000;
  Code code(TestGuest::kCode);
  code.mov(Reg::Rbx, TestGuest::dynamicAddress(0)).label("again").mov(Reg::Rcx, kStores).label("next").store(Reg::Rbx, Reg::Rcx);
  code.dec(Reg::Rcx).jnz("next").hypercall().jmp("again");
  TestGuest guest(host, code);
  guest.mapDynamic(0, TestGuest::kFree >> kPageShift);
  for (auto _ : state) guest.run(0);
  state.SetItemsProcessed(static_cast<std::int64_t>(kStores) * state.iterations());
}

void creatingACpu(benchmark::State& state) {
  TestHost host;
  for (auto _ : state) TestGuest guest(host, Code(TestGuest::kCode).hlt());
}

BENCHMARK(guestComputeAgainstBareUnicorn)
    ->Name("guest compute under the hypervisor / bare Unicorn, speed")
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(watchdogOnAgainstOff)->Name("a loop with the watchdog / without, speed")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(pageFaultDelivery)->Name("guest page fault, delivered and served")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(hypercallAndBack)->Name("hypercall and back");
BENCHMARK(storing)->Name("100,000 stores")->Unit(benchmark::kMillisecond);
BENCHMARK(creatingACpu)->Name("create a VM with a CPU")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace overcommit::bench
