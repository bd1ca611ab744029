// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/inquiry.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "gui/session/page_events.h"
#include "gui/session/text.h"
#include "trace/event_text.h"
#include "trace/trace_cursor.h"
#include "trace/trace_reader.h"
#include "trace/why_search.h"

namespace overcommit::gui {
namespace {

constexpr std::size_t kMostPageEvents = 60;

struct EventsQuestion {
  EventsFor whom = EventsFor::Log;
  EventFilter filter;
  QString text;
  std::uint64_t around = 0;
  std::size_t before = 0, behind = 0;
};

}  // namespace

// Lives in the thread.
class Inquiry::Worker final : public QObject {
  Q_OBJECT
 public:
  explicit Worker(std::filesystem::path path) : path_(std::move(path)) {}

  // The number of the newest question of each kind; older ones are dropped, also while they are being answered.
  std::atomic<std::uint64_t> newestPage{0}, newestFigures{0}, newestTimes{0};
  std::array<std::atomic<std::uint64_t>, kEventsFor> newestEvents{};
  std::atomic<bool> ends{false};

  void answerPage(std::uint64_t number, VmId vm, Gfn gfn, std::uint64_t upTo) {
    if (number == newestPage && !ends) {
      if (auto told = tellPage(number, vm, gfn, upTo); !told) Q_EMIT failed(qstring(told.error().text));
    }
    Q_EMIT done();
  }
  [[nodiscard]] std::atomic<std::uint64_t>& newestFor(EventsFor whom) { return newestEvents[static_cast<std::size_t>(whom)]; }
  void answerFigures(std::uint64_t number, VirtualTime now, VirtualTime window) {
    if (number == newestFigures && !ends) {
      if (auto told = tellFigures(now, window); !told) Q_EMIT failed(qstring(told.error().text));
    }
    Q_EMIT done();
  }
  void answerTimes(std::uint64_t number, std::uint64_t upTo) {
    if (number == newestTimes && !ends) {
      if (auto told = tellTimes(number, upTo); !told) Q_EMIT failed(qstring(told.error().text));
    }
    Q_EMIT done();
  }
  void answerEvents(std::uint64_t number, const EventsQuestion& question) {
    if (number == newestFor(question.whom) && !ends) {
      if (auto told = tellEvents(number, question); !told) Q_EMIT failed(qstring(told.error().text));
    }
    Q_EMIT done();
  }

 Q_SIGNALS:
  void pageAnswered(std::shared_ptr<const overcommit::gui::PageStory> story);
  void eventsAnswered(overcommit::gui::EventsFor whom, std::shared_ptr<const overcommit::gui::EventWindow> window);
  void figuresAnswered(std::shared_ptr<const overcommit::gui::FiguresPair> figures);
  void timesAnswered(std::shared_ptr<const overcommit::gui::PageTimes> times);
  void failed(const QString& text);
  void done();

 private:
  Result<void> prepare();
  Result<void> tellPage(std::uint64_t number, VmId vm, Gfn gfn, std::uint64_t upTo);
  Result<void> tellEvents(std::uint64_t number, const EventsQuestion& question);
  Result<void> tellFigures(VirtualTime now, VirtualTime window);
  Result<void> tellTimes(std::uint64_t number, std::uint64_t upTo);
  [[nodiscard]] bool matches(const Event& event, const EventsQuestion& question) const;

