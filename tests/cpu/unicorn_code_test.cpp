// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/support/test_guest.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

using Kind = VmExit::Kind;

// Code that changes under the emulator, which keeps translations of it.
class UnicornCodeTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { host_ = std::make_unique<TestHost>(); }
  void cleanupTestCase() { host_.reset(); }

  void guestMayModifyItsOwnCode();
  void guestMayModifyCodeThroughADynamicPage();
  void replacedCodeIsForgotten_data();
  void replacedCodeIsForgotten();
  void forgettingManyPagesWorks();
  void forgettingAPageTheGuestUnmappedLeavesNoFaultBehind();
  void forgettingAPageNeverExecutedIsHarmless();
  void replacedCodeInTheDynamicAreaIsForgotten();
  void remappedCodeInTheDynamicAreaIsForgotten();
  void codeOnASharedPageRuns();

 private:
  std::unique_ptr<TestHost> host_;
};

namespace {

constexpr std::uint64_t kRoutine = TestGuest::kFree;
constexpr std::uint64_t kRoutinePage = kRoutine >> kPageShift;

// Calls the routine at `at` again and again, with a hypercall after each call.
Code calling(std::uint64_t at) {
  return std::move(Code(TestGuest::kCode).mov(Reg::Rbx, at).label("again").call(Reg::Rbx).hypercall().jmp("again"));
}

std::vector<std::byte> routine(std::uint64_t result) { return Code(kRoutine).mov(Reg::Rcx, result).ret().assemble(); }

std::uint64_t nextResult(TestGuest& guest) {
  const VmExit exit = guest.run();
  return exit.kind == Kind::Hypercall ? guest.cpu().registers().rcx : 0xbad;
}

}  // namespace

void UnicornCodeTest::guestMayModifyItsOwnCode() {
  // The immediate operand (two bytes into the instruction) is overwritten before and behind the place that runs.
  Code code(TestGuest::kCode);
  code.movLabel(Reg::Rbx, "patched").addImmediate(Reg::Rbx, 2).mov(Reg::Rsi, 3).label("again").label("patched").mov(Reg::Rcx, 1);
  code.add(Reg::Rdx, Reg::Rcx).addToMemory(Reg::Rbx, Reg::Rcx).dec(Reg::Rsi).jnz("again").hlt();
  TestGuest guest(*host_, code);
  QCOMPARE(guest.run().kind, Kind::Halt);
  QCOMPARE(guest.cpu().registers().rdx, std::uint64_t{1 + 2 + 4});
}

void UnicornCodeTest::guestMayModifyCodeThroughADynamicPage() {
  TestGuest guest(*host_, std::move(Code(TestGuest::kCode)
                                        .mov(Reg::Rbx, kRoutine)
                                        .call(Reg::Rbx)
                                        .mov(Reg::Rdx, Reg::Rcx)
                                        .mov(Reg::Rsi, TestGuest::dynamicAddress(0) + 2)
                                        .mov(Reg::Rax, 20)
                                        .store(Reg::Rsi, Reg::Rax)
                                        .hypercall()
                                        .call(Reg::Rbx)
                                        .hlt()));
  guest.mapDynamic(0, kRoutinePage);
  guest.poke(kRoutine, routine(10));
  QCOMPARE(guest.run().kind, Kind::Hypercall);
  QCOMPARE(guest.cpu().registers().rdx, std::uint64_t{10});
  // A kernel that loads code says so to the hypervisor as to a CPU: Unicorn 2.0 takes the two addresses for two pages.
  guest.cpu().forgetCode(Gfn(kRoutinePage));
  QCOMPARE(guest.run().kind, Kind::Halt);
  QCOMPARE(guest.cpu().registers().rcx, std::uint64_t{20});
}

void UnicornCodeTest::replacedCodeIsForgotten_data() {
  QTest::addColumn<bool>("watchdog");
  QTest::newRow("watchdog on") << true;
  QTest::newRow("watchdog off") << false;
}

void UnicornCodeTest::replacedCodeIsForgotten() {
  QFETCH(bool, watchdog);
  TestGuest guest(*host_, calling(kRoutine), VmId(0), watchdog ? Watchdog::On : Watchdog::Off);
  for (std::uint64_t result = 1; result <= 5; ++result) {
    guest.poke(kRoutine, routine(result));  // as a disk read would
    guest.cpu().forgetCode(Gfn(kRoutinePage));
    QCOMPARE(nextResult(guest), result);
    QCOMPARE(nextResult(guest), result);
  }
}

