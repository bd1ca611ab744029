// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/random.h"
#include "cpu/support/test_guest.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

using Kind = VmExit::Kind;

// Mad guests: each stops with a reason, and the engine goes on.
class UnicornCrashTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { host_ = std::make_unique<TestHost>(); }
  void cleanupTestCase() { host_.reset(); }

  void everyKindOfMadnessHasAReason_data();
  void everyKindOfMadnessHasAReason();
  void endlessLoopSpendsItsBudget();
  void endlessFaultsSpendTheBudget();
  void crashedGuestDoesNotDisturbAnother();
  void guestThatBreaksTheEmulatorLosesOnlyItself();
  void randomCodeNeverHarmsTheEngine();

 private:
  std::unique_ptr<TestHost> host_;
};

namespace {

using Prepare = void (*)(TestGuest&);
struct Madness {
  const char* name;
  Code code;
  const char* reason;  // a part of it
  Prepare prepare = [](TestGuest&) {};
};

constexpr std::uint64_t kAbsent = TestGuest::dynamicAddress(1);
constexpr std::uint64_t kNotCanonical = 0x0000'8000'0000'0000;

Code touchAbsent(bool loadIdt = true) {
  Code code = loadIdt ? TestGuest::start() : Code(TestGuest::kCode);
  return std::move(code.mov(Reg::Rbx, kAbsent).store(Reg::Rbx, Reg::Rbx).hlt());
}

std::vector<Madness> madnesses() {
  std::vector<Madness> all;
  const auto add = [&all](Madness madness) { all.push_back(std::move(madness)); };
  add({"page fault without an IDT", touchAbsent(false), "no handler in the IDT", [](TestGuest&) {}});
  add({"page fault with an empty IDT", touchAbsent(), "double fault: #PF at rip"});
  add({"IDT limit too small", touchAbsent(), "no handler in the IDT", [](TestGuest& guest) {
         guest.setHandler(14, TestGuest::kCode);
         guest.poke(TestGuest::kIdtRegister, (14 * 16 + 14) | TestGuest::kIdt << 16);
       }});
  add({"gate not present", touchAbsent(), "no handler in the IDT", [](TestGuest& guest) { guest.setHandler(14, TestGuest::kCode, 0x0e); }});
  add({"gate of another type", touchAbsent(), "neither an interrupt nor a trap gate",
       [](TestGuest& guest) { guest.setHandler(14, TestGuest::kCode, 0x8c); }});
  add({"handler not canonical", touchAbsent(), "not canonical", [](TestGuest& guest) { guest.setHandler(14, kNotCanonical); }});
  add({"IDT not mapped", touchAbsent(), "is not mapped",
       [](TestGuest& guest) { guest.poke(TestGuest::kIdtRegister, 0xfffu | (TestGuest::dynamicAddress(2) & 0xffff'ffff'ffff) << 16); }});
  add({"stack not mapped", std::move(TestGuest::start().mov(Reg::Rsp, TestGuest::dynamicAddress(9)).push(Reg::Rax).hlt()),
       "cannot push on the stack", [](TestGuest& guest) { guest.setHandler(14, TestGuest::kCode); }});
  add({"stack read-only", std::move(TestGuest::start().mov(Reg::Rsp, TestGuest::dynamicAddress(9)).push(Reg::Rax).hlt()),
       "cannot push on the stack", [](TestGuest& guest) {
         guest.setHandler(14, TestGuest::kCode);
         guest.mapDynamic(8, 700, TestGuest::kPresent);
       }});
  add({"stack pointer not canonical", std::move(TestGuest::start().mov(Reg::Rsp, kNotCanonical + 64).push(Reg::Rax).hlt()),
       "cannot push on the stack", [](TestGuest& guest) {
         guest.setHandler(12, TestGuest::kCode);
         guest.setHandler(13, TestGuest::kCode);
       }});
  add({"wild pointer", std::move(Code(TestGuest::kCode).mov(Reg::Rbx, 0xdead'beef'000).load(Reg::Rax, Reg::Rbx)),
       "#PF at rip 0x10000a, cr2 0xdeadbeef000 (read, page not present)"});
  add({"wild pointer below the dynamic area", std::move(Code(TestGuest::kCode).mov(Reg::Rbx, 0xdead'beef).store(Reg::Rbx, Reg::Rbx)),
       "#PF at rip 0x10000a, cr2 0xdeadbeef (write, page not present)"});
  add({"wild pointer to the kernel half", std::move(Code(TestGuest::kCode).mov(Reg::Rbx, 0xffff'8000'0000'1000).load(Reg::Rax, Reg::Rbx)),
       "cr2 0xffff800000001000"});
  add({"wild jump", std::move(Code(TestGuest::kCode).mov(Reg::Rbx, 0xdead'beef).jmp(Reg::Rbx)), "#PF at rip 0xdeadbeef"});
  add({"null pointer", std::move(Code(TestGuest::kCode).mov(Reg::Rbx, 0).load(Reg::Rax, Reg::Rbx)), "cr2 0x0 (read, page not present)"});
  add({"jump to null", std::move(Code(TestGuest::kCode).mov(Reg::Rbx, 0).jmp(Reg::Rbx)), "#PF at rip 0x0, cr2 0x0"});
  add({"jump into data", std::move(Code(TestGuest::kCode).mov(Reg::Rbx, TestGuest::kFree).jmp(Reg::Rbx)), "invalid instruction at rip",
       [](TestGuest& guest) { guest.poke(TestGuest::kFree, 0x0b0f); }});
  add({"undefined instruction", std::move(Code(TestGuest::kCode).bytes({0x0f, 0x0b})), "invalid instruction at rip 0x100000"});
  add({"division by zero", std::move(Code(TestGuest::kCode).mov(Reg::Rcx, 0).bytes({0x48, 0xf7, 0xf1})), "double fault: #DE"});
  add({"breakpoint", std::move(Code(TestGuest::kCode).bytes({0xcc})), "double fault: #BP"});
  add({"interrupt without handler", std::move(Code(TestGuest::kCode).bytes({0xcd, 0x80})), "vector 128"});
  add({"address not canonical", std::move(Code(TestGuest::kCode).mov(Reg::Rbx, kNotCanonical).load(Reg::Rax, Reg::Rbx)), "#GP"});
  add({"page beyond memory", std::move(Code(TestGuest::kCode).mov(Reg::Rbx, TestGuest::dynamicAddress(0)).load(Reg::Rax, Reg::Rbx)), "",
       [](TestGuest& guest) { guest.mapDynamic(0, 0x9999); }});
  add({"identity page beyond memory", std::move(Code(TestGuest::kCode).mov(Reg::Rbx, 64u << 20).load(Reg::Rax, Reg::Rbx)),
       "point outside its memory", [](TestGuest& guest) { guest.poke(0x12000 + 32 * 8, (64u << 20) | TestGuest::kWritable | kPteLarge); }});
  add({"code beyond memory", std::move(Code(TestGuest::kCode).mov(Reg::Rbx, 64u << 20).jmp(Reg::Rbx)), "point outside its memory",
       [](TestGuest& guest) { guest.poke(0x12000 + 32 * 8, (64u << 20) | TestGuest::kWritable | kPteLarge); }});
  add({"table beyond memory", std::move(Code(TestGuest::kCode).mov(Reg::Rbx, 64u << 20).load(Reg::Rax, Reg::Rbx)),
       "point outside its memory", [](TestGuest& guest) { guest.poke(0x12000 + 32 * 8, 0xff'ffff'f000 | TestGuest::kWritable); }});
  add({"root table beyond memory", std::move(Code(TestGuest::kCode).mov(Reg::Rax, 0x7fff'f000).bytes({0x0f, 0x22, 0xd8}).nop().nop()), ""});
  add({"reserved bit", std::move(TestGuest::start().mov(Reg::Rbx, kAbsent).load(Reg::Rax, Reg::Rbx)), "reserved bit set",
       [](TestGuest& guest) { guest.poke(TestGuest::kDynamicTable + 8, 0x8000'0000'0000'0003 | TestGuest::kFree); }});
  add({"paging turned off",
       std::move(
           Code(TestGuest::kCode).mov(Reg::Rax, 0x33).bytes({0x0f, 0x22, 0xc0}).mov(Reg::Rbx, 0xffff'ffff'0000).load(Reg::Rax, Reg::Rbx)),
       ""});
  add({"string output to the hypercall port",
       std::move(Code(TestGuest::kCode).mov(Reg::Rdx, OC_PORT).mov(Reg::Rsi, TestGuest::kFree).bytes({0x6e}).jmp("x").label("x").hlt()),
       "not followed at once by a jump"});
  return all;
}

}  // namespace

void UnicornCrashTest::everyKindOfMadnessHasAReason_data() {
  QTest::addColumn<int>("number");
  int number = 0;
  for (const Madness& madness : madnesses()) QTest::newRow(madness.name) << number++;
}

void UnicornCrashTest::everyKindOfMadnessHasAReason() {
  QFETCH(int, number);
  const Madness madness = madnesses()[static_cast<std::size_t>(number)];
  TestGuest guest(*host_, madness.code);
  madness.prepare(guest);
  const VmExit exit = guest.run();
  if (guest.walkFailed) return;  // Unicorn 2.0 leaves the check of the guest's tables to who serves the dynamic window
  QVERIFY2(exit.kind == Kind::Crash, QByteArray::number(static_cast<int>(exit.kind)).constData());
  QVERIFY(!exit.reason.empty());
  QVERIFY2(exit.reason.find(madness.reason) != std::string::npos, exit.reason.c_str());
}

void UnicornCrashTest::endlessLoopSpendsItsBudget() {
  TestGuest guest(*host_, Code(TestGuest::kCode).label("ever").jmp("ever"));
  const VmExit exit = guest.run(1000);
  QCOMPARE(exit.kind, Kind::BudgetSpent);
  QCOMPARE(exit.blocks, std::uint64_t{1000});
}

void UnicornCrashTest::endlessFaultsSpendTheBudget() {
  // The handler returns without doing anything: the access faults again, for ever.
  Code code = TestGuest::start();
  code.mov(Reg::Rbx, kAbsent).store(Reg::Rbx, Reg::Rbx).hlt().label("handler").addImmediate(Reg::Rsp, 8).iretq();
  TestGuest guest(*host_, code);
  guest.setHandler(14, code.at("handler"));
  QCOMPARE(guest.run(1000).kind, Kind::BudgetSpent);
}

void UnicornCrashTest::crashedGuestDoesNotDisturbAnother() {
  TestGuest mad(*host_, touchAbsent(), VmId(0));
  TestGuest good(
      *host_, Code(TestGuest::kCode).mov(Reg::Rbx, TestGuest::kFree).store(Reg::Rbx, Reg::Rbx).hypercall().load(Reg::Rcx, Reg::Rbx).hlt(),
      VmId(1));
  QCOMPARE(good.run().kind, Kind::Hypercall);
  QCOMPARE(mad.run().kind, Kind::Crash);
  QCOMPARE(good.run().kind, Kind::Halt);
  QCOMPARE(good.cpu().registers().rcx, TestGuest::kFree);
}

void UnicornCrashTest::guestThatBreaksTheEmulatorLosesOnlyItself() {
  // A breakpoint in the debug registers: Unicorn 2.0 throws away the translation that it is running and dies of it.
  Code code = TestGuest::start();
  code.mov(Reg::Rax, TestGuest::kCode + 0x80).bytes({0x0f, 0x23, 0xc0}).mov(Reg::Rax, 2).bytes({0x0f, 0x23, 0xf8});
  code.jmp("next").label("next");
  while (code.here() < TestGuest::kCode + 0x90) code.nop();
  code.hlt();
  TestGuest good(
      *host_, Code(TestGuest::kCode).mov(Reg::Rbx, TestGuest::kFree).store(Reg::Rbx, Reg::Rbx).hypercall().load(Reg::Rcx, Reg::Rbx).hlt(),
      VmId(1));
  QCOMPARE(good.run().kind, Kind::Hypercall);
  for (int i = 0; i < 3; ++i) {
    TestGuest mad(*host_, code, VmId(0));
    const VmExit exit = mad.run();
    QCOMPARE(exit.kind, Kind::Crash);
    QVERIFY(!exit.reason.empty());
    QCOMPARE(mad.run().kind, Kind::Crash);
    static_cast<void>(mad.cpu().registers());
  }
  QCOMPARE(good.run().kind, Kind::Halt);
  QCOMPARE(good.cpu().registers().rcx, TestGuest::kFree);
}

void UnicornCrashTest::randomCodeNeverHarmsTheEngine() {
  // Random bytes as code, all registers pointing somewhere: whatever happens, run() returns.
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed, "random code");
    Code code(TestGuest::kCode);
    for (const Reg reg : {Reg::Rax, Reg::Rbx, Reg::Rcx, Reg::Rdx, Reg::Rsi, Reg::Rdi, Reg::Rbp}) {
      code.mov(reg, random.below(2) == 0 ? TestGuest::kFree + random.below(1u << 20) : random.next() >> random.below(64));
    }
    for (int i = 0; i < 400; ++i) code.bytes({static_cast<unsigned>(random.below(256))});
    TestGuest guest(*host_, code);
    const VmExit exit = guest.run(1000);
    QVERIFY(exit.kind != Kind::Crash || !exit.reason.empty());
    QCOMPARE(guest.memory().audit().value_or(""), std::string());
  }
}

OVERCOMMIT_TEST(UnicornCrashTest)
#include "unicorn_crash_test.moc"
