// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace overcommit::bench {

// Timings vary by a factor of two between runs of the same code, but hardly between two that follow each other. So what is claimed is
// a ratio: A and B are measured in turn, A first in every second pair, and the median of the pairs' ratios is compared with the
// target. table.py prints the counters that are left here.
enum class Goal { AtMost, AtLeast };

struct Target {
  double value;
  Goal goal;
};
constexpr Target atMost(double value) { return {value, Goal::AtMost}; }
constexpr Target atLeast(double value) { return {value, Goal::AtLeast}; }

inline constexpr int kPairs = 15;

// Of the wall clock.
template <typename Work>
double nanosecondsOf(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

// For a benchmark registered with ->Iterations(1). `a` and `b` return what one measurement took, in the same unit; the ratio is a / b.
template <typename A, typename B>
void ratio(benchmark::State& state, Target target, A&& a, B&& b, int pairs = kPairs) {
  std::vector<double> ratios, timesA, timesB;
  for (auto _ : state) {
    a();  // warm caches are not what is compared
    b();
    for (int pair = 0; pair < pairs; ++pair) {
      if (pair % 2 == 0) timesA.push_back(a());
      timesB.push_back(b());
      if (pair % 2 != 0) timesA.push_back(a());
      ratios.push_back(timesA.back() / timesB.back());
    }
  }
  for (std::vector<double>* all : {&ratios, &timesA, &timesB}) std::sort(all->begin(), all->end());
  const auto middle = ratios.size() / 2;
  state.counters["ratio"] = ratios[middle];
  state.counters["low"] = ratios[ratios.size() / 4];
  state.counters["high"] = ratios[ratios.size() * 3 / 4];
  state.counters["pairs"] = static_cast<double>(ratios.size());
  state.counters["a"] = timesA[middle];
  state.counters["b"] = timesB[middle];
  state.counters["target"] = target.value;
  state.counters["at_least"] = target.goal == Goal::AtLeast ? 1 : 0;
}

// A figure beside a goal: reported, not asserted. The benchmark's label names its unit.
inline void figure(benchmark::State& state, Target goal, double value) {
  state.counters["value"] = value;
  state.counters["target"] = goal.value;
  state.counters["at_least"] = goal.goal == Goal::AtLeast ? 1 : 0;
}

}  // namespace overcommit::bench
