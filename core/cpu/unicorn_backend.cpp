// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/cpu_backend.h"
#include "cpu/unicorn_vcpu.h"

namespace overcommit {
namespace {

class UnicornBackend final : public CpuBackend {
 public:
  UnicornBackend(UnicornInfo unicorn, std::unique_ptr<NestedFaults> faults) : unicorn_(std::move(unicorn)), faults_(std::move(faults)) {}

  [[nodiscard]] std::string name() const override { return "unicorn " + unicorn_.version; }
  Result<std::unique_ptr<GuestWindows>> createWindows(const MachineMemory& machine, MappingBudget& budget, Pages ram,
                                                      Pages dynamic) override {
    return GuestWindows::create(machine, budget, ram, dynamic);
  }
  void addFaults(const GuestWindows& windows, NestedFaultHandler& ram, NestedFaultHandler& dynamic) override {
    faults_->add(windows.ramBase(), bytesOf(windows.ramPages()), ram);
    faults_->add(windows.dynamicBase(), bytesOf(windows.dynamicPages()), dynamic);
  }
  void removeFaults(const GuestWindows& windows) override {
    faults_->remove(windows.ramBase());
    faults_->remove(windows.dynamicBase());
  }
  Result<std::unique_ptr<Vcpu>> createVcpu(const GuestWindows& windows, const GuestEntry& entry, Watchdog watchdog) override {
    return createUnicornVcpu(unicorn_, windows, entry, watchdog);
  }
  [[nodiscard]] std::uint64_t nestedFaultsServed() const override { return faults_->served(); }

 private:
  UnicornInfo unicorn_;
  std::unique_ptr<NestedFaults> faults_;
};

}  // namespace

Result<std::unique_ptr<CpuBackend>> createUnicornBackend() {
  auto unicorn = probeUnicorn();
  if (!unicorn) return tl::unexpected(unicorn.error());
  auto faults = NestedFaults::install();
  if (!faults) return tl::unexpected(faults.error());
  return std::make_unique<UnicornBackend>(std::move(*unicorn), std::move(*faults));
}

}  // namespace overcommit
