// SPDX-License-Identifier: GPL-2.0-or-later
// A policy with everything that a submission may do wrong, chosen by its argument. Built once, started many times.
#include <arpa/inet.h>
#include <fcntl.h>
#include <overcommit/victim.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace overcommit::policy;

namespace {

std::string mode;
int asked = 0;

int run(const char* what) { return mode == what; }

int recurse(int depth) {
  volatile char space[4096];
  space[depth % 4096] = 1;
  return recurse(depth + 1) + space[depth % 4096];
}

void raw(std::uint32_t magic, RequestKind kind, std::uint32_t sequence, std::uint32_t answers, std::uint32_t bytes, std::size_t sent) {
  const Answer head{magic, kind, sequence, answers, bytes, 0};
  std::vector<char> message(sizeof head + sent, 0);
  std::memcpy(message.data(), &head, sizeof head);
  [[maybe_unused]] const ssize_t written = write(kMessages, message.data(), message.size());
}

void saysWhatItOpens(const char* path, int flags) {
  const int fd = open(path, flags, 0600);
  std::printf("%s: %s\n", path, fd < 0 ? "denied" : "OPENED");
}

class Hostile : public VictimPolicy {
 public:
  std::uint32_t candidates_wanted() const override { return mode == "no-candidates" ? 0 : 4; }
  std::uint32_t choose(const VictimQuestion&, std::span<const VictimCandidate> candidates) override {
    ++asked;
    const RequestKind mine = RequestKind::Victim;
    const auto now = static_cast<std::uint32_t>(asked);
    if (run("null")) *static_cast<volatile int*>(nullptr) = 1;
    if (run("abort")) std::abort();
    if (run("throw")) throw std::runtime_error("nobody catches this");
    if (run("recurse")) return static_cast<std::uint32_t>(recurse(0));
    if (run("malloc")) *static_cast<volatile char*>(std::malloc(std::size_t{2} << 30)) = 1;
    if (run("file-size")) raise(SIGXFSZ);
    if (run("divide")) raise(SIGFPE);
    if (run("exit")) std::exit(7);
    if (run("exit-well")) std::exit(0);
    if (run("loop"))
      for (volatile int i = 0;; i = i + 1) {
      }
    if (run("sleep"))
      for (;;) pause();
    if (run("silence")) {
      signal(SIGTERM, SIG_IGN);
      for (;;) pause();
    }
    if (run("memory"))
      for (std::vector<std::vector<char>> all;;) all.emplace_back(64 << 20, 'x');
    if (run("write-buffer")) *const_cast<std::uint64_t*>(&candidates[0].gfn) = 1;
    if (run("remap-buffer")) {
      void* const again = mmap(nullptr, kBufferBytes, PROT_READ | PROT_WRITE, MAP_SHARED, kBuffer, 0);
      std::printf("writable mapping: %s\n", again == MAP_FAILED ? "denied" : "OPENED");
      std::printf("protection: %s\n",
                  mprotect(const_cast<VictimCandidate*>(candidates.data()), 4096, PROT_READ | PROT_WRITE) != 0 ? "denied" : "OPENED");
      std::printf("size: %s\n", ftruncate(kBuffer, 0) != 0 ? "denied" : "OPENED");
    }
    if (run("garbage")) {
      const std::string noise(64, '?');
      [[maybe_unused]] auto n = write(kMessages, noise.data(), noise.size());
      for (;;) pause();
    }
    if (run("too-many")) {
      raw(kAnswerMagic, mine, now, 1000, 4000, 4000);
      for (;;) pause();
    }
    if (run("huge-length")) {
      raw(kAnswerMagic, mine, now, 1, 0xffffffff, 0);
      for (;;) pause();
    }
    if (run("none")) {
      raw(kAnswerMagic, mine, now, 0, 0, 0);
      for (;;) pause();
    }
    if (run("other-kind")) {
      raw(kAnswerMagic, RequestKind::Match, now, 1, 1, 1);
      for (;;) pause();
    }
    if (run("other-sequence")) {
      raw(kAnswerMagic, mine, 77, 1, 4, 4);
      for (;;) pause();
    }
    if (run("half")) {
      raw(kAnswerMagic, mine, now, 1, 4, 2);
      std::exit(0);
    }
    if (run("twice")) raw(kAnswerMagic, mine, now, 1, 4, 4);
    if (run("read-instead")) {
      const ReadRequest wanted{kReadMagic, Space::Machine, 0, 0};
      [[maybe_unused]] auto n = write(kMessages, &wanted, sizeof wanted);
      for (;;) pause();
    }
    if (run("close")) {
      close(kMessages);
      for (;;) pause();
    }
    if (run("close-all")) {
      for (int fd = 0; fd < 64; ++fd) close(fd);
      for (;;) pause();
    }
    if (run("flood"))
      for (const std::string line(1000, 'x');;) std::puts(line.c_str());
    if (run("flood-line"))
      for (const std::string line(100000, 'x');;) std::fputs(line.c_str(), stdout);
    if (run("binary")) std::fwrite("\0\x01\xff\xfe\x1b[31mred\xc3\n", 1, 14, stdout);
    if (run("fork")) fork();
    if (run("fork-bomb"))
      for (;;) fork();
    if (run("vfork")) {
      if (syscall(SYS_vfork) == 0) _exit(0);
    }
    if (run("socket")) socket(AF_INET, SOCK_STREAM, 0);
    if (run("unix-socket")) socket(AF_UNIX, SOCK_STREAM, 0);
    if (run("ptrace")) ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr);
    if (run("kill")) kill(getppid(), SIGKILL);
    if (run("kill-thread")) std::printf("tgkill: %s\n", syscall(SYS_tgkill, getppid(), getppid(), SIGKILL) != 0 ? "denied" : "DONE");
    if (run("raise-limits")) {
      const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
      std::printf("limit: %s\n", setrlimit(RLIMIT_AS, &all) != 0 ? "denied" : "RAISED");
    }
    if (run("mount")) syscall(SYS_mount, "none", "/", "tmpfs", 0, "");
    if (run("shell")) std::printf("shell: %d\n", execl("/bin/sh", "sh", "-c", "echo in a shell", nullptr));
    if (run("read-files")) {
      for (const char* path :
           {"/etc/passwd", "/etc/shadow", "/proc/self/maps", "/proc/1/environ", "/tmp", "/", "/usr/share", "/dev/mem", "policy.cpp"})
        saysWhatItOpens(path, O_RDONLY);
      for (const char* path : {"/tmp/hostile", "here", "../build/policy", "../sdk/overcommit/abi.h", "/dev/shm/hostile"})
        saysWhatItOpens(path, O_WRONLY | O_CREAT);
      std::printf("mkdir: %s\n", mkdir("/tmp/hostile-folder", 0700) != 0 ? "denied" : "OPENED");
    }
    if (run("environment")) {
      std::printf("home: %s\n", std::getenv("HOME") == nullptr ? "denied" : "OPENED");
      for (int fd = 5; fd < 64; ++fd)
        if (fcntl(fd, F_GETFD) != -1) std::printf("descriptor %d: OPENED\n", fd);
      std::printf("input: %s\n", getchar() == EOF ? "denied" : "OPENED");
    }
    if (run("wrong-index")) return 99;
    return 0;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) mode = argv[1];
  if (run("early-exit")) return 4;
  if (run("early-end")) return 0;
  if (run("early-crash")) std::abort();
  if (run("early-hang"))
    for (;;) pause();
  if (run("early-socket")) socket(AF_INET, SOCK_STREAM, 0);
  if (run("early-noise")) {
    const std::string noise(64, '?');
    [[maybe_unused]] auto n = write(kMessages, noise.data(), noise.size());
    for (;;) pause();
  }
  if (run("version")) {
    const Hello old{kHelloMagic, 99, PolicyKind::Victim, 1, 0, 0};
    [[maybe_unused]] auto n = write(kMessages, &old, sizeof old);
    for (;;) pause();
  }
  if (run("kind")) {
    const Hello other{kHelloMagic, kAbiVersion, PolicyKind::Zip, 1, 0, 0};
    [[maybe_unused]] auto n = write(kMessages, &other, sizeof other);
    for (;;) pause();
  }
  Hostile policy;
  return serve(policy);
}
