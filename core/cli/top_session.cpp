// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/top_session.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "cli/interrupt.h"

namespace overcommit {
namespace {

constexpr unsigned kMostSpeed = 1024;

const std::vector<std::string>& helpScreen() {
  static const std::vector<std::string> kLines{
      "overcommit top: the memory screen of esxtop",
      "",
      "  q          quit                        space      refresh now: do not wait",
      "  p          pause, go on                s          seconds of virtual time a refresh",
      "  + -        twice, half as fast         f          choose fields",
      "  right left one refresh on, back        home end   beginning, end (a trace only;",
      "             (back: a trace only)                   moving pauses it)",
      "  down up    scroll the VMs; also 2 8    #          so many VMs at most",
      "  V          VMs that are on, or all     h ?        this help",
      "  M B G N    sort by MEMSZ, MCTLSZ, GRANT, or by number",
      "",
      "Sizes are MB of this host. \"-\" is what is not modelled, or a VM that is off;",
      "docs/reference/counters.md has every field's formula.",
      "",
      "Alarms that are known from practice: MCTLSZ, SWCUR, SWR/s, SWW/s, CACHEUSD,",
      "ZIP/s or UNZIP/s of 1 and more.",
      "",
      "Any key goes back.",
  };
  return kLines;
}

}  // namespace

TopSession::TopSession(TopSource& source, Terminal& terminal, Wanted wanted)
    : source_(source), terminal_(terminal), wanted_(std::move(wanted)), text_{wanted_.title, vmNamesOf(source.header())} {}

Result<ExitCode> TopSession::run() {
  due_ = Clock::now();
  show();
  while (!quit_ && !interrupted()) {
    if (plays_ == Plays::Yes) {
      if (auto went = goOn(); !went) return tl::unexpected(went.error());
    }
    if (quit_) break;
    if (const auto press = terminal_.key(untilDue())) {
      note_.clear();
      if (auto obeyed = obey(*press); !obeyed) return tl::unexpected(obeyed.error());
      show();
    }
  }
  return interrupted() ? ExitCode::Interrupted : ExitCode::Well;
}

// A short piece of the way to the next sample; takes and shows it once its time has come.
Result<void> TopSession::goOn() {
  const VirtualTime next = std::min(sample_.now.time + wanted_.delay, source_.end());
  if (!moved_) {
    // A piece at a time for a tenth of a second, so that keys are obeyed.
    const auto enough = Clock::now() + std::chrono::milliseconds(100);
    while (!moved_ && Clock::now() < enough && !interrupted()) {
      const auto there = source_.moveTo(next);
      if (!there) return tl::unexpected(there.error());
      moved_ = *there;
    }
  }
  if (!moved_ || Clock::now() < due_) return {};
  if (next == sample_.now.time || !source_.goesOnAfter(sample_.now.time)) {
    plays_ = Plays::Ended;
    show();
    return {};
  }
  if (auto taken = take(next); !taken) return taken;
  setPace();
  show();
  if (wanted_.refreshes && ++shown_ >= *wanted_.refreshes) quit_ = true;
  return {};
}

Result<void> TopSession::take(VirtualTime time) {
  auto sample = sampleAt(source_, time, std::min(time, wanted_.delay), sample_);
  if (!sample) return tl::unexpected(sample.error());
  sample_ = std::move(*sample);
  moved_ = false;
  return {};
}

Result<void> TopSession::step(bool forwards) {
  plays_ = Plays::Paused;
  const VirtualTime now = sample_.now.time, delay = wanted_.delay;
  if (!forwards && !source_.movesBack()) {
    note_ = "a run cannot go back: write its trace with `overcommit run --trace`, and look at that";
    return {};
  }
  const VirtualTime first = std::min(delay, source_.end());
  const VirtualTime to = forwards ? std::min(now + delay, source_.end()) : std::max(now - std::min(now, delay), first);
  if (to == now || (forwards && !source_.goesOnAfter(now))) return {};
  return take(to);
}

void TopSession::setPace() {
  const auto interval = std::chrono::nanoseconds(wanted_.delay.value() / speed_);
  // Behind the wall clock there is no catching up.
  due_ = std::max(due_ + interval, Clock::now());
}

std::chrono::milliseconds TopSession::untilDue() const {
  if (plays_ != Plays::Yes) return std::chrono::milliseconds(250);
  if (!moved_) return std::chrono::milliseconds(0);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(due_ - Clock::now());
  return std::clamp(left, std::chrono::milliseconds(0), std::chrono::milliseconds(250));
}

Result<void> TopSession::obey(const KeyPress& press) {
  if (press.key == Key::Resized || press.key == Key::Resumed) return {};
  if (shows_ == Shows::DelayPrompt || shows_ == Shows::RowsPrompt) {
    obeyPrompt(press);
    return {};
  }
  if (shows_ == Shows::Help) {
    shows_ = Shows::Memory;
    return {};
  }
  if (shows_ == Shows::Fields) {
    for (const TopFieldGroup& group : topFieldGroups()) {
      if (press.key != Key::Character || (press.character | 0x20) != (group.key | 0x20)) continue;
      toggle(wanted_.view.fields, group.group);
      return {};
    }
    shows_ = Shows::Memory;
    return {};
  }
  const auto rows = static_cast<std::int64_t>(terminal_.size().rows);
  switch (press.key) {
    case Key::Left: return step(false);
    case Key::Right: return step(true);
    case Key::Up: scroll(-1); break;
    case Key::Down: scroll(1); break;
    case Key::PageUp: scroll(-rows / 2); break;
    case Key::PageDown: scroll(rows / 2); break;
    case Key::Home:
    case Key::End: {
      if (!source_.movesBack()) break;
      plays_ = Plays::Paused;
      return take(press.key == Key::Home ? std::min(wanted_.delay, source_.end()) : source_.end());
    }
    case Key::Character: return obeyCharacter(press.character);
    case Key::Enter:
    case Key::Erase:
    case Key::Escape:
    case Key::Resized:
    case Key::Resumed: break;
  }
  return {};
}

Result<void> TopSession::obeyCharacter(char c) {
  TopView& view = wanted_.view;
  switch (c) {
    case 'q': quit_ = true; break;
    case ' ': due_ = Clock::now(); break;
    case 'p':
      plays_ = plays_ == Plays::Yes ? Plays::Paused : Plays::Yes;
      due_ = Clock::now();
      moved_ = false;
      break;
    case '+':
      speed_ = std::min(speed_ * 2, kMostSpeed);
      due_ = Clock::now();
      break;
    case '-': speed_ = std::max(speed_ / 2, 1u); break;
    case 's': shows_ = Shows::DelayPrompt; break;
    case '#': shows_ = Shows::RowsPrompt; break;
    case 'f':
    case 'F': shows_ = Shows::Fields; break;
    case 'h':
    case '?': shows_ = Shows::Help; break;
    case 'V':
      view.vms = view.vms == TopVms::On ? TopVms::All : TopVms::On;
      view.first = 0;
      break;
    case 'M': view.sort = TopSort::Memory; break;
    case 'B': view.sort = TopSort::Balloon; break;
    case 'G': view.sort = TopSort::Grant; break;
    case 'N': view.sort = TopSort::Number; break;
    case '2': scroll(1); break;
    case '8': scroll(-1); break;
    default: note_ = "h shows the keys"; break;
  }
  return {};
}

void TopSession::obeyPrompt(const KeyPress& press) {
  if (press.key == Key::Character && prompt_.size() < 20) prompt_ += press.character;
  if (press.key == Key::Erase && !prompt_.empty()) prompt_.pop_back();
  if (press.key == Key::Enter) answerPrompt();
  if (press.key != Key::Enter && press.key != Key::Escape) return;
  prompt_.clear();
  shows_ = Shows::Memory;
}

void TopSession::answerPrompt() {
  if (prompt_.empty()) return;
  const bool number = prompt_.find_first_not_of("0123456789") == std::string::npos;
  if (shows_ == Shows::DelayPrompt) {
    const auto delay = parseTime(number ? prompt_ + "s" : prompt_);
    if (delay && *delay > VirtualTime(0))
      wanted_.delay = *delay;
    else
      note_ = delay ? "a refresh takes some time" : delay.error().text;
    moved_ = false;
  } else if (number && prompt_.size() < 6) {
    const auto rows = static_cast<std::size_t>(std::stoul(prompt_));
    wanted_.view.mostRows = rows == 0 ? std::nullopt : std::optional(rows);
  } else {
    note_ = "that is no number of VMs";
  }
}

void TopSession::scroll(std::int64_t rows) {
  const auto last = static_cast<std::int64_t>(std::max<std::size_t>(topRows(sample_, wanted_.view), 1)) - 1;
  wanted_.view.first = static_cast<std::size_t>(std::clamp<std::int64_t>(static_cast<std::int64_t>(wanted_.view.first) + rows, 0, last));
}

std::string TopSession::message() const {
  if (!note_.empty()) return note_;
  if (shows_ == Shows::DelayPrompt) return fmt::format("virtual seconds a refresh (now {}): {}_", formatTime(wanted_.delay), prompt_);
  if (shows_ == Shows::RowsPrompt) return fmt::format("VMs shown at most, 0 = all: {}_", prompt_);
  if (plays_ == Plays::Paused) return "paused: p goes on, arrows step, q quits";
  if (plays_ == Plays::Ended) return source_.movesBack() ? "the end: arrows step back, q quits" : "the run has ended: q quits";
  if (sample_.now.vms.empty()) return fmt::format("until the first {} have passed ...", formatTime(wanted_.delay));
  return speed_ == 1 ? "" : fmt::format("{} times as fast as the clock, or as the engine can", speed_);
}

std::vector<std::string> TopSession::fieldsScreen() const {
  std::vector<std::string> lines{"Fields of VMs: a letter shows or hides a group, any other key goes back.", ""};
  for (const TopFieldGroup& group : topFieldGroups())
    lines.push_back(
        fmt::format("{} {}: {:<7} {}", shows(wanted_.view.fields, group.group) ? '*' : ' ', group.key, nameOf(group.group), group.fields));
  return lines;
}

void TopSession::show() {
  if (shows_ == Shows::Help) return terminal_.show(helpScreen());
  if (shows_ == Shows::Fields) return terminal_.show(fieldsScreen());
  std::vector<std::string> lines = topScreen(sample_, text_, wanted_.view, terminal_.size().columns);
  lines[kTopMessageLine] = message();
  terminal_.show(lines);
}

}  // namespace overcommit
