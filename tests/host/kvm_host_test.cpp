// SPDX-License-Identifier: GPL-2.0-or-later
// VMs on KVM under the whole hypervisor: what stops one of them is reported, and harms no other.
#include <chrono>

#include "cpu/cpu_backend.h"
#include "machine/fake_kernel.h"
#include "support/test.h"
#include "support/test_host.h"

#include <linux/kvm.h>

using namespace overcommit;
using namespace overcommit::test;

namespace {

constexpr Pages kVm = mebibytes(4);

VmConfig smallToucher(const std::string& name) {
  VmConfig vm = vmOf(name, "toucher", kVm);
  vm.arguments = {{"working_set", kMiB / 8}, {"hold", 10}};
  vm.operations = 30;
  return vm;
}

RunConfig onKvm(std::vector<VmConfig> vms) {
  RunConfig config = hostOf(mebibytes(16));
  config.backend = Backend::Kvm;
  config.vms = std::move(vms);
  return config;
}

VmConfig hostileOnKvm(const std::string& name) { return kernelVm("bad", prebuiltGuest("hostile/" + name + ".elf"), kVm); }

constexpr VirtualTime kLongEnough = seconds(5);

}  // namespace

class KvmHostTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    const auto kvm = createKvmBackend(systemCalls(), {});
    if (!kvm) QSKIP(kvm.error().text.c_str());
  }

  void hangingGuestIsStoppedAndItsNeighbourFinishes() {
    TestHost test(onKvm({hostileOnKvm("endless_loop"), smallToucher("good")}), {}, {}, systemCalls(), {std::chrono::milliseconds(200), 3});
    VERIFY_STARTED(test);
    QVERIFY(test.runUntilOff(kLongEnough));
    QCOMPARE(test.vm(0).state(), VmState::Crashed);
    QVERIFY2(test.vm(0).crashReason().starts_with("hung: 600 ms of processor time without a hypercall"), test.vm(0).crashReason().c_str());
    QVERIFY2(test.vm(0).crashReason().find("(rip 0x10") != std::string::npos, test.vm(0).crashReason().c_str());
    QCOMPARE(test.vm(1).meter().operations(), 30u);
  }

  void crashReportHasTheLastConsoleLine() {
    // The kernel's own panic: there is no such program.
    VmConfig vm = smallToucher("lost");
    vm.program = "no-such-program";
    TestHost test(onKvm({vm}));
    VERIFY_STARTED(test);
    static_cast<void>(test.runUntilOff(kLongEnough));
    QCOMPARE(test.vm(0).state(), VmState::Crashed);
    const std::string& reason = test.vm(0).crashReason();
    QVERIFY2(reason.find("(rip 0x") != std::string::npos && reason.find(", cr2 0x") != std::string::npos, reason.c_str());
    if (!test.vm(0).lastConsoleLine().empty())
      QVERIFY2(reason.ends_with("; its last console line: \"" + test.vm(0).lastConsoleLine() + "\""), reason.c_str());
    QVERIFY(test.count(EventKind::Console) > 0 && !test.vm(0).lastConsoleLine().empty());
  }

  void vmWhoseWindowIsLostIsStoppedAndTheOtherGoesOn() {
    FakeKernel kernel;
    kernel.noControl[UFFDIO_CONTINUE] = {EBADF, 40, 1};
    TestHost test(onKvm({smallToucher("one"), smallToucher("other")}), {}, {}, kernel);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntilOff(kLongEnough));
    QCOMPARE(test.count(EventKind::Crash), 1u);
    const bool first = test.vm(0).state() == VmState::Crashed;
    const std::string& reason = test.vm(first ? 0 : 1).crashReason();
    QVERIFY2(reason.starts_with("userfaultfd failed: cannot map a page of the VM: bad file descriptor"), reason.c_str());
    QCOMPARE(test.vm(first ? 1 : 0).meter().operations(), 30u);
    QVERIFY(!test.host().machine().audit());
  }

  void vmThatKvmTakesNoMoreIsStoppedAndTheOtherGoesOn() {
    FakeKernel kernel;
    kernel.noControl[KVM_RUN] = {EIO, 20, 1};
    TestHost test(onKvm({smallToucher("one"), smallToucher("other")}), {}, {}, kernel);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntilOff(kLongEnough));
    QCOMPARE(test.count(EventKind::Crash), 1u);
    const bool first = test.vm(0).state() == VmState::Crashed;
    QVERIFY(test.vm(first ? 0 : 1).crashReason().starts_with("KVM cannot run its vCPU: input/output error"));
    QCOMPARE(test.vm(first ? 1 : 0).meter().operations(), 30u);
  }

  void twoHostsRunInOneProcess() {
    TestHost one(onKvm({smallToucher("vm")})), other(onKvm({smallToucher("vm")}));
    VERIFY_STARTED(one);
    VERIFY_STARTED(other);
    while (!one.host().allOff() || !other.host().allOff()) {
      one.host().step(kLongEnough);
      other.host().step(kLongEnough);
    }
    QCOMPARE(one.vm(0).meter().operations(), 30u);
    QVERIFY(one.left("vm").pages == other.left("vm").pages);
    QCOMPARE(one.digest(), other.digest());
  }

  void aVmCanBePoweredOnAgain() {
    TestHost test(onKvm({smallToucher("vm")}));
    VERIFY_STARTED(test);
    QVERIFY(test.runUntilOff(kLongEnough));
    const auto pages = test.left("vm").pages;
    const auto on = test.apply(std::size_t{0}, PowerOnAction{});
    VERIFY_OK(on);
    QVERIFY(test.runUntilOff(kLongEnough));
    QVERIFY(test.left("vm").pages == pages);
  }
};

OVERCOMMIT_TEST(KvmHostTest)
#include "kvm_host_test.moc"
