// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/support/test_guest.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

using Kind = VmExit::Kind;

// Entering, leaving and going on: hypercalls, the balloon port, budgets, stops.
class UnicornVcpuTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { host_ = std::make_unique<TestHost>(); }
  void cleanupTestCase() { host_.reset(); }
  void guestIsEnteredAsTheAbiSays();
  void haltComesBackWithRipPastIt();
  void hypercallBringsNumberAndArguments();
  void replyArrivesInRaxAndNothingElseChanges();
  void instructionAfterAHypercallRunsOnce();
  void nearJumpMayEndAHypercallToo();
  void hypercallWithoutAJumpIsACrash();
  void balloonCommandBringsItsRegisters();
  void balloonReplyChangesWhatTheProtocolSays();
  void accessToAnyOtherPortStopsTheGuest_data();
  void accessToAnyOtherPortStopsTheGuest();
  void budgetStopsExactly();
  void oneBlockAtATimeGivesTheSameEnd();
  void blocksAddUpOverAnySplit();
  void hypercallDoesNotCountTheBlockAfterIt();
  void withoutWatchdogBlocksAreNotCounted();
  void stopAskedForBetweenRunsIsHonouredAtOnce();
  void stopAskedForInANestedFaultEndsTheRunWithinABlock();
  void hypercallBeforeAStopIsNotLost();
  void twoGuestsAlternateWithoutMixing();
  void guestRunsAtAddressZeroLikeAnywhere();

 private:
  std::unique_ptr<TestHost> host_;  // made only now: Qt Test puts its own SIGSEGV handler in before
};