  std::filesystem::path path_;
  std::optional<TraceReader> reader_;
  std::optional<TraceCursor> cursor_;  // of the figures
  std::optional<PageTimes> times_;     // as last told, to go on from
};

Result<void> Inquiry::Worker::prepare() {
  if (!reader_) {
    auto reader = TraceReader::open(path_);
    if (!reader) return tl::unexpected(reader.error());
    reader_.emplace(std::move(*reader));
    return {};
  }
  if (auto refreshed = reader_->refresh(); !refreshed) return tl::unexpected(refreshed.error());
  return {};
}

Result<void> Inquiry::Worker::tellPage(std::uint64_t number, VmId vm, Gfn gfn, std::uint64_t upTo) {
  if (auto prepared = prepare(); !prepared) return prepared;
  PageStory story;
  auto why = explainPage(*reader_, {vm, gfn, std::nullopt, upTo});
  if (!why) return tl::unexpected(why.error());
  story.why = std::move(*why);
  const auto ofPage = [page = Subject{vm, gfn, std::nullopt}](const Event& event) { return happensTo(event, page); };
  auto visited = visitBackwards(*reader_, upTo, ofPage, [&](const Event& event) {
    if (story.events.size() == kMostPageEvents) {
      story.more = true;
      return Search::Enough;
    }
    story.events.push_back(event);
    return number == newestPage && !ends ? Search::GoOn : Search::Enough;
  });
  if (!visited) return visited;
  if (number == newestPage && !ends) Q_EMIT pageAnswered(std::make_shared<PageStory>(std::move(story)));
  return {};
}

bool Inquiry::Worker::matches(const Event& event, const EventsQuestion& question) const {
  if (!question.filter.matches(event)) return false;
  if (question.text.isEmpty()) return true;
  return qstring(eventLine(EventFormat::Text, event, reader_->header())).contains(question.text, Qt::CaseInsensitive);
}

Result<void> Inquiry::Worker::tellEvents(std::uint64_t number, const EventsQuestion& question) {
  if (auto prepared = prepare(); !prepared) return prepared;
  const auto wanted = [&](const Event& event) { return matches(event, question); };
  const auto given = [&] { return number != newestFor(question.whom) || ends; };
  EventWindow window;
  window.from = 1;
  window.atBeginning = true;
  auto visited = visitBackwards(*reader_, question.around, wanted, [&](const Event& event) {
    if (window.events.size() == question.before) {
      window.from = event.sequence + 1;
      window.atBeginning = false;
      return Search::Enough;
    }
    window.events.push_back(event);
    return given() ? Search::Enough : Search::GoOn;
  });
  if (!visited) return visited;
  std::ranges::reverse(window.events);
  window.to = reader_->lastSequence();
  window.atEnd = true;
  const std::size_t most = window.events.size() + question.behind;
  Event event;
  EventStream stream = reader_->events(question.around + 1);
  while (!given()) {
    const auto found = stream.next(event);
    if (!found) return tl::unexpected(found.error());
    if (!*found) break;
    if (question.filter.toTime && event.hostTime > *question.filter.toTime) break;
    if (!wanted(event)) continue;
    if (window.events.size() == most) {
      window.to = event.sequence - 1;
      window.atEnd = false;
      break;
    }
    window.events.push_back(event);
  }
  if (!given()) Q_EMIT eventsAnswered(question.whom, std::make_shared<EventWindow>(std::move(window)));
  return {};
}

// A sample at T tells of everything before T, as esxtop's does.
Result<void> Inquiry::Worker::tellFigures(VirtualTime now, VirtualTime window) {
  if (auto prepared = prepare(); !prepared) return prepared;
  if (!cursor_) cursor_.emplace(*reader_, 200'000);
  FiguresPair pair;
  for (const bool earlier : {true, false}) {
    const VirtualTime at = earlier ? now - std::min(now, window) : now;
    if (auto sought = cursor_->seekTime(at); !sought) return sought;
    (earlier ? pair.before : pair.now) = figuresOf(cursor_->world(), at, reader_->header().timeScale, FigureDepth::EachPage);
  }
  Q_EMIT figuresAnswered(std::make_shared<FiguresPair>(std::move(pair)));
  return {};
}

Result<void> Inquiry::Worker::tellTimes(std::uint64_t number, std::uint64_t upTo) {
  if (auto prepared = prepare(); !prepared) return prepared;
  if (!times_ || times_->sequence > upTo) times_.emplace(reader_->header());
  Event event;
  EventStream stream = reader_->events(times_->sequence + 1);
  while (times_->sequence < upTo) {
    if (number != newestTimes || ends) return {};  // what was read is kept for the next question
    const auto found = stream.next(event);
    if (!found) return tl::unexpected(found.error());
    if (!*found) break;
    times_->add(event);
  }
  Q_EMIT timesAnswered(std::make_shared<PageTimes>(*times_));
  return {};
}

Inquiry::Inquiry(std::filesystem::path path) : worker_(new Worker(std::move(path))) {
  qRegisterMetaType<std::shared_ptr<const overcommit::gui::PageStory>>();
  qRegisterMetaType<std::shared_ptr<const overcommit::gui::EventWindow>>();
  qRegisterMetaType<std::shared_ptr<const overcommit::gui::FiguresPair>>();
  qRegisterMetaType<std::shared_ptr<const overcommit::gui::PageTimes>>();
  qRegisterMetaType<overcommit::gui::EventsFor>();
  thread_.setObjectName(QStringLiteral("inquiry"));
  worker_->moveToThread(&thread_);
  connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
  connect(worker_, &Worker::pageAnswered, this, &Inquiry::pageAnswered);
  connect(worker_, &Worker::eventsAnswered, this, &Inquiry::eventsAnswered);
  connect(worker_, &Worker::figuresAnswered, this, &Inquiry::figuresAnswered);
  connect(worker_, &Worker::timesAnswered, this, &Inquiry::timesAnswered);
  connect(worker_, &Worker::failed, this, &Inquiry::failed);
  connect(worker_, &Worker::done, this, [this] {
    if (--open_ == 0) Q_EMIT idle();
  });
  thread_.start(QThread::LowPriority);
}

Inquiry::~Inquiry() {
  worker_->ends = true;
  thread_.quit();
  thread_.wait();
}

void Inquiry::askPage(VmId vm, Gfn gfn, std::uint64_t upTo) {
  ++open_;
  const std::uint64_t number = ++worker_->newestPage;
  QMetaObject::invokeMethod(
      worker_, [worker = worker_, number, vm, gfn, upTo] { worker->answerPage(number, vm, gfn, upTo); }, Qt::QueuedConnection);
}

void Inquiry::askEvents(EventsFor whom, const EventFilter& filter, const QString& text, std::uint64_t around, std::size_t before,
                        std::size_t behind) {
  ++open_;
  const std::uint64_t number = ++worker_->newestFor(whom);
  QMetaObject::invokeMethod(
      worker_,
      [worker = worker_, number, question = EventsQuestion{whom, filter, text, around, before, behind}] {
        worker->answerEvents(number, question);
      },
      Qt::QueuedConnection);
}

void Inquiry::askFigures(VirtualTime now, VirtualTime window) {
  ++open_;
  const std::uint64_t number = ++worker_->newestFigures;
  QMetaObject::invokeMethod(
      worker_, [worker = worker_, number, now, window] { worker->answerFigures(number, now, window); }, Qt::QueuedConnection);
}

void Inquiry::askTimes(std::uint64_t upTo) {
  ++open_;
  const std::uint64_t number = ++worker_->newestTimes;
  QMetaObject::invokeMethod(
      worker_, [worker = worker_, number, upTo] { worker->answerTimes(number, upTo); }, Qt::QueuedConnection);
}

}  // namespace overcommit::gui

#include "inquiry.moc"
