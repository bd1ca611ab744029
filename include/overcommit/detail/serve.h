// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

#include "../abi.h"

// The policy's end of the protocol; the headers beside this folder are what a policy is written with.

namespace overcommit::policy::detail {

[[noreturn]] inline void stop(const char* why) {
  std::fprintf(stderr, "overcommit policy: %s\n", why);
  std::exit(3);
}

// A system call that is forbidden arrives here: say which, then end as if nobody had listened.
inline void onForbiddenCall(int signal, siginfo_t* info, void*) {
  char text[] = "forbidden system call number 0000\n";
  int number = info->si_syscall;
  for (char* digit = text + sizeof text - 3; number > 0 && *digit != ' '; number /= 10) *digit-- = static_cast<char>('0' + number % 10);
  [[maybe_unused]] const ssize_t written = ::write(2, text, sizeof text - 1);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

// Two runs with other layouts find out who decides by addresses (see "Same questions, same answers"). The system places memory at random,
// but in large steps: what is kept here moves the heap by some bytes, and all other memory by some pages.
inline void move_memory() {
  const char* layout = std::getenv("OVERCOMMIT_LAYOUT");
  const std::size_t shift = layout == nullptr ? 0 : static_cast<std::size_t>(std::strtoul(layout, nullptr, 10)) % 251;
  if (shift == 0) return;
  [[maybe_unused]] static void* const heap = std::malloc(shift * 4112);
  [[maybe_unused]] static void* const pages = ::mmap(nullptr, shift * kPageBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

class Engine {
 public:
  explicit Engine(const Hello& hello) {
    struct sigaction forbidden {};
    forbidden.sa_sigaction = onForbiddenCall;
    forbidden.sa_flags = SA_SIGINFO | SA_RESETHAND;
    ::sigaction(SIGSYS, &forbidden, nullptr);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    void* const buffer = ::mmap(nullptr, kBufferBytes, PROT_READ, MAP_SHARED, kBuffer, 0);
    if (buffer == MAP_FAILED) stop("this program is a policy: the engine runs it (overcommit run SCENARIO --policy KIND=FILE)");
    buffer_ = static_cast<const std::byte*>(buffer);
    send(&hello, sizeof hello);
  }

  // The next request; false: the engine needs no more answers.
  [[nodiscard]] bool next() {
    lookForRing();
    if (!receive(&request_, sizeof request_)) return false;
    if (request_.magic != kRequestMagic) stop("the engine sent something that is no request");
    return true;
  }
  [[nodiscard]] const Request& request() const { return request_; }

  template <typename Question>
  [[nodiscard]] std::span<const Question> questions() const {
    return {reinterpret_cast<const Question*>(buffer_ + kQuestionsAt), request_.questions};
  }
  template <typename Item>
  [[nodiscard]] std::span<const Item> items() const {
    return {reinterpret_cast<const Item*>(buffer_ + kItemsAt), request_.items};
  }
  // nullptr if no bytes came with the questions.
  [[nodiscard]] const unsigned char* page(std::size_t question, std::size_t which) const {
    if (request_.has_bytes == 0) return nullptr;
    return reinterpret_cast<const unsigned char*>(buffer_ + kBytesAt + (2 * question + which) * kPageBytes);
  }

  template <typename Reply>
  void answer(const Reply* answers, std::size_t count) {
    std::fflush(stdout);
    const Answer head{kAnswerMagic,
                      request_.kind,
                      request_.sequence,
                      static_cast<std::uint32_t>(count),
                      static_cast<std::uint32_t>(count * sizeof(Reply)),
                      0};
    std::memcpy(out_, &head, sizeof head);
    std::memcpy(out_ + sizeof head, answers, count * sizeof(Reply));
    send(out_, sizeof head + count * sizeof(Reply));
  }

  [[nodiscard]] ReadReply read(Space space, std::uint64_t address) {
    const ReadRequest wanted{kReadMagic, space, address, 0};
    send(&wanted, sizeof wanted);
    lookForRing();
    ReadReply reply{};
    if (!receive(&reply, sizeof reply)) std::exit(0);
    return reply;
  }

 private:
  static void send(const void* bytes, std::size_t size) {
    const char* at = static_cast<const char*>(bytes);
    while (size > 0) {
      const ssize_t written = ::write(kMessages, at, size);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) std::exit(0);
      at += written;
      size -= static_cast<std::size_t>(written);
    }
  }
  static void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  // Until the next message is there, or it is better to sleep. Where looking was in vain, because the other side has no processor or much
  // to do, it is done less and less often.
  void lookForRing() {
    const auto* bell = reinterpret_cast<const Doorbell*>(buffer_ + kDoorbellAt);
    ++rings_;
    if (bell->nanoseconds == 0 || (passed_over_ > 0 && passed_over_-- > 0)) return;
    const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(bell->nanoseconds);
    while (__atomic_load_n(&bell->rings, __ATOMIC_ACQUIRE) != rings_) {
      if (std::chrono::steady_clock::now() > until) {
        in_vain_ = in_vain_ < 16 ? 2 * in_vain_ + 1 : in_vain_;
        passed_over_ = in_vain_;
        return;
      }
      relax();
    }
    in_vain_ = 0;
  }
  static bool receive(void* bytes, std::size_t size) {
    char* at = static_cast<char*>(bytes);
    while (size > 0) {
      const ssize_t got = ::read(kMessages, at, size);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      at += got;
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

  const std::byte* buffer_ = nullptr;
  Request request_{};
  std::uint32_t rings_ = 0, in_vain_ = 0, passed_over_ = 0;
  char out_[sizeof(Answer) + sizeof(std::uint64_t) * kMostVms];
};

inline Hello hello(PolicyKind kind, std::uint32_t candidates = 1, bool bytes = false) {
  return {kHelloMagic, kAbiVersion, kind, candidates, bytes ? 1u : 0u, 0};
}

}  // namespace overcommit::policy::detail
