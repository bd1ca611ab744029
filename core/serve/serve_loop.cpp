// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/serve_loop.h"

#include <poll.h>

#include <array>
#include <chrono>

#include "serve/line_stream.h"

namespace overcommit {
namespace {

using Clock = std::chrono::steady_clock;

// A look at the descriptors is a system call: not more often than this while quanta run.
constexpr std::chrono::microseconds kBetweenLooks{500};
// What a client has not read yet, before the engine waits for it.
constexpr std::size_t kMostUnread = 1u << 20;

class Loop {
 public:
  Loop(const ServeStreams& streams, SurroundingsFor surroundings)
      : streams_(streams),
        input_(streams.input),
        output_(streams.output),
        session_(std::move(surroundings), [this](const std::string& line) { output_.add(line); }) {}

  ServeEnd run() {
    const ServeEnd end = serveUntilEnd();
    session_.end();
    sendRest();
    return output_.failed() ? ServeEnd::OutputClosed : end;
  }

  // An invariant broke somewhere below run(), which will not go on.
  void breakDown(std::string_view what, std::string_view file, int line) {
    session_.breakDown(what, file, line);
    (void)serveUntilEnd();
    sendRest();
  }

 private:
  enum class Wait : std::uint8_t { No, UntilSomethingComes };

  ServeEnd serveUntilEnd() {
    for (;;) {
      if (streams_.interrupted && streams_.interrupted()) return ServeEnd::Interrupted;
      if (output_.failed()) return ServeEnd::OutputClosed;
      receive();
      if (session_.quitting()) return ServeEnd::Quit;
      if (input_.ended() && !session_.waiting()) return ServeEnd::InputClosed;
      if (!session_.advancing() || output_.pending() > kMostUnread) {
        look(Wait::UntilSomethingComes);
        continue;
      }
      session_.runQuantum();
      const auto now = Clock::now();
      if (now - reported_ >= LiveTrace::kLongestOpen) {
        session_.report();
        reported_ = now;
      }
      if (now - looked_ >= kBetweenLooks || !session_.advancing()) look(Wait::No);
    }
  }

  void receive() {
    while (!session_.waiting() && !session_.quitting() && output_.pending() <= kMostUnread) {
      const auto line = input_.next();
      if (!line) return;
      if (line->tooLong) {
        session_.receiveTooLong();
      } else if (line->text.find_first_not_of(" \t\r") != std::string::npos) {
        session_.receive(line->text);
      }
    }
  }

  void look(Wait wait) {
    looked_ = Clock::now();
    // What is not wanted now is not asked for: a negative descriptor is passed over. Lines that are here already go first.
    const bool wantsInput = !input_.ended() && !session_.waiting() && output_.pending() <= kMostUnread;
    std::array<pollfd, 3> descriptors{pollfd{wantsInput ? input_.descriptor() : -1, POLLIN, 0},
                                      pollfd{output_.descriptor(), static_cast<short>(output_.pending() > 0 ? POLLOUT : 0), 0},
                                      pollfd{streams_.wake, POLLIN, 0}};
    if (::poll(descriptors.data(), descriptors.size(), wait == Wait::No ? 0 : -1) < 0) return;  // a signal: see interrupted()
    const auto& [in, out, wake] = descriptors;
    if ((out.revents & POLLOUT) != 0) writeWhatFits();
    if ((out.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) output_.fail();
    if ((in.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0) input_.read();
  }

  void writeWhatFits() {
    pollfd out{output_.descriptor(), POLLOUT, 0};
    do {
      output_.write();
    } while (output_.pending() > 0 && !output_.failed() && ::poll(&out, 1, 0) > 0 && (out.revents & POLLOUT) != 0);
  }

  // The client may still be reading; a signal ends its patience.
  void sendRest() {
    while (output_.pending() > 0 && !output_.failed()) {
      pollfd out{output_.descriptor(), POLLOUT, 0};
      if (::poll(&out, 1, -1) < 0) return;
      if ((out.revents & POLLOUT) != 0) {
        output_.write();
      } else {
        output_.fail();
      }
    }
  }

  const ServeStreams& streams_;
  LineInput input_;
  LineOutput output_;
  Session session_;
  Clock::time_point looked_, reported_ = Clock::now();
};

// A broken invariant knows nothing of who serves.
Loop* current = nullptr;

void onInvariantBroken(std::string_view what, const char* file, int line) {
  if (current != nullptr) current->breakDown(what, file, line);
}

}  // namespace

ServeEnd serve(const ServeStreams& streams, SurroundingsFor surroundings) {
  Loop loop(streams, std::move(surroundings));
  current = &loop;
  setInvariantListener(onInvariantBroken);
  const ServeEnd end = loop.run();
  setInvariantListener(nullptr);
  current = nullptr;
  return end;
}

}  // namespace overcommit
