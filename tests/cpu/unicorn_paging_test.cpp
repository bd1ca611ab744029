// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "cpu/support/test_guest.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

using Kind = VmExit::Kind;

// The two dimensions of paging: nested faults served through the windows, page faults delivered to the guest.
class UnicornPagingTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { host_ = std::make_unique<TestHost>(); }
  void cleanupTestCase() { host_.reset(); }

  void firstTouchIsANestedFault();
  void readThenWriteIsTwoFaultsOnASharedPage();
  void pageFaultReachesTheHandlerWithItsFrame_data();
  void pageFaultReachesTheHandlerWithItsFrame();
  void faultedInstructionIsRunAgain();
  void handlerMayFaultItself();
  void manyFaultsInARowAllArrive();
  void interruptGateTurnsInterruptsOffAndIretqBackOn();
  void softwareInterruptContinuesBehindIt();
  void divisionByZeroReachesItsHandler();
  void generalProtectionFaultHasAnErrorCode();
  void stackMayLieInTheDynamicArea();
  void walkSetsAccessedAndDirtyInTheGuestsTables();
  void clearedAccessedBitIsSetAgainAfterInvlpg();
  void dynamicPageAndItsFrameAreTheSameMemory();
  void remappedPageIsSeenAfterTheFlush();
  void guestMayReplaceItsTablesByReloadingCr3();
  void breakIsSeenThroughEveryAlias();
  void revokedPageComesBackWithItsBytes();
  void tablesMayBeRevokedAndReadOnly();
  void floatingPointStateSurvivesPageFaults();

 private:
  bool usesWindow() const { return kind_ == UnicornKind::UsesVirtualAddresses; }
  UnicornKind kind_ = probeUnicorn().value().kind;
  std::unique_ptr<TestHost> host_;
};

namespace {

constexpr std::uint64_t kFrames = TestGuest::kFree >> kPageShift;  // frames that the guests' handlers hand out
constexpr std::uint64_t kLog = 0x180000;                           // where handlers write down what they found

// A page-fault handler that writes down error code, CR2 and RIP at R15 (advancing it), maps the page of the dynamic area to the
// next frame (R14) and returns.
Code& demandPaging(Code& code) {
  return code.label("handler")
      .push(Reg::Rax)
      .push(Reg::Rdx)
      .push(Reg::Rbp)
      .mov(Reg::Rdx, 24)
      .add(Reg::Rdx, Reg::Rsp)
      .load(Reg::Rax, Reg::Rdx)  // error code
      .store(Reg::R15, Reg::Rax)
      .addImmediate(Reg::R15, 8)
      .addImmediate(Reg::Rdx, 8)
      .load(Reg::Rax, Reg::Rdx)  // RIP
      .store(Reg::R15, Reg::Rax)
      .addImmediate(Reg::R15, 8)
      .readCr2()
      .store(Reg::R15, Reg::Rax)
      .addImmediate(Reg::R15, 8)
      .mov(Reg::Rbp, 0 - OC_DYNAMIC_BASE)
      .add(Reg::Rax, Reg::Rbp)
      .shiftRight(Reg::Rax, 12)
      .mov(Reg::Rdx, TestGuest::kDynamicTable)
      .bytes({0x48, 0x8d, 0x14, 0xc2})  // lea (%rdx,%rax,8),%rdx
      .mov(Reg::Rax, Reg::R14)
      .addImmediate(Reg::Rax, TestGuest::kWritable)
      .store(Reg::Rdx, Reg::Rax)
      .addImmediate(Reg::R14, 4096)
      .pop(Reg::Rbp)
      .pop(Reg::Rdx)
      .pop(Reg::Rax)
      .addImmediate(Reg::Rsp, 8)
      .iretq();
}

Code startPaging() {
  Code code = TestGuest::start();
  code.mov(Reg::R14, TestGuest::kFree).mov(Reg::R15, kLog);
  return code;
}

std::uint64_t dynamicEntry(std::uint64_t page) { return TestGuest::kDynamicTable + page * 8; }

struct Logged {
  std::uint64_t errorCode, rip, cr2;
};
Logged logged(TestGuest& guest, std::uint64_t index) {
  return {guest.peek(kLog + index * 24), guest.peek(kLog + index * 24 + 8), guest.peek(kLog + index * 24 + 16)};
}

}  // namespace

