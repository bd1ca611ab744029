// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/nested_fault.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

#include "machine/fault_access.h"

namespace overcommit {
namespace {

// A signal handler has no other way to its object.
std::atomic<NestedFaults*> active{nullptr};
std::atomic<void (*)(int)> strayHandler{nullptr};
thread_local bool serving = false;

[[noreturn]] void faultWhileServing(std::uintptr_t address) {
  std::array<char, 256> text{};
  const auto end =
      fmt::format_to_n(text.data(), text.size(),
                       "overcommit: an invariant of the engine is broken: nothing touches an unmapped page while a nested fault is "
                       "served (address {:#x})\n",
                       address);
  static_cast<void>(!write(STDERR_FILENO, text.data(), std::min(end.size, text.size())));
  _exit(kExitInvariantBroken);
}

[[noreturn]] void servedInVain(std::uint64_t page, Access access) {
  const std::string_view what = access == Access::Write ? "write" : "read";
  invariantBroken(
      fmt::format(
          "a nested fault that was served does not come again (page {1} is open to a {0}, and a {0} faults there; does this processor, or "
          "the program that emulates it, report the wrong kind of access?)",
          what, page),
      __FILE__, __LINE__);
}

// SIGSEGV stays blocked until the mark `serving` is set, so that no fault is ever served within another. From then on it is let
// through: blocked, a fault in our own code would end the process without a word.
void letFaultsBeNamed() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGSEGV);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

Result<std::unique_ptr<NestedFaults>> NestedFaults::install() {
  invariant(active.load() == nullptr, "nested faults are served by one instance at a time");
  auto faults = std::unique_ptr<NestedFaults>(new NestedFaults);
  struct sigaction action = {};
  action.sa_sigaction = &NestedFaults::onSignal;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  active.store(faults.get());
  if (sigaction(SIGSEGV, &action, &faults->previous_) != 0) {
    const int error = errno;
    active.store(nullptr);
    return failure("cannot serve nested faults: {}; this system does not let the process handle SIGSEGV", systemErrorText(error));
  }
  return faults;
}

NestedFaults::~NestedFaults() {
  if (active.load() != this) return;  // install() failed
  struct sigaction now = {};
  if (sigaction(SIGSEGV, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == &NestedFaults::onSignal) {
    sigaction(SIGSEGV, &previous_, nullptr);
  }
  active.store(nullptr);
}

void NestedFaults::add(const std::byte* base, Bytes bytes, NestedFaultHandler& handler) {
  const auto begin = reinterpret_cast<std::uintptr_t>(base);
  const Region region{begin, begin + bytes.value(), &handler};
  invariant(begin % kPageSize == 0 && bytes.value() % kPageSize == 0 && bytes > Bytes(0), "a region of nested faults is made of pages");
  const auto after = std::find_if(regions_.begin(), regions_.end(), [&](const Region& other) { return other.end > begin; });
  invariant(after == regions_.end() || after->begin >= region.end, "regions of nested faults do not overlap");
  regions_.insert(after, region);
}

void NestedFaults::remove(const std::byte* base) {
  const auto begin = reinterpret_cast<std::uintptr_t>(base);
  const auto removed = std::erase_if(regions_, [&](const Region& region) { return region.begin == begin; });
  invariant(removed == 1, "a region of nested faults that is removed was added");
}

const NestedFaults::Region* NestedFaults::regionOf(std::uintptr_t address) const {
  const auto after =
      std::upper_bound(regions_.begin(), regions_.end(), address, [](std::uintptr_t a, const Region& region) { return a < region.begin; });
  if (after == regions_.begin()) return nullptr;
  const Region& region = *(after - 1);
  return address < region.end ? &region : nullptr;
}

void NestedFaults::onSignal(int signal, siginfo_t* info, void* context) {
  const int savedErrno = errno;
  NestedFaults* const faults = active.load();
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const bool byTheProcessor = info->si_code > 0;  // else somebody sent the signal, and there is no address
  if (serving && byTheProcessor) faultWhileServing(address);

  const Region* region = faults != nullptr && byTheProcessor ? faults->regionOf(address) : nullptr;
  if (region != nullptr) {
    serving = true;
    letFaultsBeNamed();
    const std::uint64_t page = (address - region->begin) >> kPageShift;
    const Access access = accessOfFault(context);
    if (region->handler->isOpen(page, access)) [[unlikely]]
      servedInVain(page, access);
    ++faults->served_;
    region->handler->onNestedFault(page, access);
    serving = false;
  } else if (faults != nullptr) {
    faults->passOn(signal, info, context);
  }
  errno = savedErrno;
}

void NestedFaults::offerStrayFaults(void (*handler)(int signal)) { strayHandler.store(handler); }

void NestedFaults::passOn(int signal, siginfo_t* info, void* context) const {
  if (const auto stray = strayHandler.load(); stray != nullptr && info->si_code > 0) stray(signal);
  if ((previous_.sa_flags & SA_SIGINFO) != 0) {
    previous_.sa_sigaction(signal, info, context);
  } else if (previous_.sa_handler != SIG_DFL && previous_.sa_handler != SIG_IGN) {
    previous_.sa_handler(signal);
  } else {
    // To return repeats the fault, which then ends the process as if we had never been here. A signal that was sent is sent again.
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    sigaction(SIGSEGV, &standard, nullptr);
    if (info->si_code <= 0) raise(SIGSEGV);
  }
}

}  // namespace overcommit
