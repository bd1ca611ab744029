// SPDX-License-Identifier: GPL-2.0-or-later
// Guests of a few instructions on real KVM.
#include <sys/time.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "cpu/kvm_interface.h"
#include "cpu/kvm_system.h"
#include "cpu/support/test_guest.h"
#include "machine/fake_kernel.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

using Kind = VmExit::Kind;

namespace {

constexpr KvmOptions kImpatient{std::chrono::milliseconds(10), 3};

std::unique_ptr<TestHost> hostOn(KernelCalls& kernel = systemCalls()) {
  return std::make_unique<TestHost>(std::move(createKvmBackend(kernel, kImpatient).value()));
}

// Writes 1, 2, 3, ... to so many pages, one word each, and adds them up again in Rbx; then halts. No exit in between.
Code writingAndSumming(std::uint64_t pages) {
  Code code(TestGuest::kCode);
  code.mov(Reg::Rdi, TestGuest::kFree).mov(Reg::Rcx, pages).mov(Reg::Rax, 0).label("write").inc(Reg::Rax).store(Reg::Rdi, Reg::Rax);
  code.addImmediate(Reg::Rdi, kPageSize).dec(Reg::Rcx).jnz("write");
  code.mov(Reg::Rdi, TestGuest::kFree).mov(Reg::Rcx, pages).mov(Reg::Rbx, 0).label("read").load(Reg::Rax, Reg::Rdi);
  code.add(Reg::Rbx, Reg::Rax).addImmediate(Reg::Rdi, kPageSize).dec(Reg::Rcx).jnz("read").hlt();
  return code;
}
constexpr std::uint64_t kSummed = 300, kSum = kSummed * (kSummed + 1) / 2;

// Runs to anything else than Stopped.
VmExit runOn(TestGuest& guest, std::uint64_t* stops = nullptr) {
  for (;;) {
    VmExit exit = guest.run();
    if (exit.kind != Kind::Stopped) return exit;
    if (stops != nullptr) ++*stops;
  }
}

#define VERIFY_SAYS(text, part) QVERIFY2((text).find(part) != std::string::npos, (text).c_str())

}  // namespace

class KvmVcpuTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    const auto backend = createKvmBackend(systemCalls(), {});
    if (!backend) QSKIP(backend.error().text.c_str());
    host_ = hostOn();
  }
  void cleanupTestCase() { host_.reset(); }

  void guestIsEnteredAsTheAbiSays() {
    TestGuest guest(*host_, Code(TestGuest::kCode).bytes({0x9c}).pop(Reg::Rax).hlt());  // pushfq
    QCOMPARE(guest.cpu().registers().rip, TestGuest::kCode);
    QCOMPARE(guest.run().kind, Kind::Halt);
    const Registers r = guest.cpu().registers();
    QCOMPARE(r.rdi, std::uint64_t{OC_BOOT_INFO_ADDRESS});
    QCOMPARE(r.rsp, std::uint64_t{OC_BOOT_STACK_TOP});
    QCOMPARE(r.cr3, TestGuest::kRoot);
    QCOMPARE(r.rax, std::uint64_t{2});  // flags: interrupts off
    QCOMPARE(r.rip, TestGuest::kCode + 4);
  }

  void hypercallBringsItsArgumentsAndTakesItsReply() {
    Code code(TestGuest::kCode);
    code.mov(Reg::Rdi, 11).mov(Reg::Rsi, 22).mov(Reg::Rdx, 33).mov(Reg::Rbx, 44).hypercall(7).mov(Reg::Rcx, Reg::Rax).hlt();
    TestGuest guest(*host_, code);
    const VmExit exit = guest.run();
    QCOMPARE(exit.kind, Kind::Hypercall);
    QCOMPARE(exit.number, 7u);
    QCOMPARE(exit.argument1, 11u);
    QCOMPARE(exit.argument2, 22u);
    QCOMPARE(exit.argument3, 33u);
    guest.cpu().reply(0x1234'5678'9abc);
    QCOMPARE(guest.run().kind, Kind::Halt);
    const Registers r = guest.cpu().registers();
    QCOMPARE(r.rcx, std::uint64_t{0x1234'5678'9abc});
    QCOMPARE(r.rbx, 44u);
    QCOMPARE(r.rdi, 11u);
  }

  void balloonCallBringsItsRegistersAndTakesItsReply() {
    Code code(TestGuest::kCode);
    code.mov(Reg::Rax, OC_BALLOON_MAGIC).mov(Reg::Rcx, 3).mov(Reg::Rbx, 44).mov(Reg::Rsi, 55).mov(Reg::Rdx, OC_BALLOON_PORT);
    code.balloonCall().mov(Reg::Rdi, Reg::Rax).hlt();
    TestGuest guest(*host_, code);
    const VmExit exit = guest.run();
    QCOMPARE(exit.kind, Kind::BalloonPort);
    QCOMPARE(exit.number, std::uint64_t{OC_BALLOON_MAGIC});
    QCOMPARE(exit.argument1, 3u);
    QCOMPARE(exit.argument2, 44u);
    QCOMPARE(exit.argument3, 55u);
    guest.cpu().replyBalloon(0x8000'0001, 99, 77);
    QCOMPARE(guest.run().kind, Kind::Halt);
    const Registers r = guest.cpu().registers();
    QCOMPARE(r.rdi, std::uint64_t{0x8000'0001});
    QCOMPARE(r.rbx, 99u);
    QCOMPARE(r.rcx, 77u);
    QCOMPARE(r.rsi, 55u);
  }

  void guestHandlesItsOwnPageFaults() {
    Code code = TestGuest::start();
    code.mov(Reg::Rbx, TestGuest::dynamicAddress(5)).mov(Reg::Rsi, TestGuest::kDynamicTable + std::uint64_t{5} * 8);
    code.mov(Reg::Rdi, TestGuest::kFree | TestGuest::kWritable).mov(Reg::Rcx, 99).store(Reg::Rbx, Reg::Rcx).hlt();
    code.label("handler").readCr2().store(Reg::Rsi, Reg::Rdi).addImmediate(Reg::Rsp, 8).iretq();
    TestGuest guest(*host_, code);
    guest.setHandler(14, code.at("handler"));
    QCOMPARE(guest.run().kind, Kind::Halt);
    QCOMPARE(guest.cpu().registers().rax, TestGuest::dynamicAddress(5));
    QCOMPARE(guest.peek(TestGuest::kFree), 99u);
  }

  void nestedFaultsAreServedWhoeverTouches() {
    TestGuest guest(*host_, writingAndSumming(kSummed));
    QCOMPARE(guest.run().kind, Kind::Halt);
    QCOMPARE(guest.cpu().registers().rbx, kSum);
    std::uint64_t writes = 0;
    for (const TestGuest::Fault& fault : guest.faults) {
      QVERIFY(!fault.dynamic);
      if (fault.page >= gfnOf(Gpa(TestGuest::kFree)).value()) {
        QCOMPARE(fault.access, Access::Write);
        ++writes;
      }
    }
    QCOMPARE(writes, kSummed);
    QVERIFY(!guest.memory().audit());
  }

  void sharedPageIsBrokenByTheGuestsWrite() {
    Code code(TestGuest::kCode);
    code.mov(Reg::Rdi, TestGuest::kFree).load(Reg::Rbx, Reg::Rdi).hypercall(0).mov(Reg::Rax, 5).store(Reg::Rdi, Reg::Rax);
    code.load(Reg::Rcx, Reg::Rdi).hlt();
    TestGuest guest(*host_, code);
    const Gfn gfn = gfnOf(Gpa(TestGuest::kFree)), other = gfn.next(7);
    guest.poke(TestGuest::kFree, 3);
    guest.poke(TestGuest::kFree + 7 * kPageSize, 3);
    const Mfn shared = guest.memory().entry(other).mfn(), own = guest.memory().entry(gfn).mfn();
    guest.machine().makeShared(shared);
    guest.machine().addReference(shared);
    guest.memory().set(other, NptEntry::sharedPage(shared));
    guest.memory().set(gfn, NptEntry::sharedPage(shared));
    guest.machine().release(own);
    QCOMPARE(guest.run().kind, Kind::Hypercall);
    QCOMPARE(guest.cpu().registers().rbx, 3u);
    QCOMPARE(guest.memory().entry(gfn).mfn(), shared);
    QCOMPARE(guest.run().kind, Kind::Halt);
    QCOMPARE(guest.cpu().registers().rcx, 5u);
    QVERIFY(guest.memory().entry(gfn).mfn() != shared);
    QCOMPARE(guest.peek(TestGuest::kFree + 7 * kPageSize), 3u);
  }

  void sampledPageIsTouchedAgainOnceItIsUsed() {
    Code code(TestGuest::kCode);
    code.mov(Reg::Rdi, TestGuest::kFree).label("again").load(Reg::Rbx, Reg::Rdi).hypercall(0).jmp("again");
    TestGuest guest(*host_, code);
    const Gfn gfn = gfnOf(Gpa(TestGuest::kFree));
    guest.run();
    guest.run();
    const auto touches = [&] { return std::ranges::count(guest.faults, TestGuest::Fault{false, gfn.value(), Access::Read}); };
    QCOMPARE(touches(), 1);
    guest.memory().sample(gfn);
    guest.run();
    guest.run();
    QCOMPARE(touches(), 2);
  }

  void whatNoCpuCanGoOnFromIsACrash_data() {
    QTest::addColumn<int>("what");
    QTest::addColumn<QString>("says");
    QTest::newRow("triple fault") << 0 << "triple fault";
    QTest::newRow("outside its memory") << 1
                                        << "the guest's page tables point outside its memory: a read at guest-physical address 0x40000000";
    QTest::newRow("another port") << 2 << "the guest wrote 1 byte at port 0x80, which this machine does not have";
    QTest::newRow("string port") << 3 << "the guest read 4 bytes at port 0x81, which this machine does not have";
    QTest::newRow("hangs") << 4 << "hung: 30 ms of processor time without a hypercall";
  }
  void whatNoCpuCanGoOnFromIsACrash() {
    QFETCH(int, what);
    QFETCH(QString, says);
    Code code(TestGuest::kCode);
    if (what == 0) code.bytes({0x0f, 0x0b});  // ud2 without an IDT
    if (what == 1) code.mov(Reg::Rdi, TestGuest::dynamicAddress(0)).load(Reg::Rax, Reg::Rdi);
    if (what == 2) code.bytes({0xe6, 0x80});
    if (what == 3) code.bytes({0xe5, 0x81});
    if (what == 4) code.label("here").jmp("here");
    TestGuest guest(*host_, code);
    guest.mapDynamic(0, std::uint64_t{1} << 18);
    const VmExit exit = guest.run();
    QCOMPARE(exit.kind, Kind::Crash);
    VERIFY_SAYS(exit.reason, says.toStdString());
    if (what != 0) QVERIFY(guest.cpu().registers().rip - TestGuest::kCode < 32);  // some processors reset it at a triple fault
  }

  void guestThatWorksForLongIsNotTakenForHungWithoutAWatchdog() {
    TestGuest guest(*host_, Code(TestGuest::kCode).mov(Reg::Rcx, 100'000).label("here").dec(Reg::Rcx).jnz("here").hlt(), VmId(0),
                    Watchdog::Off);
    QCOMPARE(guest.run().kind, Kind::Halt);
  }

  void stopAskedForWhileAFaultIsServedIsHonouredAndLosesNothing() {
    TestGuest guest(*host_, writingAndSumming(kSummed));
    guest.onFault = [&](const TestGuest::Fault&) { guest.cpu().requestStop(); };
    std::uint64_t stops = 0;
    QCOMPARE(runOn(guest, &stops).kind, Kind::Halt);
    QCOMPARE(guest.cpu().registers().rbx, kSum);
    QVERIFY(stops >= kSummed / 2);
  }

  void kicksFromAnotherThreadLoseNothing() {
    TestGuest guest(*host_, writingAndSumming(kSummed));
    std::atomic<bool> done{false};
    std::thread kicker([&] {
      while (!done) {
        guest.cpu().requestStop();
        std::this_thread::yield();
      }
    });
    std::uint64_t stops = 0;
    const VmExit exit = runOn(guest, &stops);
    done = true;
    kicker.join();
    QCOMPARE(exit.kind, Kind::Halt);
    QCOMPARE(guest.cpu().registers().rbx, kSum);
    QVERIFY(stops > 0);
    QVERIFY(!guest.memory().audit());
  }

  void signalsOfTheProcessWaitUntilTheGuestIsOut() {
    static std::atomic<int> signals;
    signals = 0;
    struct sigaction action = {}, before = {};
    action.sa_handler = [](int) { signals.fetch_add(1); };
    sigaction(SIGALRM, &action, &before);
    itimerval every{{0, 200}, {0, 200}}, never{};
    setitimer(ITIMER_REAL, &every, nullptr);
    TestGuest guest(*host_, writingAndSumming(kSummed));
    const VmExit exit = guest.run();
    setitimer(ITIMER_REAL, &never, nullptr);
    sigaction(SIGALRM, &before, nullptr);
    QCOMPARE(exit.kind, Kind::Halt);
    QCOMPARE(guest.cpu().registers().rbx, kSum);
    QVERIFY(signals > 0);
  }

  void twoGuestsAlternateWithoutMixing() {
    Code code(TestGuest::kCode);
    code.mov(Reg::Rbx, 0).label("again").inc(Reg::Rbx).hypercall(0).jmp("again");
    TestGuest one(*host_, code), other(*host_, code, VmId(1));
    for (std::uint64_t round = 1; round <= 20; ++round) {
      QCOMPARE(one.run().kind, Kind::Hypercall);
      if (round % 2 == 0) QCOMPARE(other.run().kind, Kind::Hypercall);
    }
    QCOMPARE(one.cpu().registers().rbx, 20u);
    QCOMPARE(other.cpu().registers().rbx, 10u);
  }

  void twoEnginesRunAtOnce() {
    std::array<std::thread, 2> threads;
    std::array<std::uint64_t, 2> sums{};
    for (std::size_t i = 0; i < threads.size(); ++i) {
      threads[i] = std::thread([&sums, i] {
        const auto host = hostOn();
        TestGuest guest(*host, writingAndSumming(kSummed));
        runOn(guest);
        sums[i] = guest.cpu().registers().rbx;
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::uint64_t sum : sums) QCOMPARE(sum, kSum);
  }

  void kvmTakenAwayInMidRunIsACrash() {
    FakeKernel kernel;
    const auto host = hostOn(kernel);
    TestGuest guest(*host, Code(TestGuest::kCode).label("again").hypercall(0).jmp("again"));
    QCOMPARE(guest.run().kind, Kind::Hypercall);
    kernel.noControl[KVM_RUN] = {EIO};
    const VmExit exit = guest.run();
    QCOMPARE(exit.kind, Kind::Crash);
    QCOMPARE(exit.reason, std::string("KVM cannot run its vCPU: input/output error"));
  }

  void signalWhileAVmIsMadeIsNoError() {
    FakeKernel kernel;
    kernel.interrupted = {KVM_CREATE_VM, KVM_CREATE_VCPU, KVM_SET_USER_MEMORY_REGION, KVM_SET_SREGS, UFFDIO_REGISTER};
    const auto host = hostOn(kernel);
    TestGuest guest(*host, writingAndSumming(kSummed));
    QCOMPARE(runOn(guest).kind, Kind::Halt);
    QVERIFY(kernel.interrupted.empty());
  }

  void userfaultfdTakenAwayInMidRunIsACrash_data() {
    QTest::addColumn<quint64>("request");
    QTest::newRow("read") << quint64{0};
    QTest::newRow("map") << quint64{UFFDIO_CONTINUE};
    QTest::newRow("wake") << quint64{UFFDIO_WAKE};
  }
  void userfaultfdTakenAwayInMidRunIsACrash() {
    QFETCH(quint64, request);
    FakeKernel kernel;
    const auto host = hostOn(kernel);
    TestGuest guest(*host, writingAndSumming(kSummed));
    guest.onFault = [&](const TestGuest::Fault&) {
      if (guest.faults.size() != 20) return;
      if (request != 0) kernel.noControl[request] = {EBADF};
      if (request == 0) kernel.readsThatWork = 0;
    };
    const VmExit exit = guest.run();
    QCOMPARE(exit.kind, Kind::Crash);
    QVERIFY2(exit.reason.starts_with("userfaultfd failed: cannot "), exit.reason.c_str());
    QCOMPARE(guest.lost, exit.reason);
    QVERIFY(guest.faults.size() <= 21);
  }

  void whatTheMachineLacksIsNamedWithItsCure_data() {
    QTest::addColumn<int>("openError");
    QTest::addColumn<quint64>("request");
    QTest::addColumn<int>("answer");
    QTest::addColumn<QString>("says");
    QTest::newRow("no permission") << EACCES << quint64{0} << 0
                                   << "permission denied; join its group (sudo usermod -aG kvm \"$USER\") and log in again";
    QTest::newRow("no device") << ENOENT << quint64{0} << 0 << "load the module (sudo modprobe kvm_intel, or kvm_amd)";
    QTest::newRow("another interface") << 0 << quint64{KVM_GET_API_VERSION} << 10 << "KVM speaks version 10 of its interface, not 12";
    QTest::newRow("old kernel") << 0 << quint64{KVM_CHECK_EXTENSION} << 0 << "this kernel's KVM does not offer";
    QTest::newRow("no run page") << 0 << quint64{KVM_GET_VCPU_MMAP_SIZE} << 0 << "does not say how it shares the state of a vCPU";
    QTest::newRow("no features") << 0 << quint64{kKvmGetSupportedCpuid} << -1 << "KVM does not say what its processors can do";
  }
  void whatTheMachineLacksIsNamedWithItsCure() {
    QFETCH(int, openError);
    QFETCH(quint64, request);
    QFETCH(int, answer);
    QFETCH(QString, says);
    FakeKernel kernel;
    if (openError != 0) kernel.noOpen["/dev/kvm"] = openError;
    if (request != 0) kernel.answers[request] = answer;
    const auto backend = createKvmBackend(kernel, {});
    QVERIFY(!backend);
    VERIFY_SAYS(backend.error().text, says.toStdString());
  }

  void vmThatCannotBeMadeSaysWhy_data() {
    QTest::addColumn<quint64>("request");
    QTest::addColumn<QString>("says");
    QTest::newRow("VM") << quint64{KVM_CREATE_VM} << "KVM cannot create a VM";
    QTest::newRow("memory") << quint64{KVM_SET_USER_MEMORY_REGION} << "KVM does not take the VM's memory";
    QTest::newRow("vCPU") << quint64{KVM_CREATE_VCPU} << "KVM cannot create a vCPU";
    QTest::newRow("features") << quint64{kKvmSetCpuid2} << "KVM does not take the features of its own processors";
    QTest::newRow("state") << quint64{KVM_SET_SREGS} << "its processor must have a 64-bit mode";
    QTest::newRow("signals") << quint64{kKvmSetSignalMask} << "KVM does not block signals";
  }
  void vmThatCannotBeMadeSaysWhy() {
    QFETCH(quint64, request);
    QFETCH(QString, says);
    FakeKernel kernel;
    const auto backend = createKvmBackend(kernel, {});
    VERIFY_OK(backend);
    kernel.noControl[request] = {ENOMEM};
    const auto windows = (*backend)->createWindows(*host_->machine, host_->budget, TestGuest::kMemory, TestGuest::kDynamic);
    VERIFY_OK(windows);
    const auto vcpu = (*backend)->createVcpu(**windows, {Gpa(TestGuest::kCode), Gpa(), Gpa(), Gpa(TestGuest::kRoot), Gpa()}, Watchdog::On);
    QVERIFY(!vcpu);
    VERIFY_SAYS(vcpu.error().text, says.toStdString());
  }

 private:
  std::unique_ptr<TestHost> host_;
};

OVERCOMMIT_TEST(KvmVcpuTest)
#include "kvm_vcpu_test.moc"