void UnicornPagingTest::firstTouchIsANestedFault() {
  constexpr std::uint64_t kPage = TestGuest::kFree / kPageSize;
  TestGuest guest(
      *host_, Code(TestGuest::kCode).mov(Reg::Rbx, TestGuest::kFree).load(Reg::Rax, Reg::Rbx).hypercall().store(Reg::Rbx, Reg::Rbx).hlt());
  guest.run();
  QCOMPARE(guest.cpu().registers().rax, std::uint64_t{0});
  QCOMPARE(std::count(guest.faults.begin(), guest.faults.end(), TestGuest::Fault{false, kPage, Access::Read}), 1);
  QCOMPARE(guest.memory().entry(Gfn(kPage)).place(), PagePlace::Private);
  guest.run();
  QCOMPARE(guest.peek(TestGuest::kFree), TestGuest::kFree);
}

void UnicornPagingTest::readThenWriteIsTwoFaultsOnASharedPage() {
  constexpr std::uint64_t kPage = TestGuest::kFree / kPageSize;
  TestGuest guest(*host_, Code(TestGuest::kCode).mov(Reg::Rbx, TestGuest::kFree).load(Reg::Rcx, Reg::Rbx).store(Reg::Rbx, Reg::Rbx).hlt());
  guest.poke(TestGuest::kFree, 77);
  const Mfn shared = guest.memory().entry(Gfn(kPage)).mfn();
  guest.machine().makeShared(shared);
  guest.machine().addReference(shared);
  guest.memory().set(Gfn(kPage), NptEntry::sharedPage(shared));
  guest.run();
  QCOMPARE(guest.cpu().registers().rcx, std::uint64_t{77});
  QCOMPARE(std::count(guest.faults.begin(), guest.faults.end(), TestGuest::Fault{false, kPage, Access::Read}), 1);
  QCOMPARE(std::count(guest.faults.begin(), guest.faults.end(), TestGuest::Fault{false, kPage, Access::Write}), 1);
  QVERIFY(guest.memory().entry(Gfn(kPage)).mfn() != shared);
}

void UnicornPagingTest::pageFaultReachesTheHandlerWithItsFrame_data() {
  QTest::addColumn<int>("access");
  QTest::addColumn<qulonglong>("errorCode");
  QTest::newRow("read") << 0 << 0ULL;
  QTest::newRow("write") << 1 << 2ULL;
  QTest::newRow("write to a read-only page") << 2 << 3ULL;
  QTest::newRow("instruction fetch") << 3 << 0ULL;  // the fetch bit needs NX or SMEP
}

void UnicornPagingTest::pageFaultReachesTheHandlerWithItsFrame() {
  QFETCH(int, access);
  QFETCH(qulonglong, errorCode);
  constexpr std::uint64_t kFaulting = TestGuest::dynamicAddress(3) + 0x128;
  Code code = startPaging();
  code.mov(Reg::Rbx, kFaulting).label("faulting");
  if (access == 0) code.load(Reg::Rcx, Reg::Rbx);
  if (access == 1 || access == 2) code.store(Reg::Rbx, Reg::Rcx);
  if (access == 3) code.call(Reg::Rbx);
  code.hlt();
  demandPaging(code);
  TestGuest guest(*host_, code);
  guest.setHandler(14, code.at("handler"));
  if (access == 2) guest.mapDynamic(3, kFrames + 100, TestGuest::kPresent);
  if (access == 3) guest.poke(TestGuest::kFree + 0x128, 0xc3);  // ret
  const VmExit exit = guest.run();
  QVERIFY2(exit.kind == Kind::Halt, exit.reason.c_str());
  const Logged found = logged(guest, 0);
  QCOMPARE(found.errorCode, std::uint64_t{errorCode});
  QCOMPARE(found.cr2, kFaulting);
  QCOMPARE(found.rip, access == 3 ? kFaulting : code.at("faulting"));
  QCOMPARE(guest.cpu().registers().rsp, std::uint64_t{OC_BOOT_STACK_TOP});
  QVERIFY(!guest.walkFailed);
}

