// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <string_view>

namespace overcommit {
namespace {

constexpr std::string_view kEnter = "\033[?1049h\033[?25l\033[2J";  // the second screen, no cursor, cleared
constexpr std::string_view kLeave = "\033[0m\033[?25h\033[?1049l";

volatile std::sig_atomic_t windowResized = 0, stopWanted = 0;

void onSignal(int signal) {
  if (signal == SIGWINCH) windowResized = 1;
  if (signal == SIGTSTP) stopWanted = 1;
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

void writeAll(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the terminal has gone: nothing is lost
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

bool Terminal::isOne() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

Result<std::unique_ptr<Terminal>> Terminal::open() {
  termios before{};
  if (::tcgetattr(STDIN_FILENO, &before) != 0) return failure("cannot read the settings of the terminal: {}", systemErrorText(errno));
  std::unique_ptr<Terminal> terminal(new Terminal(before));
  terminal->startWatcher();
  handle(SIGWINCH, onSignal);
  handle(SIGTSTP, onSignal);
  terminal->enter();
  return terminal;
}

Terminal::~Terminal() {
  leave();
  if (watcher_ > 0) {
    constexpr char kAllWell = 'w';
    (void)!::write(watcherPipe_, &kAllWell, 1);
    ::close(watcherPipe_);
    ::waitpid(watcher_, nullptr, 0);
  }
  handle(SIGWINCH, SIG_DFL);
  handle(SIGTSTP, SIG_DFL);
}

// Waits until the other end of its pipe closes. A word on it says that there is nothing to put right.
void Terminal::startWatcher() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return;  // the destructor still puts things right
  watcher_ = ::fork();
  if (watcher_ != 0) {
    ::close(ends[0]);
    watcherPipe_ = ends[1];
    return;
  }
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP, SIGTTOU, SIGPIPE}) handle(signal, SIG_IGN);
  ::close(ends[1]);
  char word = 0;
  ssize_t got = 0;
  while ((got = ::read(ends[0], &word, 1)) < 0 && errno == EINTR) {
  }
  if (got <= 0) leave();
  ::_exit(0);
}

void Terminal::enter() {
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // signals from the keyboard stay
  raw.c_iflag &= ~static_cast<tcflag_t>(IXON);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  writeAll(kEnter);
}

void Terminal::leave() {
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  writeAll(kLeave);
}

TerminalSize Terminal::size() const {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

void Terminal::show(const std::vector<std::string>& lines) {
  const TerminalSize room = size();
  std::string text = "\033[H";
  for (std::size_t i = 0; i < std::min(lines.size(), room.rows); ++i) {
    if (i > 0) text += "\r\n";
    text += std::string_view(lines[i]).substr(0, room.columns);
    text += "\033[K";
  }
  if (lines.size() < room.rows) text += "\033[J";
  writeAll(text);
}

std::optional<KeyPress> Terminal::key(std::chrono::milliseconds wait) {
  if (pending_.empty()) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&input, 1, static_cast<int>(wait.count()));
    if (stopWanted != 0) {
      stopWanted = 0;
      leave();
      ::raise(SIGSTOP);
      enter();
      return KeyPress{Key::Resumed};
    }
    if (windowResized != 0) {
      windowResized = 0;
      return KeyPress{Key::Resized};
    }
    if (ready <= 0) return std::nullopt;
    std::array<char, 64> bytes{};
    const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (got <= 0) return KeyPress{Key::Character, 'q'};  // nobody will ever press a key again
    pending_.assign(bytes.data(), static_cast<std::size_t>(got));
  }
  return decode(pending_);
}

KeyPress Terminal::decode(const std::string& bytes) {
  struct Sequence {
    std::string_view bytes;
    Key key;
  };
  constexpr std::array kSequences{
      Sequence{"\033[A", Key::Up},    Sequence{"\033[B", Key::Down}, Sequence{"\033[C", Key::Right},   Sequence{"\033[D", Key::Left},
      Sequence{"\033OA", Key::Up},    Sequence{"\033OB", Key::Down}, Sequence{"\033OC", Key::Right},   Sequence{"\033OD", Key::Left},
      Sequence{"\033[H", Key::Home},  Sequence{"\033[F", Key::End},  Sequence{"\033OH", Key::Home},    Sequence{"\033OF", Key::End},
      Sequence{"\033[1~", Key::Home}, Sequence{"\033[4~", Key::End}, Sequence{"\033[5~", Key::PageUp}, Sequence{"\033[6~", Key::PageDown},
      Sequence{"\r", Key::Enter},     Sequence{"\n", Key::Enter},    Sequence{"\177", Key::Erase},     Sequence{"\b", Key::Erase},
  };
  for (const Sequence& known : kSequences) {
    if (!bytes.starts_with(known.bytes)) continue;
    pending_.erase(0, known.bytes.size());
    return {known.key};
  }
  const char first = bytes.front();
  // Other sequences are of keys that mean nothing here: a whole one is thrown away.
  if (first == '\033') {
    pending_.clear();
    return {Key::Escape};
  }
  pending_.erase(0, 1);
  return {Key::Character, first};
}

}  // namespace overcommit
