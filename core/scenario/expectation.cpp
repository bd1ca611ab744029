// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/expectation.h"

#include <fmt/format.h>

#include "base/units.h"

namespace overcommit {

std::string formatValue(std::uint64_t value, MetricUnit unit) {
  switch (unit) {
    case MetricUnit::Size: return formatBytes(Bytes(value));
    case MetricUnit::Time: return formatTime(VirtualTime(value));
    case MetricUnit::Count: return fmt::format("{}", value);
    case MetricUnit::PerSecond: return fmt::format("{} /s", value);
    case MetricUnit::Permille: return fmt::format("{} permille", value);
  }
  return "";
}

std::string Expectation::wanted() const {
  const MetricUnit unit = reference.unit();
  std::string range;
  if (least && most) {
    range = *least == *most ? formatValue(*least, unit) : fmt::format("{} to {}", formatValue(*least, unit), formatValue(*most, unit));
  } else if (least) {
    range = fmt::format("at least {}", formatValue(*least, unit));
  } else if (most) {
    range = fmt::format("at most {}", formatValue(*most, unit));
  }
  switch (when) {
    case When::AtTime: return fmt::format("{} at {}", range, formatTime(time));
    case When::End: return fmt::format("{} at the end", range);
    case When::Always: return fmt::format("always {}", range);
    case When::Ever: return fmt::format("{} at some time", range);
  }
  return range;
}

bool ExpectationJudge::wantsValue(VirtualTime now) const {
  if (decided_) return false;
  switch (expectation_.when) {
    case Expectation::When::AtTime: return now >= expectation_.time;
    case Expectation::When::End: return false;
    case Expectation::When::Always:
    case Expectation::When::Ever: return true;
  }
  return false;
}

void ExpectationJudge::decide(Verdict::Outcome outcome) {
  verdict_.outcome = outcome;
  decided_ = true;
}

void ExpectationJudge::see(VirtualTime now, std::uint64_t value) {
  if (!wantsValue(now)) return;
  verdict_.got = value;
  verdict_.time = now;
  const bool accepted = expectation_.accepts(value);
  switch (expectation_.when) {
    case Expectation::When::AtTime: decide(accepted ? Verdict::Outcome::Holds : Verdict::Outcome::Fails); break;
    case Expectation::When::Always:
      if (!accepted) decide(Verdict::Outcome::Fails);
      break;
    case Expectation::When::Ever:
      if (accepted) decide(Verdict::Outcome::Holds);
      break;
    case Expectation::When::End: break;
  }
}

void ExpectationJudge::end(VirtualTime now, std::uint64_t value, Ending ending) {
  if (decided_) return;
  if (expectation_.when == Expectation::When::AtTime && now < expectation_.time && ending == Ending::CutShort) {
    decide(Verdict::Outcome::NotReached);
    return;
  }
  verdict_.got = value;
  verdict_.time = now;
  decide(expectation_.accepts(value) ? Verdict::Outcome::Holds : Verdict::Outcome::Fails);
}

}  // namespace overcommit