void UnicornPagingTest::faultedInstructionIsRunAgain() {
  Code code = startPaging();
  code.mov(Reg::Rcx, 5).mov(Reg::Rbx, TestGuest::dynamicAddress(0)).addToMemory(Reg::Rbx, Reg::Rcx).addToMemory(Reg::Rbx, Reg::Rcx).hlt();
  demandPaging(code);
  TestGuest guest(*host_, code);
  guest.setHandler(14, code.at("handler"));
  guest.poke(TestGuest::kFree, 1000);
  QCOMPARE(guest.run().kind, Kind::Halt);
  QCOMPARE(guest.peek(TestGuest::kFree), std::uint64_t{1010});
}

void UnicornPagingTest::handlerMayFaultItself() {
  // At the first fault (R13 = 1) the handler touches another absent page before it serves the one it was called for.
  Code code = startPaging();
  code.mov(Reg::R13, 1)
      .mov(Reg::Rcx, 7)
      .mov(Reg::Rbx, TestGuest::dynamicAddress(4))
      .store(Reg::Rbx, Reg::Rcx)
      .hlt()
      .label("handler")
      .push(Reg::Rax)
      .push(Reg::Rbx)
      .readCr2()
      .push(Reg::Rax)
      .dec(Reg::R13)
      .jnz("serve")
      .mov(Reg::Rbx, TestGuest::dynamicAddress(5))
      .store(Reg::Rbx, Reg::Rbx)
      .label("serve")
      .pop(Reg::Rax)
      .mov(Reg::Rbx, 0 - OC_DYNAMIC_BASE)
      .add(Reg::Rax, Reg::Rbx)
      .shiftRight(Reg::Rax, 12)
      .mov(Reg::Rbx, TestGuest::kDynamicTable)
      .bytes({0x48, 0x8d, 0x1c, 0xc3})  // lea (%rbx,%rax,8),%rbx
      .mov(Reg::Rax, Reg::R14)
      .addImmediate(Reg::Rax, TestGuest::kWritable)
      .store(Reg::Rbx, Reg::Rax)
      .addImmediate(Reg::R14, 4096)
      .pop(Reg::Rbx)
      .pop(Reg::Rax)
      .addImmediate(Reg::Rsp, 8)
      .iretq();
  TestGuest guest(*host_, code);
  guest.setHandler(14, code.at("handler"));
  const VmExit exit = guest.run();
  QVERIFY2(exit.kind == Kind::Halt, exit.reason.c_str());
  QCOMPARE(guest.peek(TestGuest::kFree), TestGuest::dynamicAddress(5));  // the inner fault was served first
  QCOMPARE(guest.peek(TestGuest::kFree + kPageSize), std::uint64_t{7});
  QCOMPARE(guest.cpu().registers().rsp, std::uint64_t{OC_BOOT_STACK_TOP});
}

void UnicornPagingTest::manyFaultsInARowAllArrive() {
  constexpr std::uint64_t kPages = 400;
  Code code = startPaging();
  code.mov(Reg::Rcx, kPages)
      .mov(Reg::Rbx, OC_DYNAMIC_BASE)
      .label("next")
      .store(Reg::Rbx, Reg::Rcx)
      .addImmediate(Reg::Rbx, 4096)
      .dec(Reg::Rcx)
      .jnz("next")
      .hlt();
  demandPaging(code);
  TestGuest guest(*host_, code);
  guest.setHandler(14, code.at("handler"));
  const VmExit exit = guest.run();
  QVERIFY2(exit.kind == Kind::Halt, exit.reason.c_str());
  for (std::uint64_t i = 0; i < kPages; ++i) {
    QCOMPARE(logged(guest, i).cr2, TestGuest::dynamicAddress(i));
    QCOMPARE(guest.peek(TestGuest::kFree + i * kPageSize), kPages - i);
  }
}