void UnicornCodeTest::forgettingManyPagesWorks() {
  constexpr std::uint64_t kPages = 200;
  Code code(TestGuest::kCode);
  code.label("start")
      .mov(Reg::Rdi, 0)
      .mov(Reg::Rsi, kPages)
      .mov(Reg::Rbx, kRoutine)
      .label("again")
      .call(Reg::Rbx)
      .add(Reg::Rdi, Reg::Rcx)
      .addImmediate(Reg::Rbx, 4096)
      .dec(Reg::Rsi)
      .jnz("again")
      .hypercall()
      .jmp("start");
  TestGuest guest(*host_, code);
  for (const std::uint64_t result : {1u, 2u, 3u}) {
    for (std::uint64_t page = 0; page < kPages; ++page) {
      guest.poke(kRoutine + page * kPageSize, routine(result));
      guest.cpu().forgetCode(Gfn(kRoutinePage + page));
    }
    QCOMPARE(guest.run().kind, Kind::Hypercall);
    QCOMPARE(guest.cpu().registers().rdi, result * kPages);
  }
}

void UnicornCodeTest::forgettingAPageTheGuestUnmappedLeavesNoFaultBehind() {
  // The routine lies in the first 2 MiB, where the guest can unmap single pages.
  constexpr std::uint64_t kLow = 0x18'0000;
  Code code(TestGuest::kCode);
  code.mov(Reg::Rbx, kLow).call(Reg::Rbx).hypercall().bytes({0x0f, 0x20, 0xd0}).hypercall().call(Reg::Rbx).hlt();  // mov %cr2,%rax
  TestGuest guest(*host_, code);
  guest.poke(kLow, routine(1));
  QCOMPARE(guest.run().kind, Kind::Hypercall);
  const std::uint64_t entry = TestGuest::kLowTable + (kLow >> kPageShift) * 8;
  guest.poke(entry, std::uint64_t{0});
  guest.poke(kLow, routine(2));
  guest.cpu().forgetCode(gfnOf(Gpa(kLow)));
  QCOMPARE(guest.run().kind, Kind::Hypercall);
  QCOMPARE(guest.cpu().registers().rax, std::uint64_t{0});  // CR2 is untouched
  guest.poke(entry, kLow | TestGuest::kWritable);
  QCOMPARE(guest.run().kind, Kind::Halt);
  QCOMPARE(guest.cpu().registers().rcx, std::uint64_t{2});
}

void UnicornCodeTest::forgettingAPageNeverExecutedIsHarmless() {
  TestGuest guest(*host_, calling(kRoutine));
  guest.poke(kRoutine, routine(1));
  guest.cpu().forgetCode(Gfn(0));
  guest.cpu().forgetCode(Gfn(kRoutinePage + 5));
  guest.cpu().forgetCode(Gfn(TestGuest::kMemory.value() + 5));
  QCOMPARE(nextResult(guest), std::uint64_t{1});
}

void UnicornCodeTest::replacedCodeInTheDynamicAreaIsForgotten() {
  TestGuest guest(*host_, calling(TestGuest::dynamicAddress(3)));
  guest.mapDynamic(3, kRoutinePage);
  for (std::uint64_t result = 1; result <= 3; ++result) {
    guest.poke(kRoutine, routine(result));
    guest.cpu().forgetCode(Gfn(kRoutinePage));
    QCOMPARE(nextResult(guest), result);
  }
}

void UnicornCodeTest::remappedCodeInTheDynamicAreaIsForgotten() {
  Code code(TestGuest::kCode);
  code.mov(Reg::Rbx, TestGuest::dynamicAddress(3)).label("again").call(Reg::Rbx).hypercall().invlpg(Reg::Rbx).hypercall().jmp("again");
  TestGuest guest(*host_, code);
  for (std::uint64_t i = 0; i < 3; ++i) guest.poke(kRoutine + i * kPageSize, routine(i + 1));
  for (std::uint64_t i = 0; i < 3; ++i) {
    guest.mapDynamic(3, kRoutinePage + i);
    guest.windows().dropDynamic(3);
    guest.cpu().flushTlb(Gva(TestGuest::dynamicAddress(3)));
    QCOMPARE(nextResult(guest), i + 1);
    QCOMPARE(guest.run().kind, Kind::Hypercall);
  }
}

void UnicornCodeTest::codeOnASharedPageRuns() {
  TestGuest guest(*host_, calling(kRoutine));
  guest.poke(kRoutine, routine(6));
  const Mfn shared = guest.memory().entry(Gfn(kRoutinePage)).mfn();
  guest.machine().makeShared(shared);
  guest.machine().addReference(shared);
  guest.memory().set(Gfn(kRoutinePage), NptEntry::sharedPage(shared));
  guest.cpu().forgetCode(Gfn(kRoutinePage));
  QCOMPARE(nextResult(guest), std::uint64_t{6});
  QCOMPARE(guest.memory().entry(Gfn(kRoutinePage)).mfn(), shared);
}

OVERCOMMIT_TEST(UnicornCodeTest)
#include "unicorn_code_test.moc"
