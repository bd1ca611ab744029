// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/userfault_service.h"

#include <linux/userfaultfd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <csignal>

namespace overcommit {
namespace {

UserfaultBacking& backingOf(const GuestWindows& windows) {
  auto* backing = dynamic_cast<UserfaultBacking*>(windows.ramBacking());
  invariant(backing != nullptr, "a window whose faults are served by userfaultfd is watched by it");
  return *backing;
}

bool listen(int poll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  return epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

UserfaultService::UserfaultService(KernelCalls& kernel, OwnedDescriptor poll, OwnedDescriptor end)
    : kernel_(kernel), poll_(std::move(poll)), end_(std::move(end)) {}

Result<std::unique_ptr<UserfaultService>> UserfaultService::start(KernelCalls& kernel) {
  if (auto usable = openUserfault(kernel); !usable) return tl::unexpected(usable.error());
  OwnedDescriptor poll(epoll_create1(EPOLL_CLOEXEC)), end(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!poll.open() || !end.open() || !listen(poll.get(), end.get()))
    return failure("cannot serve nested faults through userfaultfd: {}; close some files or programs", systemErrorText(errno));
  std::unique_ptr<UserfaultService> service(new UserfaultService(kernel, std::move(poll), std::move(end)));
  // Signals are for the thread that runs the engine.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  service->thread_ = std::thread([&service = *service] { service.work(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return service;
}

UserfaultService::~UserfaultService() {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(end_.get(), &one, sizeof one));
  thread_.join();
}

Result<std::unique_ptr<UserfaultBacking>> UserfaultService::createBacking() {
  auto userfault = openUserfault(kernel_);
  if (!userfault) return tl::unexpected(userfault.error());
  return std::make_unique<UserfaultBacking>(kernel_, std::move(*userfault));
}

void UserfaultService::add(const GuestWindows& windows, NestedFaultHandler& handler) {
  UserfaultBacking& backing = backingOf(windows);
  const std::lock_guard lock(baton_);
  const Window window{windows.ramBase(), bytesOf(windows.ramPages()), &backing, &handler};
  invariant(windows_.emplace(backing.descriptor(), window).second, "each window is watched by a userfaultfd of its own");
  if (!listen(poll_.get(), backing.descriptor())) backing.lose("wait for faults on", errno);
}

void UserfaultService::remove(const GuestWindows& windows) {
  const std::lock_guard lock(baton_);
  std::erase_if(windows_, [&](const auto& entry) {
    if (entry.second.base != windows.ramBase()) return false;
    epoll_ctl(poll_.get(), EPOLL_CTL_DEL, entry.first, nullptr);
    return true;
  });
}

void UserfaultService::guestEnters() {
  const std::lock_guard lock(baton_);
  guestInside_ = true;
}

void UserfaultService::guestLeft() {
  const std::lock_guard lock(baton_);
  guestInside_ = false;
}

void UserfaultService::work() {
  for (;;) {
    epoll_event event{};
    if (epoll_wait(poll_.get(), &event, 1, -1) != 1) continue;
    if (event.data.fd == end_.get()) return;
    const std::lock_guard lock(baton_);
    const auto window = windows_.find(event.data.fd);
    if (window != windows_.end()) serve(window->second);
  }
}

void UserfaultService::serve(Window& window) {
  uffd_msg message{};
  const long bytes = kernel_.read(window.backing->descriptor(), &message, sizeof message);
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;  // the vCPU was kicked, and waits no more
  invariant(guestInside_, "nobody but a guest touches its window");
  if (bytes != static_cast<long>(sizeof message)) {
    window.backing->lose("read a fault on", bytes < 0 ? errno : EIO);
    return giveUp(window);
  }
  if (message.event != UFFD_EVENT_PAGEFAULT) return;
  served_.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t page = (message.arg.pagefault.address - reinterpret_cast<std::uintptr_t>(window.base)) >> kPageShift;
  const bool write = (message.arg.pagefault.flags & (UFFD_PAGEFAULT_FLAG_WRITE | UFFD_PAGEFAULT_FLAG_WP)) != 0;
  window.handler->onNestedFault(page, write ? Access::Write : Access::Read);
  if (!window.backing->lost()) window.backing->wake(window.base + page * kPageSize);
  if (window.backing->lost()) giveUp(window);
}

// The descriptor is closed in the end, and may be that of another window then.
void UserfaultService::giveUp(Window window) {
  epoll_ctl(poll_.get(), EPOLL_CTL_DEL, window.backing->descriptor(), nullptr);
  windows_.erase(window.backing->descriptor());
  window.handler->onWindowLost(*window.backing->lost());
  window.backing->abandon(window.base, window.size);
}

}  // namespace overcommit
