// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/policy_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

namespace overcommit {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPart = 64u << 10;
// How long a policy that closed its connection may take to end.
constexpr WallTime kLeave{2'000};

template <typename T>
std::span<std::byte> bytesOf(T& value) {
  return std::as_writable_bytes(std::span(&value, 1));
}

std::string_view nameOf(policy::RequestKind kind) {
  switch (kind) {
    case policy::RequestKind::Match: return "match";
    case policy::RequestKind::Victim: return "victim";
    case policy::RequestKind::Admit: return "admit";
    case policy::RequestKind::Evict: return "evict";
    case policy::RequestKind::FreeState: return "next state";
    case policy::RequestKind::Targets: return "targets";
    case policy::RequestKind::Walk: return "walk";
  }
  return "";
}

// The buffer that only the engine can write: sealed once it is mapped here.
Result<std::pair<OwnedDescriptor, std::byte*>> makeBuffer() {
  OwnedDescriptor memory(::memfd_create("overcommit-questions", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory.open() || ::ftruncate(memory.get(), static_cast<off_t>(policy::kBufferBytes)) != 0)
    return failure("cannot make a buffer for its questions: {}", systemErrorText(errno));
  void* const mapped = ::mmap(nullptr, policy::kBufferBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (mapped == MAP_FAILED) return failure("cannot map the buffer for its questions: {}", systemErrorText(errno));
  constexpr int kSealFutureWrite = 0x0010;  // Linux 5.1
  if (::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | kSealFutureWrite | F_SEAL_SEAL) != 0) {
    ::munmap(mapped, policy::kBufferBytes);
    return failure("cannot seal the buffer for its questions: {}", systemErrorText(errno));
  }
  return std::pair{std::move(memory), static_cast<std::byte*>(mapped)};
}

// What usually is behind a signal that ends a policy.
std::string causesOf(int signal, const ProcessLimits& limits) {
  const std::uint64_t memory = limits.addressSpace.value() >> 20;
  switch (signal) {
    case SIGSYS: return "policies have no network, no processes or threads, and no files but their own";
    case SIGXCPU:
    case SIGKILL: return fmt::format("it used more processor time than the {} s, or more memory, than there is", limits.cpuSeconds);
    case SIGXFSZ: return "it wrote to a file, which policies may not; what it prints is in the trace";
    case SIGFPE: return "a division by zero? Run it with --debug-policy to see where";
    case SIGABRT:
      return fmt::format(
          "an exception that nobody catches, for instance for want of memory beyond {} MiB, a failed assertion, or a broken heap", memory);
    case SIGSEGV:
    case SIGBUS:
      return fmt::format(
          "a pointer or index that leads nowhere, a recursion that never ends and fills the stack, or a malloc() beyond {} MiB "
          "that gave no memory? Run it with --debug-policy to see where",
          memory);
    default: return "Run it with --debug-policy to see where";
  }
}

// What a policy may lack that ends by itself before it is asked anything.
std::string lackOf(const PolicySource& source) {
  if (source.language == PolicyLanguage::Python) return "does it call serve() with its policy at its end?";
  std::string macro(infoOf(source.subject).file);
  for (char& c : macro) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return fmt::format("does it have OVERCOMMIT_{}(Class) at its end, and no main() of its own?", macro);
}

LaunchPlan planFor(const BuiltPolicy& policy, const PolicySettings& settings) {
  LaunchPlan plan;
  plan.command = policy.command;
  plan.environment = {"LC_ALL=C.UTF-8", fmt::format("OVERCOMMIT_LAYOUT={}", settings.layout),
                      fmt::format("PYTHONHASHSEED={}", settings.layout),
                      // Moves the stack, where the system does not.
                      "OVERCOMMIT_SPACE=" + std::string(std::size_t{16} * (settings.layout % 256), 'x')};
  // Of a program that was built, nothing but itself is to be seen.
  plan.directory = policy.source.language == PolicyLanguage::Python ? policy.workspace->submission() : std::filesystem::path("/");
  plan.visible.readable = policy.visible;
  plan.limits = settings.limits;
  plan.debuggable = policy.debugging == PolicyDebugging::On;
  return plan;
}

}  // namespace

std::chrono::nanoseconds eagerness() {
  cpu_set_t usable;
  const bool several = ::sched_getaffinity(0, sizeof usable, &usable) == 0 && CPU_COUNT(&usable) > 1;
  return several ? std::chrono::microseconds(60) : std::chrono::nanoseconds(0);
}

PolicyProcess::PolicyProcess(const BuiltPolicy& policy, const PolicySettings& settings)
    : source_(policy.source), settings_(settings), workspace_(policy.workspace), part_(kPart) {
  lines_.onLine = [this](std::string_view line) {
    if (onPrinted) onPrinted(line);
  };
}

PolicyProcess::~PolicyProcess() {
  process_.reset();
  if (buffer_ != nullptr) ::munmap(buffer_, policy::kBufferBytes);
}

PolicyResult<std::unique_ptr<PolicyProcess>> PolicyProcess::start(const BuiltPolicy& policy, const PolicySettings& settings) {
  std::unique_ptr<PolicyProcess> started(new PolicyProcess(policy, settings));
  if (auto failed = started->begin(policy)) return tl::unexpected(std::move(*failed));
  return started;
}

std::optional<PolicyFailure> PolicyProcess::begin(const BuiltPolicy& policy) {
  const auto unable = [&](const std::string& why) {
    return PolicyFailure{PolicyTrouble::NotConfined, fmt::format("the {} cannot be started: {}", source_.name(), why)};
  };
  auto buffer = makeBuffer();
  if (!buffer) return unable(buffer.error().text);
  buffer_ = buffer->second;
  const policy::Doorbell bell{0, static_cast<std::uint32_t>(settings_.eager.count())};
  std::memcpy(buffer_ + policy::kDoorbellAt, &bell, sizeof bell);
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return unable(systemErrorText(errno));
  messages_ = OwnedDescriptor(ends[0]);
  OwnedDescriptor theirs(ends[1]);
  LaunchPlan plan = planFor(policy, settings_);
  plan.descriptors = {theirs.get(), buffer->first.get()};
  auto process = ConfinedProcess::launch(plan, policy.confinement);
  if (!process) return unable(process.error().text);
  process_ = std::move(*process);
  theirs.reset();

  switch (receive(bytesOf(hello_))) {
    case Received::All: break;
    case Received::Late:
      process_->kill();
      takeOutput();
      return PolicyFailure{PolicyTrouble::Hung,
                           fmt::format("the {} hung before its first question: no greeting within {} s. Does a constructor, or Python's "
                                       "module level, never end? Does it call serve()?{}",
                                       source_.name(), settings_.patience.count() / 1000, lastWords())};
    case Received::Flooded:
      process_->kill();
      return PolicyFailure{PolicyTrouble::Flooded, fmt::format("the {} printed more than 8 MiB before its first question", source_.name())};
    case Received::Closed: {
      const auto ended = process_->wait(std::min(kLeave, settings_.patience));
      const std::string how = ended ? ended->text() : "closed its connection";
      process_->kill();
      takeOutput();
      const bool forbidden = ended && ended->signal == SIGSYS;
      const std::string why = !ended                 ? ""
                              : ended->signal != 0   ? ": " + causesOf(ended->signal, settings_.limits)
                              : ended->exitCode == 0 ? ": " + lackOf(source_)
                                                     : "";
      return PolicyFailure{forbidden ? PolicyTrouble::Forbidden : PolicyTrouble::DoesNotStart,
                           fmt::format("the {} {} before its first question{}{}", source_.name(), how, why, lastWords())};
    }
  }
  const auto wanted = static_cast<policy::PolicyKind>(source_.subject);
  std::string wrong;
  if (hello_.magic != policy::kHelloMagic)
    wrong = "greets in a way that no policy does; is something written to file descriptor 3?";
  else if (hello_.version != policy::kAbiVersion)
    wrong = fmt::format("speaks version {} of the protocol, and this engine version {}: build it with this engine's headers",
                        hello_.version, policy::kAbiVersion);
  else if (hello_.kind != wanted)
    wrong = fmt::format("is a policy of another kind: it was given as {}, and registers itself as kind {}", infoOf(source_.subject).name,
                        static_cast<std::uint32_t>(hello_.kind));
  else if (hello_.candidates_wanted < 1 || hello_.candidates_wanted > policy::kMostCandidates)
    wrong = fmt::format("wants {} candidates; 1 to {} can be had", hello_.candidates_wanted, policy::kMostCandidates);
  if (wrong.empty()) return std::nullopt;
  process_->kill();
  return PolicyFailure{PolicyTrouble::OtherVersion, fmt::format("the {} {}", source_.name(), wrong)};
}

void PolicyProcess::takeOutput() {
  while (!lines_.flooded()) {
    const ssize_t got = ::read(process_->output(), part_.data(), part_.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    lines_.add({part_.data(), static_cast<std::size_t>(got)});
  }
}

PolicyProcess::Received PolicyProcess::receive(std::span<std::byte> into) {
  const auto begun = Clock::now();
  // Where looking was in vain, because the policy has no processor or much to do, it is done less and less often.
  constexpr std::uint32_t kMostInVain = 16;
  const auto eager = passedOver_ > 0 ? std::chrono::nanoseconds(0) : settings_.eager;
  if (passedOver_ > 0) --passedOver_;
  bool slept = false;
  while (!into.empty()) {
    const ssize_t got = ::recv(messages_.get(), into.data(), into.size(), MSG_DONTWAIT);
    if (got > 0) {
      into = into.subspan(static_cast<std::size_t>(got));
      continue;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) return Received::Closed;
    const auto waited = Clock::now() - begun;
    if (waited < eager) continue;
    slept = true;
    if (guarded_ && waited >= settings_.patience) return Received::Late;
    std::array<pollfd, 2> ready{{{messages_.get(), POLLIN, 0}, {process_->output(), POLLIN, 0}}};
    const auto left = std::chrono::duration_cast<WallTime>(settings_.patience - waited) + WallTime(1);
    // When its output is closed there is nothing more to hear from it but its answer.
    ::poll(ready.data(), ready.size(), guarded_ ? static_cast<int>(left.count()) : -1);
    if ((ready[1].revents & POLLIN) != 0) takeOutput();
    if (lines_.flooded()) return Received::Flooded;
    if ((ready[1].revents & (POLLHUP | POLLERR)) != 0 && ready[0].revents == 0) std::this_thread::sleep_for(WallTime(1));
  }
  if (eager.count() > 0) {
    inVain_ = !slept ? 0 : inVain_ < kMostInVain ? 2 * inVain_ + 1 : inVain_;
    passedOver_ = inVain_;
  }
  return Received::All;
}

bool PolicyProcess::sendAll(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    // A policy that does not read is told apart when its answer does not come; its socket holds many requests.
    const ssize_t sent = ::send(messages_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  ring();
  return true;
}

// The policy may look at this, or not; what it is told comes through the socket.
void PolicyProcess::ring() {
  auto* const bell = reinterpret_cast<policy::Doorbell*>(buffer_ + policy::kDoorbellAt);
  std::atomic_ref(bell->rings).store(bell->rings + 1, std::memory_order_release);
}

std::string PolicyProcess::lastWords() const {
  if (lines_.lastWords().empty()) return "";
  return "; it printed last:\n" + mainMessages(workspace_->withoutItsName(lines_.lastWords()));
}

bool PolicyProcess::fail(PolicyTrouble trouble, const std::string& text) {
  process_->kill();
  takeOutput();
  lines_.flush();
  failure_ = PolicyFailure{trouble, fmt::format("the {} {}{}", source_.name(), text, lastWords())};
  if (onFailure) onFailure(*failure_);
  return false;
}

bool PolicyProcess::lost(Received how) {
  if (how == Received::Flooded) return fail(PolicyTrouble::Flooded, "printed more than 8 MiB: does a loop that prints never end?");
  if (how == Received::Late)
    return fail(PolicyTrouble::Hung, fmt::format("hung: no answer to its request {} within {} s. Is there a loop that never ends?",
                                                 sequence_, static_cast<double>(settings_.patience.count()) / 1000));
  const auto ended = process_->wait(std::min(kLeave, settings_.patience));
  if (!ended) return fail(PolicyTrouble::WrongMessage, "closed its connection to the engine");
  if (ended->signal == SIGSYS)
    return fail(PolicyTrouble::Forbidden, "made a system call that policies may not make: " + causesOf(SIGSYS, settings_.limits));
  if (ended->signal != 0)
    return fail(PolicyTrouble::Crashed, fmt::format("{}: {}", ended->text(), causesOf(ended->signal, settings_.limits)));
  return fail(PolicyTrouble::Ended,
              fmt::format("{} in the middle of the run: it has to answer until the engine asks no more", ended->text()));
}

bool PolicyProcess::answerRead(const policy::ReadRequest& wanted) {
  policy::ReadReply reply{};
  const bool known = wanted.space == policy::Space::GuestPhysical || wanted.space == policy::Space::Machine;
  if (known && wanted.address % 8 == 0 && onRead) {
    if (const auto value = onRead(wanted.space, wanted.address)) reply = {*value, 1};
  }
  return sendAll(bytesOf(reply));
}

bool PolicyProcess::ask(policy::RequestKind kind, std::uint32_t questions, std::uint32_t items, bool withBytes,
                        std::span<std::byte> answers, std::size_t each) {
  static_assert(sizeof(policy::ReadRequest) == sizeof(policy::Answer));
  if (failure_) return false;
  ++sequence_;
  questions_ += questions;
  policy::Request request{policy::kRequestMagic, kind, sequence_, questions, items, withBytes ? 1u : 0u};
  if (!sendAll(bytesOf(request))) return lost(Received::Closed);
  policy::Answer head{};
  while (true) {
    if (const Received received = receive(bytesOf(head)); received != Received::All) return lost(received);
    if (head.magic != policy::kReadMagic || kind != policy::RequestKind::Walk) break;
    policy::ReadRequest wanted{};
    std::memcpy(&wanted, &head, sizeof wanted);
    if (!answerRead(wanted)) return lost(Received::Closed);
  }
  const std::size_t count = answers.size() / each;
  if (head.magic != policy::kAnswerMagic)
    return fail(PolicyTrouble::WrongMessage,
                fmt::format("sent something that is no answer (it begins with {:08x}): does it write to file descriptor 3?", head.magic));
  if (head.kind != kind || head.sequence != sequence_)
    return fail(PolicyTrouble::WrongMessage, fmt::format("answered request {} ({}) when it was asked request {} ({})", head.sequence,
                                                         nameOf(head.kind), sequence_, nameOf(kind)));
  if (head.answers != count || head.bytes != answers.size())
    return fail(PolicyTrouble::WrongMessage, fmt::format("gave {} answers of {} bytes to request {} ({}), which wants {} of {} bytes",
                                                         head.answers, head.bytes, sequence_, nameOf(kind), count, answers.size()));
  if (const Received received = receive(answers); received != Received::All) return lost(received);
  takeOutput();
  if (lines_.flooded()) return lost(Received::Flooded);
  return true;
}

void PolicyProcess::finish() {
  if (failure_ || !process_) return;
  messages_.reset();
  // Its main() returns now; whatever it does beside that no longer counts.
  if (!process_->wait(WallTime(500))) process_->kill();
  takeOutput();
  lines_.flush();
}

bool PolicyProcess::waitForDebugger(const std::function<bool()>& givenUp) {
  guarded_ = false;
  while (!givenUp() && !process_->wait(WallTime(0))) {
    std::ifstream status(fmt::format("/proc/{}/status", process_->id()));
    for (std::string word; status >> word;) {
      int tracer = 0;
      if (word == "TracerPid:" && status >> tracer && tracer != 0) return true;
    }
    std::this_thread::sleep_for(WallTime(50));
  }
  return false;
}

}  // namespace overcommit
