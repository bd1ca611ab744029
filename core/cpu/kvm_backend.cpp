// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/cpu_backend.h"
#include "cpu/kvm_vcpu.h"

namespace overcommit {
namespace {

// KVM translates guest-virtual addresses itself: nothing is ever shown in the dynamic window.
class KvmBackend final : public CpuBackend {
 public:
  KvmBackend(std::unique_ptr<KvmSystem> system, std::unique_ptr<UserfaultService> faults, const KvmOptions& options)
      : system_(std::move(system)), faults_(std::move(faults)), options_(options), thread_(options.tick) {}

  [[nodiscard]] std::string name() const override { return "kvm"; }
  Result<std::unique_ptr<GuestWindows>> createWindows(const MachineMemory& machine, MappingBudget& budget, Pages ram,
                                                      Pages dynamic) override {
    auto backing = faults_->createBacking();
    if (!backing) return tl::unexpected(backing.error());
    return GuestWindows::create(machine, budget, ram, dynamic, std::move(*backing));
  }
  void addFaults(const GuestWindows& windows, NestedFaultHandler& ram, NestedFaultHandler& /*dynamic*/) override {
    faults_->add(windows, ram);
  }
  void removeFaults(const GuestWindows& windows) override { faults_->remove(windows); }
  Result<std::unique_ptr<Vcpu>> createVcpu(const GuestWindows& windows, const GuestEntry& entry, Watchdog watchdog) override {
    return createKvmVcpu({*system_, *faults_, thread_, options_}, windows, entry, watchdog);
  }
  [[nodiscard]] std::uint64_t nestedFaultsServed() const override { return faults_->served(); }

 private:
  std::unique_ptr<KvmSystem> system_;
  std::unique_ptr<UserfaultService> faults_;
  KvmOptions options_;
  VcpuThread thread_;
};

}  // namespace

Result<std::unique_ptr<CpuBackend>> createKvmBackend(KernelCalls& kernel, const KvmOptions& options) {
  auto system = KvmSystem::open(kernel);
  if (!system) return tl::unexpected(system.error());
  auto faults = UserfaultService::start(kernel);
  if (!faults) return tl::unexpected(faults.error());
  return std::make_unique<KvmBackend>(std::move(*system), std::move(*faults), options);
}

}  // namespace overcommit
