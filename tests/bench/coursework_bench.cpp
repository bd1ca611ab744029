// SPDX-License-Identifier: GPL-2.0-or-later
// What coursework costs: all runs of each lab's reference, the build of a policy, and one question to a policy in its process.
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "bench/paired.h"
#include "grade/grader.h"
#include "student/student_policies.h"

namespace {

using namespace overcommit;
namespace fs = std::filesystem;

const fs::path kLabs = fs::path(OVERCOMMIT_SOURCE_DIR) / "labs";
const fs::path kInclude = fs::path(OVERCOMMIT_SOURCE_DIR) / "include";

[[noreturn]] void giveUpCoursework(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = "/tmp/overcommit-bench-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) giveUpCoursework("no folder in /tmp");
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Policies are built by the first grading, and kept; only runs are measured.
void referenceRuns(benchmark::State& state, const char* name) {
  const auto lab = loadLab(kLabs / name);
  if (!lab) giveUpCoursework(lab.error().text);
  const auto submission = readSubmission(lab->folder / "reference", std::string(), *lab);
  if (!submission) giveUpCoursework(submission.error().text);
  const ScratchFolder scratch;
  RunCache cache{scratch.path(), 0, {}};
  GraderConfig config;
  config.command = OVERCOMMIT_EXECUTABLE;
  config.atOnce = std::clamp(std::thread::hardware_concurrency(), 1u, 4u);
  config.cache = &cache;
  const auto grade = [&] {
    cache.done.clear();
    const auto result = gradeLab(*lab, *submission, config);
    if (!result) giveUpCoursework(result.error().text);
    if (!result->passed()) giveUpCoursework(std::string(name) + ": its reference does not pass");
  };
  std::vector<double> times;
  for (auto _ : state) {
    grade();
    for (int i = 0; i < 5; ++i) times.push_back(bench::nanosecondsOf(grade));
  }
  std::sort(times.begin(), times.end());
  bench::figure(state, bench::atMost(1), times[times.size() / 2] / 1e9);
  state.SetLabel("s, median");
}

BuiltPolicy builtPolicy(const fs::path& file, PolicySubject subject) {
  const auto source = policySource(subject, file);
  if (!source) giveUpCoursework(source.error().text);
  auto built = buildPolicy(*source, {probeConfinement(), kInclude});
  if (!built) giveUpCoursework(built.error().text);
  return std::move(*built);
}

void policyBuild(benchmark::State& state) {
  std::vector<double> times;
  for (auto _ : state) {
    for (int i = 0; i < 5; ++i)
      times.push_back(bench::nanosecondsOf([] { builtPolicy(kLabs / "lab-8-who-pays/reference/targets.cpp", PolicySubject::Targets); }));
  }
  std::sort(times.begin(), times.end());
  bench::figure(state, bench::atMost(3), times[times.size() / 2] / 1e9);
  state.SetLabel("s, median");
}

constexpr std::size_t kBatch = 4, kEach = 64;  // 256 candidates
constexpr int kTrips = 2'000;

// Moves what calls it to a processor of its own, if there are several: whether two processes that talk share one is the system's guess, and
// makes ten times the difference.
void keepTo(unsigned processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  (void)::sched_setaffinity(0, sizeof one, &one);  // with one processor there is nothing to choose
}

// Another process, on another processor, that answers a message by a message, as large as a request and its answer, and nothing else.
class Echo {
 public:
  Echo() {
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) giveUpCoursework("no sockets");
    child_ = ::fork();
    if (child_ < 0) giveUpCoursework("no process");
    if (child_ == 0) {
      ::close(ends[0]);
      keepTo(1);
      policy::Request request{};
      char answer[kAnswer] = {};
      while (::read(ends[1], &request, sizeof request) == static_cast<ssize_t>(sizeof request) &&
             ::write(ends[1], answer, sizeof answer) == static_cast<ssize_t>(sizeof answer)) {
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    end_ = ends[0];
  }
  ~Echo() {
    ::close(end_);
    ::waitpid(child_, nullptr, 0);
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;
  void trip() const {
    const policy::Request request{};
    char answer[kAnswer];
    if (::write(end_, &request, sizeof request) != static_cast<ssize_t>(sizeof request) ||
        ::recv(end_, answer, sizeof answer, MSG_WAITALL) != static_cast<ssize_t>(sizeof answer))
      giveUpCoursework("the other end is gone");
  }

 private:
  static constexpr std::size_t kAnswer = sizeof(policy::Answer) + kBatch * sizeof(std::uint32_t);
  pid_t child_ = -1;
  int end_ = -1;
};

// A victim policy that is asked about 256 candidates at a time.
class Asked {
 public:
  Asked() : built_({builtPolicy(kLabs / "lab-6-swapping/reference/victim.cpp", PolicySubject::Victim)}) {
    auto started = StudentPolicies::start(built_, {});
    if (!started) giveUpCoursework(started.error().text);
    policies_ = std::move(*started);
    for (std::size_t i = 0; i < kBatch * kEach; ++i) candidates_.push_back({Gfn(i), VirtualTime(i), VirtualTime(7 * i % 256), 1});
    for (std::size_t i = 0; i < kBatch; ++i) {
      VictimQuestion question{};
      question.now = VirtualTime(1'000);
      question.candidates = {static_cast<std::uint32_t>(i * kEach), kEach};
      questions_.push_back(question);
    }
  }
  void trip() {
    std::uint32_t answers[kBatch] = {};
    policies_->asked().victim->choose(questions_, candidates_, answers);
    if (policies_->failure() != nullptr) giveUpCoursework(policies_->failure()->text);
  }

 private:
  std::vector<BuiltPolicy> built_;
  std::unique_ptr<StudentPolicies> policies_;
  std::vector<VictimQuestion> questions_;
  std::vector<VictimCandidate> candidates_;
};

double microsecondsOfTrips(auto& side) {
  return bench::nanosecondsOf([&] {
           for (int i = 0; i < kTrips; ++i) side.trip();
         }) /
         kTrips / 1e3;
}

void request(benchmark::State& state) {
  Asked asked;
  std::vector<double> times;
  for (auto _ : state) {
    for (int i = 0; i < bench::kPairs; ++i) times.push_back(microsecondsOfTrips(asked));
  }
  std::sort(times.begin(), times.end());
  bench::figure(state, bench::atMost(20), times[times.size() / 2]);
  state.SetLabel("us, median");
}

void requestAgainstBare(benchmark::State& state) {
  Asked asked;  // may run where it likes
  const Echo echo;
  cpu_set_t before;
  (void)::sched_getaffinity(0, sizeof before, &before);
  keepTo(0);
  bench::ratio(
      state, bench::atMost(1), [&] { return microsecondsOfTrips(asked); }, [&] { return microsecondsOfTrips(echo); });
  (void)::sched_setaffinity(0, sizeof before, &before);
}

#define REFERENCE(number, name) \
  BENCHMARK_CAPTURE(referenceRuns, lab##number, name)->Name("lab " #number ", all runs of its reference")->Iterations(1)
REFERENCE(0, "lab-0-tour");
REFERENCE(1, "lab-1-first-touch");
REFERENCE(2, "lab-2-page-walk");
REFERENCE(3, "lab-3-page-sharing");
REFERENCE(4, "lab-4-balloon");
REFERENCE(5, "lab-5-compression");
REFERENCE(6, "lab-6-swapping");
REFERENCE(7, "lab-7-free-states");
REFERENCE(8, "lab-8-who-pays");
BENCHMARK(policyBuild)->Name("build of a C++ policy, confined")->Iterations(1);
BENCHMARK(request)->Name("a request of 256 candidates")->Iterations(1);
BENCHMARK(requestAgainstBare)->Name("the same / a bare round trip to a process")->Iterations(1);

}  // namespace
