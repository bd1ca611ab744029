// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTemporaryDir>
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "host/host.h"
#include "host/metrics.h"
#include "host/virtual_machine.h"
#include "reclaim/pager.h"

namespace overcommit::test {

constexpr Pages mebibytes(std::uint64_t n) { return Pages(n * 256); }

inline std::filesystem::path prebuiltGuest(const std::string& name) {
  return std::filesystem::path(OVERCOMMIT_SOURCE_DIR) / "guests" / "prebuilt" / name;
}

// A host of this size under audit, without VMs.
inline RunConfig hostOf(Pages memory) {
  RunConfig config;
  config.title = "test";
  config.duration = seconds(3600);
  config.host.memory = memory;
  config.host.represents = bytesOf(memory);
  config.audit = true;
  return config;
}

// A VM with a synthetic image disk and no balloon driver, which starts at once.
inline VmConfig vmOf(const std::string& name, const std::string& program, Pages memory) {
  VmConfig vm;
  vm.name = name;
  vm.memory = memory;
  vm.shares = memory.value() * 10;
  vm.balloon = false;
  vm.program = program;
  vm.image = {"linux-a", "", Bytes(std::uint64_t{64} << 20)};
  vm.start = VirtualTime(0);
  return vm;
}

// The same with a kernel of its own: a hostile guest.
inline VmConfig kernelVm(const std::string& name, const std::filesystem::path& kernel, Pages memory) {
  VmConfig vm = vmOf(name, "", memory);
  vm.kernelPath = kernel.string();
  return vm;
}

// A host that a test drives. Events of chosen kinds are kept; what powered-off VMs left behind is kept as hashes of their pages.
class TestHost final : private EventListener {
 public:
  explicit TestHost(RunConfig config, std::optional<std::uint64_t> mappingLimit = {}, const Policies& policies = {},
                    KernelCalls& kernel = systemCalls(), KvmOptions kvm = {}) {
    log_.addListener(*this);
    HostSurroundings surroundings{prebuiltGuest("overcommit-guest.elf"),
                                  swapDirectory_.path().toStdString(),
                                  mappingLimit,
                                  [this](const VirtualMachine& vm) { keepPages(vm); },
                                  policies,
                                  {},
                                  &kernel,
                                  kvm};
    auto created = Host::create(std::move(config), std::move(surroundings), log_);
    if (!created) {
      error_ = created.error().text;
      return;
    }
    host_ = std::move(*created);
  }

  // What went wrong when the host was made or started; "" if nothing did.
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] bool start() {
    if (!host_) return false;
    if (auto started = host_->start(); !started) error_ = started.error().text;
    return error_.empty();
  }
  void runUntil(VirtualTime time) {
    while (host_->now() < time && !host_->allOff()) host_->step(time);
  }
  // True if all VMs are off by then.
  [[nodiscard]] bool runUntilOff(VirtualTime atMost) {
    runUntil(atMost);
    host_->finish();
    return host_->allOff();
  }
  // Until the condition holds; false if it does not by then.
  template <typename Condition>
  [[nodiscard]] bool runUntil(Condition condition, VirtualTime atMost) {
    while (!condition()) {
      if (host_->now() >= atMost) return false;
      host_->step(atMost);
    }
    return true;
  }
  [[nodiscard]] Result<void> apply(std::optional<std::size_t> vm, decltype(TimedAction::what) what) {
    return host_->apply({host_->now(), vm, std::move(what)});
  }

  [[nodiscard]] Host& host() { return *host_; }
  [[nodiscard]] const VirtualMachine& vm(std::size_t i) const { return *host_->vms()[i]; }
  [[nodiscard]] EventLog& log() { return log_; }
  [[nodiscard]] std::string digest() const { return log_.digest().text(); }
  [[nodiscard]] std::string swapDirectory() const { return swapDirectory_.path().toStdString(); }
  [[nodiscard]] std::uint64_t metric(const std::string& path) const {
    std::vector<std::string> names;
    for (const auto& vm : host_->vms()) names.push_back(vm->config().name);
    const auto found = findMetric(path, names);
    invariant(found.has_value(), found ? "" : found.error().text);
    return readMetric(*host_, *found);
  }

  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  void keep(EventKind kind) { kept_.push_back(kind); }
  [[nodiscard]] std::uint64_t count(EventKind kind, std::optional<std::size_t> vm = {}) const {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        events_, [&](const Event& event) { return event.kind == kind && (!vm || event.vm == VmId(static_cast<std::uint16_t>(*vm))); }));
  }

  // What a VM's memory held when it powered off.
  struct Left {
    std::vector<std::uint64_t> pages;  // hashes, by gfn
    std::optional<Gfn> clockPage;
  };
  [[nodiscard]] const Left& left(const std::string& vm) const { return left_.at(vm); }
  [[nodiscard]] bool hasLeft(const std::string& vm) const { return left_.contains(vm); }
  // Called at every power-off, with the VM still there.
  std::function<void(const VirtualMachine&)> beforeRelease;

 private:
  void onEvent(const Event& event) override {
    if (std::ranges::find(kept_, event.kind) != kept_.end()) events_.push_back(event);
  }
  void keepPages(const VirtualMachine& vm) {
    if (beforeRelease) beforeRelease(vm);
    Left& left = left_[vm.config().name];
    left.clockPage = vm.clockPage();
    left.pages.clear();
    std::array<std::byte, kPageSize> page{};
    for (Gfn gfn; gfn.value() < vm.config().memory.value(); gfn = gfn.next()) {
      invariant(host_->pager().look(*vm.memory(), gfn, page), "a page of a healthy VM can be looked at");
      left.pages.push_back(hash64(page));
    }
  }

  QTemporaryDir swapDirectory_;
  EventLog log_;
  std::string error_;
  std::vector<EventKind> kept_{EventKind::PowerOn,        EventKind::PowerOff,     EventKind::Crash,   EventKind::FreeStateChange,
                               EventKind::Block,          EventKind::Unblock,      EventKind::Console, EventKind::Fault,
                               EventKind::ResultChecksum, EventKind::ReclaimStart, EventKind::Pop,     EventKind::Inflate,
                               EventKind::Deflate,        EventKind::SettingChange};
  std::vector<Event> events_;
  std::map<std::string, Left> left_;
  std::unique_ptr<Host> host_;  // last: VMs use everything above
};

#define VERIFY_STARTED(test) QVERIFY2((test).start(), (test).error().c_str())

// The balloon of the first VM, in pages.
inline std::uint64_t ballooned(const TestHost& test) { return test.vm(0).count(PagePlace::Ballooned).value(); }

// Full runs of long tests: OVERCOMMIT_FULL=1.
inline bool full() { return qEnvironmentVariableIntValue("OVERCOMMIT_FULL") != 0; }

}  // namespace overcommit::test
