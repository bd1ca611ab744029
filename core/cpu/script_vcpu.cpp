// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "abi/overcommit_abi.h"
#include "base/error.h"
#include "base/hash.h"
#include "cpu/script.h"
#include "cpu/script_content.h"
#include "machine/sparse_array.h"

namespace overcommit {
namespace {

using Kind = ScriptStep::Kind;

// Plays a script. Owns its place in the script and the knowledge of what was written where: a page that `written_` does not know was
// never written by the script and may hold anything.
class ScriptVcpu final : public Vcpu {
 public:
  ScriptVcpu(std::unique_ptr<ScriptSource> source, GuestAccess& memory, Pages size, std::uint64_t contentSeed)
      : source_(std::move(source)), memory_(memory), size_(size), contentSeed_(contentSeed), written_(size.value()) {}

  VmExit run(RunBudget budget) override;
  void reply(std::uint64_t) override {}  // a script has nothing to pay attention to
  void replyBalloon(std::uint32_t, std::uint64_t, std::optional<std::uint64_t>) override {
    invariant(false, "a script has no balloon driver");
  }
  void flushTlb(std::optional<Gva>) override {}
  void forgetCode(Gfn) override {}
  void requestStop() override { stopRequested_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] Registers registers() const override {
    Registers result;
    result.rip = stepsDone_;  // the only place that a script has
    return result;
  }

 private:
  std::optional<VmExit> play(const ScriptStep& step);
  std::optional<VmExit> touchNext(const ScriptStep& step);
  std::optional<std::string> check(Gfn gfn, std::span<const std::byte, kPageSize> page) const;

  static VmExit hypercall(oc_call call, std::uint64_t first, std::uint64_t second) {
    return {VmExit::Kind::Hypercall, static_cast<std::uint64_t>(call), first, second, 0, 0, {}};
  }
  static VmExit exitFor(VmExit::Kind kind, std::string reason = {}) { return {kind, 0, 0, 0, 0, 0, std::move(reason)}; }

  std::unique_ptr<ScriptSource> source_;
  GuestAccess& memory_;
  const Pages size_;
  const std::uint64_t contentSeed_;

  std::optional<ScriptStep> step_;  // the one being played
  std::uint64_t touched_ = 0;       // its pages done
  std::uint64_t stepsDone_ = 0;
  // By gfn: what was written, and the hash of its bytes, so that a check need not make them again.
  struct Written {
    ScriptContent content;
    std::uint64_t hash = 0;
    bool known = false;
  };
  SparseArray<Written> written_;
  std::atomic<bool> stopRequested_{false};
};

VmExit ScriptVcpu::run(RunBudget budget) {
  std::uint64_t blocks = 0;
  std::optional<VmExit> exit;
  while (!exit) {
    if (stopRequested_.exchange(false, std::memory_order_relaxed)) {
      exit = exitFor(VmExit::Kind::Stopped);
    } else if (budget.blocks != 0 && blocks == budget.blocks) {
      exit = exitFor(VmExit::Kind::BudgetSpent);
    } else {
      if (!step_) {
        step_ = source_->next().value_or(ScriptStep{});  // the end is a Halt
        touched_ = 0;
      }
      ++blocks;
      exit = play(*step_);
    }
  }
  exit->blocks = blocks;
  return *exit;
}

// One block of the step; forgets the step when it is complete. A Halt is never complete.
std::optional<VmExit> ScriptVcpu::play(const ScriptStep& step) {
  const auto complete = [this](std::optional<VmExit> exit) {
    step_.reset();
    ++stepsDone_;
    return exit;
  };
  switch (step.kind) {
    case Kind::Read:
    case Kind::Write: {
      if (step.count == 0) return complete(std::nullopt);
      auto exit = touchNext(step);
      if (exit) return exit;
      if (++touched_ == step.count) return complete(std::nullopt);
      return std::nullopt;
    }
    case Kind::Work: return complete(hypercall(OC_CALL_WORK, step.time.value(), 0));
    case Kind::Wait: return complete(hypercall(OC_CALL_WAIT, step.time.value(), 0));
    case Kind::Operation: return complete(hypercall(OC_CALL_OPERATION, step.count, step.time.value()));
    case Kind::Loop: return complete(std::nullopt);  // sources with a loop jump themselves
    case Kind::Halt: return exitFor(VmExit::Kind::Halt);
  }
  invariant(false, "every kind of step is played");
}

std::optional<VmExit> ScriptVcpu::touchNext(const ScriptStep& step) {
  const Gfn gfn = step.gfn.next(touched_);
  invariant(gfn.value() < size_.value(), "a script touches pages of its VM only");
  const bool writes = step.kind == ScriptStep::Kind::Write;
  std::byte* bytes = memory_.resolve(gfn, writes ? Access::Write : Access::Read);
  if (bytes == nullptr) return exitFor(VmExit::Kind::Stopped);
  const std::span<std::byte, kPageSize> page(bytes, kPageSize);
  if (writes) {
    const ScriptContent content{step.content, step.value};
    fillPage(page, content, gfn, contentSeed_);
    written_.at(gfn.value()) = {content, hash64(page), true};
    return std::nullopt;
  }
  if (const auto wrong = check(gfn, page)) return exitFor(VmExit::Kind::Crash, *wrong);
  return std::nullopt;
}

std::optional<std::string> ScriptVcpu::check(Gfn gfn, std::span<const std::byte, kPageSize> page) const {
  const Written written = written_.get(gfn.value());
  if (!written.known || hash64(page) == written.hash) return std::nullopt;
  std::array<std::byte, kPageSize> expected;
  fillPage(expected, written.content, gfn, contentSeed_);
  const auto [at, want] = std::mismatch(page.begin(), page.end(), expected.begin());
  if (at == page.end()) return std::nullopt;
  return fmt::format("page {} does not hold what was written: byte {} is {:#04x} instead of {:#04x}", gfn.value(), at - page.begin(),
                     static_cast<unsigned>(*at), static_cast<unsigned>(*want));
}

}  // namespace

std::unique_ptr<Vcpu> createScriptVcpu(std::unique_ptr<ScriptSource> source, GuestAccess& memory, Pages size, std::uint64_t contentSeed) {
  return std::make_unique<ScriptVcpu>(std::move(source), memory, size, contentSeed);
}

}  // namespace overcommit
