// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/metrics.h"
#include "scenario/tolerance.h"
#include "scenario/toml_document.h"

namespace overcommit {

// What would be right, and whether an answer is. Legitimate ways of writing the same are the same: "3 MiB" and "3072 KiB", 25 and
// "25 %" for a share of 250 permille, "High" and "high", a list with one item and the item,
// 0x1d5 and 469.
class RightAnswer {
 public:
  enum class Form : std::uint8_t { One, List, AnyOf };

  static RightAnswer ofMetric(std::string metric, MetricUnit unit, std::uint64_t value, Tolerance tolerance);
  // A number of pages, or a size. `tolerance`: in pages.
  static RightAnswer ofPages(std::uint64_t pages, Tolerance tolerance);
  // `choices`: "a: what it says", if the answer is one of them.
  static RightAnswer ofWords(std::vector<std::string> words, Form form, std::span<const std::string> choices);

  [[nodiscard]] std::string words() const;

  struct Verdict {
    bool isRight = false;
    std::string got;  // the answer, and what is wrong with its form if that is it
  };
  [[nodiscard]] Verdict judge(const TomlValue& given) const;

 private:
  [[nodiscard]] Verdict judgeNumber(const TomlValue& given) const;
  [[nodiscard]] Verdict judgeWords(const TomlValue& given) const;

  bool isNumber_ = false;
  bool isInPages_ = false;  // a plain number is one of pages
  std::string metric_;
  MetricUnit unit_ = MetricUnit::Count;
  std::uint64_t value_ = 0;
  Tolerance tolerance_;
  std::vector<std::string> words_, choices_;
  Form form_ = Form::One;
};

}  // namespace overcommit
