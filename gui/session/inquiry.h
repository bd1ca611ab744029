// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>
#include <QThread>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "gui/map/map_layer.h"
#include "trace/event_filter.h"
#include "trace/memory_figures.h"
#include "trace/why.h"

namespace overcommit::gui {

// What is known of a page's past, up to an event.
struct PageStory {
  WhyAnswer why;
  std::vector<Event> events;  // of the page, newest first
  bool more = false;          // there are older ones
};

// Some events of a trace that match a filter, around one of them.
struct EventWindow {
  std::vector<Event> events;       // in order
  std::uint64_t from = 0, to = 0;  // every match from event `from` to event `to` is in
  bool atBeginning = false, atEnd = false;
};

// The figures that counters are computed from, at an instant and a while before it.
struct FiguresPair {
  MemoryFigures now, before;
};

// Who asks for events: each has its own newest question.
enum class EventsFor : std::uint8_t { Log, Console };
inline constexpr std::size_t kEventsFor = 2;

// Answers questions about a trace beside the window, with a reader of its own. Only the newest question of a kind is answered: whoever
// asks again has lost interest in what was asked before.
class Inquiry final : public QObject {
  Q_OBJECT
 public:
  explicit Inquiry(std::filesystem::path path);
  ~Inquiry() override;

  // Whether a question is still open.
  [[nodiscard]] bool busy() const { return open_ > 0; }

  void askPage(VmId vm, Gfn gfn, std::uint64_t upTo);
  // `text`: what must stand in the event's line, capitals aside; `before` and `behind`: how many matches to look for each way from `around`.
  void askEvents(EventsFor whom, const EventFilter& filter, const QString& text, std::uint64_t around, std::size_t before,
                 std::size_t behind);
  // At `now`, and `window` before it.
  void askFigures(VirtualTime now, VirtualTime window);
  // When pages were touched and moved, up to an event.
  void askTimes(std::uint64_t upTo);

 Q_SIGNALS:
  void pageAnswered(std::shared_ptr<const overcommit::gui::PageStory> story);
  void eventsAnswered(overcommit::gui::EventsFor whom, std::shared_ptr<const overcommit::gui::EventWindow> window);
  void figuresAnswered(std::shared_ptr<const overcommit::gui::FiguresPair> figures);
  void timesAnswered(std::shared_ptr<const overcommit::gui::PageTimes> times);
  void failed(const QString& text);
  void idle();

 private:
  class Worker;
  QThread thread_;
  Worker* worker_;
  int open_ = 0;  // questions that the worker has not dealt with
};

}  // namespace overcommit::gui
