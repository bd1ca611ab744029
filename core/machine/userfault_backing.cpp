// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/userfault_backing.h"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <bit>
#include <cerrno>

namespace overcommit {
namespace {

// Since Linux 5.19; what else is needed came before.
constexpr std::uint64_t kNeeded = UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_MINOR_SHMEM | UFFD_FEATURE_WP_HUGETLBFS_SHMEM;
constexpr std::uint64_t kWatchNothing = UFFDIO_REGISTER_MODE_MISSING;
constexpr std::uint64_t kWatchFrames = UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_MINOR | UFFDIO_REGISTER_MODE_WP;

// Newer than the headers of Debian 12: _IO(0xAA, 0) on /dev/userfaultfd.
constexpr unsigned long kNewFromDevice = 0xaa00;
constexpr unsigned long kNewFlags = 02000000 | 04000;  // O_CLOEXEC, O_NONBLOCK

constexpr int kNoWay = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

std::uint64_t addressOf(const std::byte* at) { return reinterpret_cast<std::uintptr_t>(at); }

// Without the right to watch the kernel's own faults there is a device, which a group can be given.
int openFromDevice(KernelCalls& kernel) {
  const OwnedDescriptor device(kernel.open("/dev/userfaultfd"));
  if (!device.open()) return -1;
  return kernel.control(device.get(), kNewFromDevice, std::bit_cast<void*>(kNewFlags));
}

}  // namespace

Result<OwnedDescriptor> openUserfault(KernelCalls& kernel) {
  OwnedDescriptor userfault(kernel.userfaultfd());
  if (!userfault.open()) {
    const int error = errno;
    if (error == ENOSYS) return failure("this kernel has no userfaultfd; use Linux 5.19 or newer, built with CONFIG_USERFAULTFD");
    userfault = OwnedDescriptor(openFromDevice(kernel));
    if (!userfault.open())
      return failure(
          "cannot open a userfaultfd: {}; on Linux 6.1 or newer give a group access to its device: chgrp kvm /dev/userfaultfd && chmod "
          "g+rw /dev/userfaultfd; on older ones: sysctl vm.unprivileged_userfaultfd=1",
          systemErrorText(error));
  }
  // Asked for what a kernel does not know, it answers EINVAL; so it is asked first what there is.
  uffdio_api api{};
  api.api = UFFD_API;
  api.features = 0;
  const bool answered = kernel.control(userfault.get(), UFFDIO_API, &api) == 0;
  if (!answered || (api.features & kNeeded) != kNeeded)
    return failure("this kernel's userfaultfd cannot {} pages of shared memory; use Linux 5.19 or newer",
                   answered && (api.features & UFFD_FEATURE_MINOR_SHMEM) != 0 ? "write-protect" : "watch");
  return userfault;
}

int UserfaultBacking::control(unsigned long request, void* argument) {
  int result = 0;
  do {
    result = kernel_.control(userfault_.get(), request, argument);
  } while (result != 0 && (errno == EAGAIN || errno == EINTR));
  return result;
}

void UserfaultBacking::lose(std::string_view action, int error) {
  if (!lost_) lost_ = fmt::format("userfaultfd failed: cannot {} a page of the VM: {}", action, systemErrorText(error));
}

void UserfaultBacking::watch(std::byte* at, std::size_t bytes, std::uint64_t modes) {
  uffdio_register range{};
  range.range = {addressOf(at), bytes};
  range.mode = modes;
  if (control(UFFDIO_REGISTER, &range) != 0) lose("watch", errno);
}

std::byte* UserfaultBacking::reserve(std::byte* at, Bytes size) {
  void* base = mmap(at, size.value(), PROT_READ | PROT_WRITE, kNoWay | (at != nullptr ? MAP_FIXED : 0), -1, 0);
  if (base == MAP_FAILED) return nullptr;
  watch(static_cast<std::byte*>(base), size.value(), kWatchNothing);
  return static_cast<std::byte*>(base);
}

bool UserfaultBacking::mapFrames(std::byte* at, int fd, Mfn first, Pages pages) {
  const std::size_t bytes = bytesOf(pages).value();
  if (mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, static_cast<off_t>(first.value() * kPageSize)) != at)
    return false;
  watch(at, bytes, kWatchFrames);
  return true;
}

bool UserfaultBacking::mapPage(std::byte* at, int fd, Mfn mfn, Protection protection) {
  if (!mapFrames(at, fd, mfn, Pages(1))) return false;
  enter(at, protection);
  return true;
}

bool UserfaultBacking::protect(std::byte* at, Protection from, Protection to) {
  if (to == Protection::None) {
    if (madvise(at, kPageSize, MADV_DONTNEED) != 0) lose("take away", errno);
  } else if (from == Protection::None) {
    enter(at, to);
  } else {
    setWriteProtection(at, to);
  }
  return true;
}

void UserfaultBacking::enter(std::byte* at, Protection protection) {
  uffdio_continue page{};
  page.range = {addressOf(at), kPageSize};
  page.mode = UFFDIO_CONTINUE_MODE_DONTWAKE;
  if (control(UFFDIO_CONTINUE, &page) != 0 && errno != EEXIST) return lose("map", errno);
  // Nobody was woken yet, so nobody can write in between.
  if (protection == Protection::ReadOnly) setWriteProtection(at, protection);
}

void UserfaultBacking::setWriteProtection(std::byte* at, Protection protection) {
  uffdio_writeprotect page{};
  page.range = {addressOf(at), kPageSize};
  page.mode = protection == Protection::ReadOnly ? UFFDIO_WRITEPROTECT_MODE_WP : UFFDIO_WRITEPROTECT_MODE_DONTWAKE;
  if (control(UFFDIO_WRITEPROTECT, &page) != 0) lose("write-protect", errno);
}

void UserfaultBacking::wake(std::byte* at) {
  uffdio_range page{addressOf(at), kPageSize};
  if (control(UFFDIO_WAKE, &page) != 0) lose("wake the vCPU that waits for", errno);
}

void UserfaultBacking::abandon(std::byte* base, Bytes size) {
  static_cast<void>(mmap(base, size.value(), PROT_READ | PROT_WRITE, kNoWay | MAP_FIXED, -1, 0));
  userfault_.reset();  // whoever waits is woken
}

}  // namespace overcommit
