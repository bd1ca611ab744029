// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/metrics.h"
#include "host/run_config.h"
#include "scenario/key_reader.h"
#include "scenario/tolerance.h"

namespace overcommit {

class Host;

// A question that is asked at an instant of a run, made from the state that the run has then, and answered by the run itself.
//
// In its texts, {PATH} is the value of a metric when it is asked, {PATH@about} at the instant that the answer is about, {vm} the VM
// that the seed chose, and, in steps, {answer} what is right.
struct Ask {
  std::string id;
  VirtualTime time;
  VirtualTime about;  // not before time
  std::string text;
  std::string metric;
  bool grows = false;
  std::vector<std::string> vms;  // to choose from
  Tolerance tolerance;
  std::vector<std::string> steps;
};

// Reads every [[ask]]: every metric in it is looked up, for every VM that may be chosen.
std::vector<Ask> readAsks(std::span<const TomlValue> tables, const RunConfig& config, Mistakes& mistakes);

// What was asked, and what would have been right.
struct AskedQuestion {
  std::string id;
  VirtualTime time, about;
  std::string text;
  std::string metric;
  MetricUnit unit = MetricUnit::Count;
  std::optional<std::uint64_t> answer;  // nothing: the run ended too early
  Tolerance tolerance;
  std::vector<std::string> steps;
};

// Watches a run for one question. Looking changes nothing.
class AskRecorder {
 public:
  AskRecorder(const Ask& ask, const RunConfig& config);

  [[nodiscard]] const Ask& ask() const { return ask_; }
  // After every quantum. True: it was asked just now.
  bool see(const Host& host);
  // The run is over, and its VMs are still as they were; `settled`: nothing can change any more.
  AskedQuestion finish(const Host& host, bool settled);
  [[nodiscard]] const AskedQuestion& asked() const { return asked_; }

 private:
  void askNow(const Host& host);
  void answerNow(const Host& host);
  [[nodiscard]] std::string filled(std::string_view text) const;

  struct Slot {
    MetricRef reference;
    std::string value;  // in words
  };
  Ask ask_;
  MetricRef answer_;
  std::map<std::string, Slot> slots_;  // by what stands in the braces
  std::uint64_t before_ = 0;
  AskedQuestion asked_;
  bool isAsked_ = false;
};

// A value in the words of its metric: the free state by its name, all others as formatValue().
std::string metricWords(std::string_view metric, MetricUnit unit, std::uint64_t value);

}  // namespace overcommit