void UnicornPagingTest::interruptGateTurnsInterruptsOffAndIretqBackOn() {
  for (const bool trapGate : {false, true}) {
    Code code = startPaging();
    code.bytes({0xfb})  // sti
        .mov(Reg::Rbx, TestGuest::dynamicAddress(0))
        .load(Reg::Rcx, Reg::Rbx)
        .bytes({0x9c})  // pushfq
        .pop(Reg::Rsi)
        .hlt()
        .label("flags")
        .bytes({0x9c})
        .pop(Reg::Rdi)
        .jmp("handler");
    demandPaging(code);
    TestGuest guest(*host_, code);
    guest.setHandler(14, code.at("flags"), trapGate ? 0x8f : 0x8e);
    QCOMPARE(guest.run().kind, Kind::Halt);
    constexpr std::uint64_t kInterruptFlag = 0x200;
    QCOMPARE(guest.cpu().registers().rdi & kInterruptFlag, trapGate ? kInterruptFlag : 0);
    QCOMPARE(guest.cpu().registers().rsi & kInterruptFlag, kInterruptFlag);
  }
}

void UnicornPagingTest::softwareInterruptContinuesBehindIt() {
  Code code = TestGuest::start();
  code.bytes({0xcd, 0x41}).inc(Reg::Rbx).bytes({0xcc}).inc(Reg::Rbx).hlt().label("handler").inc(Reg::Rcx).iretq();
  TestGuest guest(*host_, code);
  guest.setHandler(0x41, code.at("handler"));
  guest.setHandler(3, code.at("handler"));
  const VmExit exit = guest.run();
  QVERIFY2(exit.kind == Kind::Halt, exit.reason.c_str());
  QCOMPARE(guest.cpu().registers().rbx, std::uint64_t{2});
  QCOMPARE(guest.cpu().registers().rcx, std::uint64_t{2});
  QCOMPARE(guest.cpu().registers().rsp, std::uint64_t{OC_BOOT_STACK_TOP});
}

void UnicornPagingTest::divisionByZeroReachesItsHandler() {
  Code code = TestGuest::start();
  code.mov(Reg::Rcx, 0)
      .mov(Reg::Rdx, 0)
      .label("division")
      .bytes({0x48, 0xf7, 0xf1})  // div %rcx
      .hlt()
      .label("handler")
      .pop(Reg::Rbx)  // no error code: RIP is on top
      .hlt();
  TestGuest guest(*host_, code);
  guest.setHandler(0, code.at("handler"));
  QCOMPARE(guest.run().kind, Kind::Halt);
  QCOMPARE(guest.cpu().registers().rbx, code.at("division"));
}

void UnicornPagingTest::generalProtectionFaultHasAnErrorCode() {
  Code code = TestGuest::start();
  code.mov(Reg::Rax, 0x30).label("load").bytes({0x8e, 0xd8}).hlt().label("handler").pop(Reg::Rbx).pop(Reg::Rcx).hlt();  // mov %eax,%ds
  TestGuest guest(*host_, code);
  guest.setHandler(13, code.at("handler"));
  const VmExit exit = guest.run();
  QVERIFY2(exit.kind == Kind::Halt, exit.reason.c_str());
  QCOMPARE(guest.cpu().registers().rbx, std::uint64_t{0x30});  // the selector beyond the table
  QCOMPARE(guest.cpu().registers().rcx, code.at("load"));
}

