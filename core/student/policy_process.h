// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>

#include "base/ids.h"
#include "overcommit/abi.h"
#include "student/policy_builder.h"
#include "student/printed_lines.h"

namespace overcommit {

// 60 us if this process may run on more than one processor, else 0.
std::chrono::nanoseconds eagerness();

struct PolicySettings {
  // How long a policy may take for an answer before it counts as hung: a guard, in wall time, far beyond what any answer takes. Nothing
  // is ever scored by it but that.
  WallTime patience{10'000};
  // How long either side looks for a message of the other without sleeping: most come sooner, and being woken takes longer than that.
  // It changes nothing but the time that a run takes. 0 where there is no other processor to come from.
  std::chrono::nanoseconds eager = eagerness();
  ProcessLimits limits{300, Bytes(std::uint64_t{1} << 30), Bytes(0), 32, 0};
  // Two runs with different layouts must come to the same: addresses, and what hashes by them, differ between them.
  std::uint32_t layout = 0;
};

// The engine's end of the pipe to one policy (overcommit/abi.h). The policy is not trusted: whatever it sends is checked for its length
// and form before anything is taken from it, what it sees of the engine is the shared buffer, which it can only read, and once it did
// something wrong it is ended and asked no more.
class PolicyProcess final {
 public:
  // Starts it and waits for its greeting.
  static PolicyResult<std::unique_ptr<PolicyProcess>> start(const BuiltPolicy& policy, const PolicySettings& settings);
  ~PolicyProcess();
  PolicyProcess(const PolicyProcess&) = delete;
  PolicyProcess& operator=(const PolicyProcess&) = delete;

  [[nodiscard]] const policy::Hello& hello() const { return hello_; }
  [[nodiscard]] const PolicySource& source() const { return source_; }
  [[nodiscard]] pid_t process() const { return process_ ? process_->id() : -1; }
  [[nodiscard]] const std::optional<PolicyFailure>& failure() const { return failure_; }
  [[nodiscard]] std::uint64_t requests() const { return sequence_; }
  [[nodiscard]] std::uint64_t questions() const { return questions_; }

  // Called for each line that it prints, and once if it fails. May be empty.
  std::function<void(std::string_view line)> onPrinted;
  std::function<void(const PolicyFailure&)> onFailure;
  // Answers its reads of memory during a walk; nothing: there is no memory at the address.
  std::function<std::optional<std::uint64_t>(policy::Space space, std::uint64_t address)> onRead;

  // The shared buffer: where the next request's questions, items and page bytes go.
  [[nodiscard]] std::byte* buffer() { return buffer_; }
  // Asks what lies in the buffer. False, and `answers` not touched, if it failed, now or before. There are `each` bytes for an answer.
  bool ask(policy::RequestKind kind, std::uint32_t questions, std::uint32_t items, bool withBytes, std::span<std::byte> answers,
           std::size_t each);

  // No more questions: lets it end and takes what it still prints.
  void finish();
  // Waits until a debugger is attached to it (or `given up` says so, which is asked again and again); there is no guard from then on.
  bool waitForDebugger(const std::function<bool()>& givenUp);

 private:
  PolicyProcess(const BuiltPolicy& policy, const PolicySettings& settings);
  std::optional<PolicyFailure> begin(const BuiltPolicy& policy);
  enum class Received : std::uint8_t { All, Closed, Late, Flooded };
  [[nodiscard]] Received receive(std::span<std::byte> into);
  void ring();
  [[nodiscard]] bool sendAll(std::span<const std::byte> bytes);
  void takeOutput();
  bool answerRead(const policy::ReadRequest& wanted);
  bool lost(Received how);
  bool fail(PolicyTrouble trouble, const std::string& text);
  [[nodiscard]] std::string lastWords() const;

  PolicySource source_;
  PolicySettings settings_;
  std::shared_ptr<const Workspace> workspace_;
  std::optional<ConfinedProcess> process_;
  OwnedDescriptor messages_;
  std::byte* buffer_ = nullptr;
  PrintedLines lines_;
  std::vector<char> part_;  // of what it printed; not on the stack: policies are asked from fault handlers too
  policy::Hello hello_{};
  std::optional<PolicyFailure> failure_;
  std::uint32_t sequence_ = 0;
  std::uint32_t inVain_ = 0, passedOver_ = 0;  // looking for an answer without sleeping
  std::uint64_t questions_ = 0;
  bool guarded_ = true;
};

}  // namespace overcommit
