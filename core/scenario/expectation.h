// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "host/metrics.h"

namespace overcommit {

// What a scenario says must be true: a metric lies between two values at a time, at the end, always or ever.
struct Expectation {
  enum class When : std::uint8_t { AtTime, End, Always, Ever };
  std::string metric;  // its path, "vm.web1.swapped"
  MetricRef reference;
  When when = When::End;
  VirtualTime time;                    // for AtTime
  std::optional<std::uint64_t> least;  // in the metric's unit; at least one of the two is set
  std::optional<std::uint64_t> most;
  std::uint32_t line = 0;  // in the scenario file

  [[nodiscard]] bool accepts(std::uint64_t value) const { return (!least || value >= *least) && (!most || value <= *most); }
  [[nodiscard]] std::string wanted() const;  // "1 MiB to 60 MiB at the end"
};

// "60 MiB", "1.5 s", "12", "12 /s", "120 permille"
std::string formatValue(std::uint64_t value, MetricUnit unit);

struct Verdict {
  enum class Outcome : std::uint8_t { Holds, Fails, NotReached };  // NotReached counts as failed: the run ended too early to say
  Outcome outcome = Outcome::NotReached;
  std::optional<std::uint64_t> got;  // the value that decided: the first that broke "always" or fulfilled "ever", else the last seen
  VirtualTime time;                  // when it was seen
  [[nodiscard]] bool holds() const { return outcome == Outcome::Holds; }
};

// Judges one expectation while a run goes on. Shown the metric's value after every quantum, in order, it remembers the value that
// decides.
class ExpectationJudge {
 public:
  explicit ExpectationJudge(Expectation expectation) : expectation_(std::move(expectation)) {}

  [[nodiscard]] const Expectation& expectation() const { return expectation_; }
  // Does the verdict depend on a value at this instant? False once it is final.
  [[nodiscard]] bool wantsValue(VirtualTime now) const;
  void see(VirtualTime now, std::uint64_t value);
  // The run is over and the metric will never change again (`settled`), or it was cut short.
  enum class Ending : std::uint8_t { Settled, CutShort };
  void end(VirtualTime now, std::uint64_t value, Ending ending);

  [[nodiscard]] bool decided() const { return decided_; }
  [[nodiscard]] const Verdict& verdict() const { return verdict_; }

 private:
  void decide(Verdict::Outcome outcome);

  Expectation expectation_;
  Verdict verdict_;
  bool decided_ = false;
};

}  // namespace overcommit
