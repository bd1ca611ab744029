// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/kvm_system.h"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include "cpu/kvm_interface.h"

namespace overcommit {
namespace {

constexpr const char* kDevice = "/dev/kvm";

void* asArgument(std::uintptr_t value) { return std::bit_cast<void*>(value); }

tl::unexpected<Error> cannotOpen(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return failure("cannot open {}: {}; join its group (sudo usermod -aG kvm \"$USER\") and log in again", kDevice,
                     systemErrorText(error));
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return failure(
          "cannot open {}: {}; load the module (sudo modprobe kvm_intel, or kvm_amd) and allow virtualisation in the firmware or, in a "
          "virtual machine, nested virtualisation",
          kDevice, systemErrorText(error));
    default: return failure("cannot open {}: {}", kDevice, systemErrorText(error));
  }
}

}  // namespace

Result<std::unique_ptr<KvmSystem>> KvmSystem::open(KernelCalls& kernel) {
  OwnedDescriptor device(kernel.open(kDevice));
  if (!device.open()) return cannotOpen(errno);
  std::unique_ptr<KvmSystem> system(new KvmSystem(kernel, std::move(device)));
  if (auto checked = system->check(); !checked) return tl::unexpected(checked.error());
  if (auto read = system->readProcessorFeatures(); !read) return tl::unexpected(read.error());
  return system;
}

int KvmSystem::control(int fd, unsigned long request, void* argument) const {
  int result = 0;
  do {
    result = kernel_.control(fd, request, argument);
  } while (result < 0 && errno == EINTR);
  return result;
}

Result<void> KvmSystem::check() {
  const int version = control(device_.get(), KVM_GET_API_VERSION, nullptr);
  if (version != KVM_API_VERSION)
    return failure("KVM speaks version {} of its interface, not {}; use Linux 5.19 or newer", version, KVM_API_VERSION);
  struct Needed {
    unsigned long capability;
    std::string_view what;
  };
  constexpr std::array kNeeded{Needed{KVM_CAP_USER_MEMORY, "memory of user space"},
                               Needed{KVM_CAP_SYNC_MMU, "memory that changes while a guest runs"},
                               Needed{KVM_CAP_SYNC_REGS, "registers in shared memory"}};
  for (const Needed& needed : kNeeded) {
    if (control(device_.get(), KVM_CHECK_EXTENSION, asArgument(needed.capability)) <= 0)
      return failure("this kernel's KVM does not offer {}; use Linux 5.19 or newer", needed.what);
  }
  const int bytes = control(device_.get(), KVM_GET_VCPU_MMAP_SIZE, nullptr);
  if (bytes < static_cast<int>(sizeof(kvm_run))) return failure("this kernel's KVM does not say how it shares the state of a vCPU");
  runBytes_ = static_cast<std::size_t>(bytes);
  return {};
}

// Without them a vCPU has no long mode.
Result<void> KvmSystem::readProcessorFeatures() {
  constexpr std::uint32_t kMost = 4096;
  for (std::uint32_t entries = 128; entries <= kMost; entries *= 2) {
    features_.assign(sizeof(KvmCpuidHead) + entries * sizeof(kvm_cpuid_entry2), std::byte{});
    const KvmCpuidHead head{entries, 0};
    std::memcpy(features_.data(), &head, sizeof head);
    if (control(device_.get(), kKvmGetSupportedCpuid, features_.data()) == 0) return {};
    if (errno != E2BIG) break;
  }
  return failure("KVM does not say what its processors can do: {}", systemErrorText(errno));
}

Result<KvmSystem::Machine> KvmSystem::createMachine(std::byte* ram, Bytes size) const {
  Machine machine;
  machine.vm = OwnedDescriptor(control(device_.get(), KVM_CREATE_VM, nullptr));
  if (!machine.vm.open()) return failure("KVM cannot create a VM: {}; end other virtual machines", systemErrorText(errno));
  // Three pages that processors without "unrestricted guest" need for themselves; others take no notice.
  constexpr std::uint64_t kOwnPages = 0xfffb'd000;
  if (size.value() <= kOwnPages) static_cast<void>(control(machine.vm.get(), KVM_SET_TSS_ADDR, asArgument(kOwnPages)));
  kvm_userspace_memory_region slot{};
  slot.memory_size = size.value();
  slot.userspace_addr = reinterpret_cast<std::uintptr_t>(ram);
  if (control(machine.vm.get(), KVM_SET_USER_MEMORY_REGION, &slot) != 0)
    return failure("KVM does not take the VM's memory: {}", systemErrorText(errno));
  machine.vcpu = OwnedDescriptor(control(machine.vm.get(), KVM_CREATE_VCPU, nullptr));
  if (!machine.vcpu.open()) return failure("KVM cannot create a vCPU: {}; end other virtual machines", systemErrorText(errno));
  auto features = features_;
  if (control(machine.vcpu.get(), kKvmSetCpuid2, features.data()) != 0)
    return failure("KVM does not take the features of its own processors: {}", systemErrorText(errno));
  return machine;
}

}  // namespace overcommit
