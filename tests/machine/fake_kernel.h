// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "machine/kernel_calls.h"

namespace overcommit::test {

// The kernel that is there, but for what a test takes away from it: an older one, one that refuses, or one that fails later.
class FakeKernel final : public KernelCalls {
 public:
  // Calls that fail with this errno: `times`, after so many that work.
  struct Failure {
    int error;
    int after = 0;
    int times = 1'000'000'000;
  };
  std::map<std::string, int> noOpen;              // by path
  int noUserfaultfd = 0;                          // the errno of the system call
  std::map<unsigned long, Failure> noControl;     // by request
  std::set<unsigned long> interrupted;            // requests that a signal interrupts once
  std::map<unsigned long, int> answers;           // what a request returns instead
  std::uint64_t hiddenFeatures = 0;               // of userfaultfd
  std::atomic<int> readsThatWork{1'000'000'000};  // of userfaultfd; then ENODEV

  int open(const char* path) override {
    const auto refused = noOpen.find(path);
    return refused == noOpen.end() ? systemCalls().open(path) : fail(refused->second);
  }
  int userfaultfd() override { return noUserfaultfd != 0 ? fail(noUserfaultfd) : systemCalls().userfaultfd(); }
  int control(int fd, unsigned long request, void* argument) override {
    if (const auto answer = answers.find(request); answer != answers.end()) return answer->second;
    if (const auto refused = noControl.find(request); refused != noControl.end() && refused->second.after-- <= 0) {
      if (refused->second.times-- > 0) return fail(refused->second.error);
    }
    if (interrupted.erase(request) != 0) return fail(EINTR);
    const int result = systemCalls().control(fd, request, argument);
    if (request == UFFDIO_API && result == 0) static_cast<uffdio_api*>(argument)->features &= ~hiddenFeatures;
    return result;
  }
  long read(int fd, void* into, std::size_t bytes) override {
    if (readsThatWork.fetch_sub(1) <= 0) return fail(ENODEV);
    return systemCalls().read(fd, into, bytes);
  }

 private:
  static int fail(int error) {
    errno = error;
    return -1;
  }
};

// A machine with neither KVM nor userfaultfd.
class NoKvm final : public KernelCalls {
 public:
  int open(const char* /*path*/) override { return refuse(); }
  int userfaultfd() override { return refuse(); }
  int control(int /*fd*/, unsigned long /*request*/, void* /*argument*/) override { return refuse(); }
  long read(int /*fd*/, void* /*into*/, std::size_t /*bytes*/) override { return refuse(); }

 private:
  static int refuse() {
    errno = ENOENT;
    return -1;
  }
};

}  // namespace overcommit::test