void UnicornPagingTest::stackMayLieInTheDynamicArea() {
  Code code = startPaging();
  code.mov(Reg::Rsp, TestGuest::dynamicAddress(8) + 0x10)  // the frame straddles pages 7 and 8
      .mov(Reg::Rbx, TestGuest::dynamicAddress(0))
      .load(Reg::Rcx, Reg::Rbx)
      .push(Reg::Rbx)
      .pop(Reg::Rdx)
      .hlt();
  demandPaging(code);
  TestGuest guest(*host_, code);
  guest.setHandler(14, code.at("handler"));
  guest.mapDynamic(7, kFrames + 50);
  guest.mapDynamic(8, kFrames + 30);  // not consecutive
  const VmExit exit = guest.run();
  QVERIFY2(exit.kind == Kind::Halt, exit.reason.c_str());
  QCOMPARE(guest.cpu().registers().rsp, TestGuest::dynamicAddress(8) + 0x10);
  QCOMPARE(guest.cpu().registers().rdx, TestGuest::dynamicAddress(0));
  QCOMPARE(guest.peek(TestGuest::kFree + 30 * kPageSize), TestGuest::dynamicAddress(8) + 0x10);  // the frame's RSP
  QCOMPARE(guest.peek(dynamicEntry(7)) & (kPteAccessed | kPteDirty), kPteAccessed | kPteDirty);
}

void UnicornPagingTest::walkSetsAccessedAndDirtyInTheGuestsTables() {
  TestGuest guest(*host_, Code(TestGuest::kCode)
                              .mov(Reg::Rbx, TestGuest::dynamicAddress(0))
                              .load(Reg::Rax, Reg::Rbx)
                              .mov(Reg::Rbx, TestGuest::dynamicAddress(1))
                              .store(Reg::Rbx, Reg::Rax)
                              .hlt());
  for (std::uint64_t page = 0; page < 3; ++page) guest.mapDynamic(page, kFrames + page);
  guest.run();
  QCOMPARE(guest.peek(dynamicEntry(0)) & (kPteAccessed | kPteDirty), kPteAccessed);
  QCOMPARE(guest.peek(dynamicEntry(1)) & (kPteAccessed | kPteDirty), kPteAccessed | kPteDirty);
  QCOMPARE(guest.peek(dynamicEntry(2)) & (kPteAccessed | kPteDirty), std::uint64_t{0});
}

void UnicornPagingTest::clearedAccessedBitIsSetAgainAfterInvlpg() {
  // What a guest's page replacement does: clear the bit, invalidate, see later whether the page was used.
  TestGuest guest(*host_, Code(TestGuest::kCode)
                              .mov(Reg::Rbx, TestGuest::dynamicAddress(0))
                              .load(Reg::Rax, Reg::Rbx)
                              .hypercall()
                              .invlpg(Reg::Rbx)
                              .load(Reg::Rax, Reg::Rbx)
                              .hlt());
  guest.mapDynamic(0, kFrames);
  guest.run();
  guest.mapDynamic(0, kFrames);  // accessed and dirty clear
  QCOMPARE(guest.run().kind, Kind::Halt);
  QCOMPARE(guest.peek(dynamicEntry(0)) & kPteAccessed, kPteAccessed);
}

void UnicornPagingTest::dynamicPageAndItsFrameAreTheSameMemory() {
  TestGuest guest(*host_, Code(TestGuest::kCode)
                              .mov(Reg::Rbx, TestGuest::dynamicAddress(0))
                              .store(Reg::Rbx, Reg::Rbx)
                              .mov(Reg::Rsi, TestGuest::kFree)
                              .load(Reg::Rcx, Reg::Rsi)
                              .inc(Reg::Rcx)
                              .store(Reg::Rsi, Reg::Rcx)
                              .load(Reg::Rdx, Reg::Rbx)
                              .hlt());
  guest.mapDynamic(0, kFrames);
  guest.run();
  QCOMPARE(guest.cpu().registers().rcx, OC_DYNAMIC_BASE + std::uint64_t{1});
  QCOMPARE(guest.cpu().registers().rdx, OC_DYNAMIC_BASE + std::uint64_t{1});
  QCOMPARE(std::count_if(guest.faults.begin(), guest.faults.end(), [](const TestGuest::Fault& f) { return f.dynamic; }) > 0, usesWindow());
}

