// SPDX-License-Identifier: GPL-2.0-or-later
// What a frame of the desktop app costs while a large host plays, and how fast a long trace opens and is sought in. Without a screen: the
// raster is the same.
#include <benchmark/benchmark.h>

#include <QApplication>
#include <QEventLoop>
#include <QStandardPaths>
#include <QStyleFactory>
#include <QTemporaryDir>
#include <QTimer>
#include <ctime>
#include <fstream>

#include "bench/gui/large_trace.h"
#include "bench/paired.h"
#include "gui/app/main_window.h"

namespace {

using namespace overcommit;
using namespace overcommit::gui;
using bench::atMost;

double threadMilliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

double residentMebibytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

const QTemporaryDir& folder() {
  static const QTemporaryDir kFolder;
  return kFolder;
}

std::filesystem::path traceOf(const char* name, const bench::LargeTrace& wanted) {
  const auto path = std::filesystem::path(folder().filePath(QString::fromLatin1(name)).toStdString());
  if (!std::filesystem::exists(path)) {
    const auto written = bench::writeLargeTrace(path, wanted);
    if (!written) std::fprintf(stderr, "%s\n", written.error().text.c_str());
  }
  return path;
}

// 64 VMs, 262,144 frames; 100 events a virtual millisecond.
std::filesystem::path largeHost() { return traceOf("host.octrace", {}); }
std::filesystem::path longTrace() {
  return traceOf("long.octrace", {.vms = 8, .pagesPerVm = 16'384, .frames = 65'536, .events = 10'000'000, .perMillisecond = 200});
}

struct Shown {
  Theme theme;
  ViewOptions options;
  MainWindow window{theme, options};

  explicit Shown(const std::filesystem::path& trace, QSize size = QSize(1920, 1080)) {
    window.resize(size);
    window.show();
    if (const auto opened = window.openTrace(trace); !opened) std::fprintf(stderr, "%s\n", opened.error().text.c_str());
    QApplication::processEvents();
  }
};

void report(benchmark::State& state, std::vector<double> times, double part, bench::Target goal) {
  std::sort(times.begin(), times.end());
  const auto at = static_cast<std::size_t>(part * static_cast<double>(times.size() - 1));
  bench::figure(state, goal, times[at]);
}

// The run plays by its own timer. A frame: all that the window's thread does from one move of the world to the next.
std::vector<double> framesOf(Shown& shown, Direction direction, int frames) {
  Playback& playback = shown.window.run()->playback();
  std::vector<double> times;
  double before = -1;
  QEventLoop loop;
  const auto counting = QObject::connect(&playback, &Playback::moved, &loop, [&] {
    const double now = threadMilliseconds();
    if (before >= 0) times.push_back(now - before);
    before = now;
    if (times.size() >= static_cast<std::size_t>(frames)) loop.quit();
  });
  const auto ended = QObject::connect(&playback, &Playback::playingChanged, &loop, [&] {
    if (!playback.playing()) loop.quit();
  });
  playback.play(direction);
  loop.exec();
  QObject::disconnect(counting);
  QObject::disconnect(ended);
  playback.stop();
  return times;
}

void frame(benchmark::State& state, double part, double goal, Direction direction) {
  for (auto _ : state) {
    Shown shown(largeHost());
    shown.window.run()->waitForHistory();
    shown.window.run()->playback().seek(seconds(6));
    QApplication::processEvents();
    report(state, framesOf(shown, direction, 180), part, atMost(goal));
  }
  state.SetLabel("ms CPU");
}
void frameMedian(benchmark::State& state) { frame(state, 0.5, 6, Direction::Forwards); }
void frame99(benchmark::State& state) { frame(state, 0.99, 12, Direction::Forwards); }
void frameBackwardsMedian(benchmark::State& state) { frame(state, 0.5, 6, Direction::Backwards); }
BENCHMARK(frameMedian)->Iterations(1)->Name("gui: a frame, 64 VMs, 262,144 frames, median");
BENCHMARK(frame99)->Iterations(1)->Name("gui: a frame, 64 VMs, 262,144 frames, 99 %");
BENCHMARK(frameBackwardsMedian)->Iterations(1)->Name("gui: a frame backwards, median");

void idle(benchmark::State& state) {
  for (auto _ : state) {
    Shown shown(largeHost());
    shown.window.run()->waitForHistory();
    QApplication::processEvents();
    const double before = threadMilliseconds();
    QEventLoop loop;
    QTimer::singleShot(1000, &loop, &QEventLoop::quit);
    loop.exec();
    bench::figure(state, atMost(2), threadMilliseconds() - before);
  }
  state.SetLabel("ms CPU in 1 s");
}
BENCHMARK(idle)->Iterations(1)->Name("gui: idle, a second");

void windowUp(benchmark::State& state) {
  for (auto _ : state) {
    const auto trace = largeHost();
    std::vector<double> times;
    for (int i = 0; i < 5; ++i) times.push_back(bench::nanosecondsOf([&] { const Shown shown(trace); }) / 1e6);
    report(state, times, 0.5, atMost(300));
  }
  state.SetLabel("ms");
}
BENCHMARK(windowUp)->Iterations(1)->Name("gui: window with a large host up");

void firstPicture(benchmark::State& state) {
  for (auto _ : state) {
    const auto trace = longTrace();
    bench::figure(state, atMost(1000), bench::nanosecondsOf([&] { const Shown shown(trace); }) / 1e6);
  }
  state.SetLabel("ms");
}
BENCHMARK(firstPicture)->Iterations(1)->Name("gui: first picture of 10 M events");

void seek(benchmark::State& state) {
  for (auto _ : state) {
    Shown shown(longTrace());
    Playback& playback = shown.window.run()->playback();
    Random random(3, "seek bench");
    std::vector<double> times;
    for (int i = 0; i < 100; ++i) {
      const VirtualTime to(random.below(playback.end().value()));
      times.push_back(bench::nanosecondsOf([&] {
                        playback.seek(to);
                        QApplication::processEvents();
                      }) /
                      1e6);
    }
    report(state, times, 0.95, atMost(50));
  }
  state.SetLabel("ms, 95 %");
}
BENCHMARK(seek)->Iterations(1)->Name("gui: seek anywhere in 10 M events");

void memory(benchmark::State& state) {
  for (auto _ : state) {
    Shown shown(longTrace());
    shown.window.run()->waitForHistory();
    shown.window.run()->playback().seek(shown.window.run()->playback().end());
    QApplication::processEvents();
    bench::figure(state, atMost(500), residentMebibytes());
  }
  state.SetLabel("MiB");
}
BENCHMARK(memory)->Iterations(1)->Name("gui: memory with 10 M events open");

}  // namespace

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QStandardPaths::setTestModeEnabled(true);
  const QApplication application(argc, argv);
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