namespace {

// Adds 1..count into Rbx with a store a round, in three blocks a round; then halts.
Code summing(std::uint64_t count) {
  return std::move(Code(TestGuest::kCode)
                       .mov(Reg::Rcx, count)
                       .mov(Reg::Rbx, 0)
                       .mov(Reg::Rdi, TestGuest::kFree)
                       .label("round")
                       .add(Reg::Rbx, Reg::Rcx)
                       .jmp("store")
                       .label("store")
                       .push(Reg::Rbx)
                       .store(Reg::Rdi, Reg::Rbx)
                       .call("advance")
                       .pop(Reg::Rbx)
                       .dec(Reg::Rcx)
                       .jnz("round")
                       .hlt()
                       .label("advance")
                       .addImmediate(Reg::Rdi, 8)
                       .ret());
}

bool sameRegisters(const Registers& a, const Registers& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace

void UnicornVcpuTest::guestIsEnteredAsTheAbiSays() {
  TestGuest guest(*host_, Code(TestGuest::kCode).bytes({0x9c}).pop(Reg::Rax).hlt());  // pushfq
  QCOMPARE(guest.cpu().registers().rip, TestGuest::kCode);
  const VmExit exit = guest.run();
  QCOMPARE(exit.kind, Kind::Halt);
  const Registers r = guest.cpu().registers();
  QCOMPARE(r.rdi, std::uint64_t{OC_BOOT_INFO_ADDRESS});
  QCOMPARE(r.rsp, std::uint64_t{OC_BOOT_STACK_TOP});
  QCOMPARE(r.cr3, TestGuest::kRoot);
  QCOMPARE(r.rax, std::uint64_t{2});  // flags: interrupts off
}

void UnicornVcpuTest::haltComesBackWithRipPastIt() {
  TestGuest guest(*host_, Code(TestGuest::kCode).nop().hlt());
  QCOMPARE(guest.run().kind, Kind::Halt);
  QCOMPARE(guest.cpu().registers().rip, TestGuest::kCode + 2);
}

void UnicornVcpuTest::hypercallBringsNumberAndArguments() {
  TestGuest guest(*host_, Code(TestGuest::kCode).mov(Reg::Rdi, 11).mov(Reg::Rsi, 22).mov(Reg::Rdx, 33).hypercall(OC_CALL_DISK).hlt());
  const VmExit exit = guest.run();
  QCOMPARE(exit.kind, Kind::Hypercall);
  QCOMPARE(exit.number, std::uint64_t{OC_CALL_DISK});
  QCOMPARE(exit.argument1, std::uint64_t{11});
  QCOMPARE(exit.argument2, std::uint64_t{22});
  QCOMPARE(exit.argument3, std::uint64_t{33});
  QCOMPARE(guest.run().kind, Kind::Halt);
}

void UnicornVcpuTest::replyArrivesInRaxAndNothingElseChanges() {
  TestGuest guest(*host_, Code(TestGuest::kCode).mov(Reg::R9, 5).hypercall(OC_CALL_CLOCK).hlt());
  guest.run();
  Registers before = guest.cpu().registers();
  guest.cpu().reply(0xfeed'0000'0000'0001);
  guest.run();
  before.rax = 0xfeed'0000'0000'0001;
  before.rip += 1;
  QVERIFY(sameRegisters(guest.cpu().registers(), before));
}

void UnicornVcpuTest::instructionAfterAHypercallRunsOnce() {
  TestGuest guest(
      *host_,
      Code(TestGuest::kCode).mov(Reg::Rcx, 100).label("again").hypercall(OC_CALL_WORK).push(Reg::Rcx).dec(Reg::Rcx).jnz("again").hlt());
  int calls = 0;
  VmExit exit;
  while ((exit = guest.run()).kind == Kind::Hypercall) ++calls;
  QCOMPARE(exit.kind, Kind::Halt);
  QCOMPARE(calls, 100);
  QCOMPARE(guest.cpu().registers().rsp, std::uint64_t{OC_BOOT_STACK_TOP} - 800);
}

void UnicornVcpuTest::nearJumpMayEndAHypercallToo() {
  TestGuest guest(*host_, Code(TestGuest::kCode).bytes({0xe6, 0x10}).jmp("next").label("next").push(Reg::Rcx).hlt());
  QCOMPARE(guest.run().kind, Kind::Hypercall);
  QCOMPARE(guest.run().kind, Kind::Halt);
  QCOMPARE(guest.cpu().registers().rsp, std::uint64_t{OC_BOOT_STACK_TOP} - 8);
}

void UnicornVcpuTest::hypercallWithoutAJumpIsACrash() {
  TestGuest guest(*host_, Code(TestGuest::kCode).bytes({0xe6, 0x10}).push(Reg::Rcx).hlt());
  const VmExit exit = guest.run();
  QCOMPARE(exit.kind, Kind::Crash);
  QVERIFY2(exit.reason.find("not followed at once by a jump") != std::string::npos, exit.reason.c_str());
}

void UnicornVcpuTest::balloonCommandBringsItsRegisters() {
  TestGuest guest(*host_, Code(TestGuest::kCode)
                              .mov(Reg::Rax, OC_BALLOON_MAGIC)
                              .mov(Reg::Rcx, OC_BALLOON_BATCHED_LOCK)
                              .mov(Reg::Rbx, 77)
                              .mov(Reg::Rsi, 3)
                              .mov(Reg::Rdx, OC_BALLOON_PORT)
                              .balloonCall()
                              .hlt());
  const VmExit exit = guest.run();
  QCOMPARE(exit.kind, Kind::BalloonPort);
  QCOMPARE(exit.number, std::uint64_t{OC_BALLOON_MAGIC});
  QCOMPARE(exit.argument1, std::uint64_t{OC_BALLOON_BATCHED_LOCK});
  QCOMPARE(exit.argument2, std::uint64_t{77});
  QCOMPARE(exit.argument3, std::uint64_t{3});
}

void UnicornVcpuTest::balloonReplyChangesWhatTheProtocolSays() {
  const Code code = Code(TestGuest::kCode).mov(Reg::Rcx, 9).mov(Reg::Rdx, OC_BALLOON_PORT).balloonCall().hlt();
  TestGuest guest(*host_, code);
  guest.run();
  Registers expected = guest.cpu().registers();
  guest.cpu().replyBalloon(0xffff'ffff, 42, std::nullopt);
  QCOMPARE(guest.run().kind, Kind::Halt);
  expected.rax = 0xffff'ffff;
  expected.rbx = 42;
  expected.rip += 1;
  QVERIFY(sameRegisters(guest.cpu().registers(), expected));

  TestGuest starting(*host_, code);
  starting.run();
  starting.cpu().replyBalloon(0, 42, 6);
  QCOMPARE(starting.cpu().registers().rcx, std::uint64_t{6});
}

void UnicornVcpuTest::accessToAnyOtherPortStopsTheGuest_data() {
  QTest::addColumn<std::uint64_t>("port");
  QTest::addColumn<unsigned>("instruction");
  QTest::addColumn<QString>("reason");
  QTest::newRow("in %al") << std::uint64_t{0x3f8} << 0xecu << "the guest read 1 byte at port 0x3f8";
  QTest::newRow("in %eax") << std::uint64_t{0x3f8} << 0xedu << "the guest read 4 bytes at port 0x3f8";
  QTest::newRow("out %al") << std::uint64_t{0xffff} << 0xeeu << "the guest wrote 1 byte at port 0xffff";
  QTest::newRow("out %eax") << std::uint64_t{0} << 0xefu << "the guest wrote 4 bytes at port 0x0";
  QTest::newRow("a hypercall is a byte") << std::uint64_t{OC_PORT} << 0xefu << "the guest wrote 4 bytes at port 0x10";
  QTest::newRow("a balloon command is four") << std::uint64_t{OC_BALLOON_PORT} << 0xecu << "the guest read 1 byte at port 0x5670";
}

void UnicornVcpuTest::accessToAnyOtherPortStopsTheGuest() {
  QFETCH(std::uint64_t, port);
  QFETCH(unsigned, instruction);
  QFETCH(QString, reason);
  TestGuest guest(*host_, Code(TestGuest::kCode).mov(Reg::Rdx, port).bytes({static_cast<std::uint8_t>(instruction)}).hlt());
  const VmExit exit = guest.run();
  QCOMPARE(exit.kind, Kind::Crash);
  QCOMPARE(QString::fromStdString(exit.reason), reason + ", which this machine does not have");
}

void UnicornVcpuTest::budgetStopsExactly() {
  // Blocks: start to the jump, then "store" up to the call, then "advance", then the end of the round.
  TestGuest guest(*host_, summing(10));
  QCOMPARE(guest.run(1).kind, Kind::BudgetSpent);
  QCOMPARE(guest.cpu().registers().rbx, std::uint64_t{10});
  QCOMPARE(guest.cpu().registers().rsp, std::uint64_t{OC_BOOT_STACK_TOP});
  const VmExit second = guest.run(1);
  QCOMPARE(second.kind, Kind::BudgetSpent);
  QCOMPARE(second.blocks, std::uint64_t{1});
  QCOMPARE(guest.cpu().registers().rsp, std::uint64_t{OC_BOOT_STACK_TOP} - 16);
  QCOMPARE(guest.peek(TestGuest::kFree), std::uint64_t{10});
}

void UnicornVcpuTest::oneBlockAtATimeGivesTheSameEnd() {
  TestGuest whole(*host_, summing(50), VmId(0));
  QCOMPARE(whole.run().kind, Kind::Halt);
  TestGuest split(*host_, summing(50), VmId(1));
  VmExit exit;
  while ((exit = split.run(1)).kind == Kind::BudgetSpent) QCOMPARE(exit.blocks, std::uint64_t{1});
  QCOMPARE(exit.kind, Kind::Halt);
  QVERIFY(sameRegisters(whole.cpu().registers(), split.cpu().registers()));
  QCOMPARE(whole.cpu().registers().rbx, std::uint64_t{1275});
  for (std::uint64_t i = 0; i < 50; ++i) QCOMPARE(split.peek(TestGuest::kFree + 8 * i), whole.peek(TestGuest::kFree + 8 * i));
}

void UnicornVcpuTest::blocksAddUpOverAnySplit() {
  TestGuest whole(*host_, summing(50), VmId(0));
  const std::uint64_t blocks = whole.run().blocks;
  QCOMPARE(blocks, std::uint64_t{200 + 1});  // four a round, and the halt
  for (const std::uint64_t budget : {1u, 2u, 3u, 7u, 64u}) {
    TestGuest split(*host_, summing(50), VmId(1));
    std::uint64_t sum = 0;
    VmExit exit;
    do {
      exit = split.run(budget);
      sum += exit.blocks;
    } while (exit.kind == Kind::BudgetSpent);
    QCOMPARE(sum, blocks);
  }
}

void UnicornVcpuTest::hypercallDoesNotCountTheBlockAfterIt() {
  TestGuest guest(*host_, Code(TestGuest::kCode).hypercall().hypercall().hlt());
  QCOMPARE(guest.run().blocks, std::uint64_t{1});
  QCOMPARE(guest.run().blocks, std::uint64_t{1});
  QCOMPARE(guest.run().blocks, std::uint64_t{1});
}

void UnicornVcpuTest::withoutWatchdogBlocksAreNotCounted() {
  TestGuest guest(*host_, summing(50), VmId(0), Watchdog::Off);
  const VmExit exit = guest.run(1);
  QCOMPARE(exit.kind, Kind::Halt);
  QCOMPARE(exit.blocks, std::uint64_t{0});
}

void UnicornVcpuTest::stopAskedForBetweenRunsIsHonouredAtOnce() {
  TestGuest guest(*host_, summing(1));
  guest.cpu().requestStop();
  QCOMPARE(guest.run().kind, Kind::Stopped);
  QCOMPARE(guest.cpu().registers().rip, TestGuest::kCode);
  QCOMPARE(guest.run().kind, Kind::Halt);
}

void UnicornVcpuTest::stopAskedForInANestedFaultEndsTheRunWithinABlock() {
  TestGuest guest(*host_,
                  Code(TestGuest::kCode).mov(Reg::Rbx, TestGuest::kFree).store(Reg::Rbx, Reg::Rbx).label("ever").inc(Reg::Rcx).jmp("ever"));
  guest.onFault = [&guest](const TestGuest::Fault& fault) {
    if (fault.page == TestGuest::kFree / kPageSize) guest.cpu().requestStop();
  };
  QCOMPARE(guest.run(0).kind, Kind::Stopped);
  QVERIFY(guest.cpu().registers().rcx <= 1);
}

void UnicornVcpuTest::hypercallBeforeAStopIsNotLost() {
  TestGuest guest(*host_, Code(TestGuest::kCode).mov(Reg::Rbx, TestGuest::kFree).store(Reg::Rbx, Reg::Rbx).hypercall(OC_CALL_WORK).hlt());
  guest.onFault = [&guest](const TestGuest::Fault& fault) {
    if (fault.page == TestGuest::kFree / kPageSize) guest.cpu().requestStop();
  };
  const VmExit exit = guest.run();
  QCOMPARE(exit.kind, Kind::Hypercall);
  QCOMPARE(exit.number, std::uint64_t{OC_CALL_WORK});
  QCOMPARE(guest.run().kind, Kind::Halt);
}

void UnicornVcpuTest::twoGuestsAlternateWithoutMixing() {
  TestGuest one(*host_, summing(40), VmId(0));
  TestGuest two(*host_, summing(60), VmId(1));
  VmExit first, second;
  do {
    first = one.run(3);
    second = two.run(3);
  } while (first.kind == Kind::BudgetSpent);
  while (second.kind == Kind::BudgetSpent) second = two.run(3);
  QCOMPARE(one.cpu().registers().rbx, std::uint64_t{820});
  QCOMPARE(two.cpu().registers().rbx, std::uint64_t{1830});
}

void UnicornVcpuTest::guestRunsAtAddressZeroLikeAnywhere() {
  TestGuest guest(*host_, Code(TestGuest::kCode).mov(Reg::Rax, 0).jmp(Reg::Rax));
  guest.poke(TestGuest::kLowTable, TestGuest::kWritable);  // the guest maps its page 0 after all
  guest.poke(0, Code(0).inc(Reg::Rbx).hypercall(OC_CALL_WORK).hlt().assemble());
  QCOMPARE(guest.run().kind, Kind::Hypercall);
  QCOMPARE(guest.cpu().registers().rbx, std::uint64_t{1});
  QCOMPARE(guest.run().kind, Kind::Halt);
}

OVERCOMMIT_TEST(UnicornVcpuTest)
#include "unicorn_vcpu_test.moc"