void UnicornPagingTest::remappedPageIsSeenAfterTheFlush() {
  TestGuest guest(*host_, Code(TestGuest::kCode)
                              .mov(Reg::Rbx, TestGuest::dynamicAddress(0))
                              .load(Reg::Rcx, Reg::Rbx)
                              .mov(Reg::Rsi, TestGuest::kDynamicTable)
                              .mov(Reg::Rax, (kFrames + 1) << kPageShift | TestGuest::kWritable)
                              .store(Reg::Rsi, Reg::Rax)
                              .invlpg(Reg::Rbx)
                              .mov(Reg::Rdi, Reg::Rbx)
                              .hypercall(OC_CALL_TLB_FLUSH)
                              .load(Reg::Rdx, Reg::Rbx)
                              .hlt());
  guest.mapDynamic(0, kFrames);
  guest.poke(TestGuest::kFree, 111);
  guest.poke(TestGuest::kFree + kPageSize, 222);
  const VmExit exit = guest.run();
  QCOMPARE(exit.number, std::uint64_t{OC_CALL_TLB_FLUSH});
  guest.windows().dropDynamic(0);
  guest.cpu().flushTlb(Gva(exit.argument1));
  QCOMPARE(guest.run().kind, Kind::Halt);
  QCOMPARE(guest.cpu().registers().rcx, std::uint64_t{111});
  QCOMPARE(guest.cpu().registers().rdx, std::uint64_t{222});
}

void UnicornPagingTest::guestMayReplaceItsTablesByReloadingCr3() {
  TestGuest guest(*host_, Code(TestGuest::kCode)
                              .mov(Reg::Rbx, TestGuest::dynamicAddress(0))
                              .load(Reg::Rcx, Reg::Rbx)
                              .mov(Reg::Rsi, TestGuest::kDynamicTable)
                              .mov(Reg::Rax, (kFrames + 1) << kPageShift | TestGuest::kWritable)
                              .store(Reg::Rsi, Reg::Rax)
                              .bytes({0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8})  // mov %cr3,%rax; mov %rax,%cr3
                              .mov(Reg::Rdi, OC_FLUSH_ALL)
                              .hypercall(OC_CALL_TLB_FLUSH)
                              .load(Reg::Rdx, Reg::Rbx)
                              .hlt());
  guest.mapDynamic(0, kFrames);
  guest.poke(TestGuest::kFree, 111);
  guest.poke(TestGuest::kFree + kPageSize, 222);
  guest.run();
  guest.windows().dropAllDynamic();
  guest.cpu().flushTlb(std::nullopt);
  QCOMPARE(guest.run().kind, Kind::Halt);
  QCOMPARE(guest.cpu().registers().rdx, std::uint64_t{222});
}

void UnicornPagingTest::breakIsSeenThroughEveryAlias() {
  // Two dynamic pages and the RAM page show one shared frame; a write through one of them breaks it.
  for (const std::uint64_t writeAt : {TestGuest::kFree, TestGuest::dynamicAddress(0), TestGuest::dynamicAddress(1)}) {
    Code code(TestGuest::kCode);
    for (int round = 0; round < 2; ++round) {
      code.mov(Reg::Rbx, TestGuest::kFree)
          .load(Reg::R8, Reg::Rbx)
          .mov(Reg::Rbx, TestGuest::dynamicAddress(0))
          .load(Reg::R9, Reg::Rbx)
          .mov(Reg::Rbx, TestGuest::dynamicAddress(1))
          .load(Reg::R10, Reg::Rbx);
      if (round == 0) code.mov(Reg::Rbx, writeAt).mov(Reg::Rcx, 600).addToMemory(Reg::Rbx, Reg::Rcx);
    }
    code.hlt();
    TestGuest guest(*host_, code);
    guest.mapDynamic(0, kFrames);
    guest.mapDynamic(1, kFrames);
    guest.poke(TestGuest::kFree, 66);
    const Mfn shared = guest.memory().entry(Gfn(kFrames)).mfn();
    guest.machine().makeShared(shared);
    guest.machine().addReference(shared);
    guest.memory().set(Gfn(kFrames), NptEntry::sharedPage(shared));
    QCOMPARE(guest.run().kind, Kind::Halt);
    const Registers r = guest.cpu().registers();
    QCOMPARE(r.r8, std::uint64_t{666});
    QCOMPARE(r.r9, std::uint64_t{666});
    QCOMPARE(r.r10, std::uint64_t{666});
    std::uint64_t left = 0;
    std::memcpy(&left, guest.machine().bytes(shared).data(), sizeof left);
    QCOMPARE(left, std::uint64_t{66});
  }
}

void UnicornPagingTest::revokedPageComesBackWithItsBytes() {
  TestGuest guest(*host_, Code(TestGuest::kCode)
                              .mov(Reg::Rbx, TestGuest::kFree)
                              .store(Reg::Rbx, Reg::Rbx)
                              .label("again")
                              .hypercall()
                              .addToMemory(Reg::Rbx, Reg::Rcx)
                              .jmp("again"));
  guest.run();
  for (int i = 0; i < 3; ++i) {
    guest.memory().sample(Gfn(kFrames));
    guest.run();
    QVERIFY(guest.memory().entry(Gfn(kFrames)).accessed());
  }
  QCOMPARE(guest.peek(TestGuest::kFree), TestGuest::kFree);
}

void UnicornPagingTest::tablesMayBeRevokedAndReadOnly() {
  // The walker reads and marks the guest's tables through the window like any other access.
  Code code = startPaging();
  code.label("again").mov(Reg::Rbx, TestGuest::dynamicAddress(2)).load(Reg::Rcx, Reg::Rbx).invlpg(Reg::Rbx).hypercall().jmp("again");
  demandPaging(code);
  TestGuest guest(*host_, code);
  guest.setHandler(14, code.at("handler"));
  guest.poke(TestGuest::kFree, 5);
  guest.run();
  for (int i = 0; i < 3; ++i) {
    for (std::uint64_t table = TestGuest::kRoot; table <= TestGuest::kDynamicTable; table += kPageSize) {
      guest.memory().sample(gfnOf(Gpa(table)));
    }
    QCOMPARE(guest.run().kind, Kind::Hypercall);
    QCOMPARE(guest.cpu().registers().rcx, std::uint64_t{5});
  }
}

void UnicornPagingTest::floatingPointStateSurvivesPageFaults() {
  Code code = startPaging();
  code.bytes({0x0f, 0x20, 0xe0})        // mov %cr4,%rax
      .bytes({0x66, 0x0d, 0x00, 0x06})  // or $0x600,%ax: OSFXSR, OSXMMEXCPT
      .bytes({0x0f, 0x22, 0xe0})        // mov %rax,%cr4
      .mov(Reg::Rax, 0x1234'5678)
      .bytes({0x66, 0x48, 0x0f, 0x6e, 0xc8})  // movq %rax,%xmm1
      .mov(Reg::Rbx, TestGuest::dynamicAddress(2))
      .load(Reg::Rcx, Reg::Rbx)
      .bytes({0x66, 0x48, 0x0f, 0x7e, 0xca})  // movq %xmm1,%rdx
      .hlt();
  demandPaging(code);
  TestGuest guest(*host_, code);
  guest.setHandler(14, code.at("handler"));
  const VmExit exit = guest.run();
  QVERIFY2(exit.kind == Kind::Halt, exit.reason.c_str());
  QCOMPARE(guest.cpu().registers().rdx, std::uint64_t{0x1234'5678});
}

OVERCOMMIT_TEST(UnicornPagingTest)
#include "unicorn_paging_test.moc"
