// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/history_builder.h"

#include <QElapsedTimer>
#include <algorithm>
#include <limits>

#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr std::int64_t kHandOutMilliseconds = 60;

bool isMark(EventKind kind) {
  return kind == EventKind::FreeStateChange || kind == EventKind::Mark || kind == EventKind::SettingChange || kind == EventKind::Fault ||
         kind == EventKind::Phase || kind == EventKind::LimitReached || kind == EventKind::Crash || kind == EventKind::Block;
}

}  // namespace

// Lives in the thread.
class HistoryBuilder::Worker final : public QObject {
  Q_OBJECT
 public:
  explicit Worker(std::filesystem::path path) : path_(std::move(path)) {}
  void stop() { stop_ = true; }

  void goOn(VirtualTime known) {
    if (auto went = readOn(known); !went) Q_EMIT failed(qstring(went.error().text));
  }

 Q_SIGNALS:
  void grew(std::shared_ptr<const overcommit::gui::History> history);
  void failed(const QString& text);

 private:
  Result<void> readOn(VirtualTime known);
  void endSteps(VirtualTime before);
  void handOut(bool complete) {
    history_->setComplete(complete);
    Q_EMIT grew(std::make_shared<History>(*history_));
  }

  std::filesystem::path path_;
  std::atomic<bool> stop_{false};
  std::optional<TraceReader> reader_;
  std::optional<WorldModel> world_;
  std::optional<History> history_;
  std::vector<VmTally> tallies_;
  std::uint32_t leastFree_ = std::numeric_limits<std::uint32_t>::max();
};

Result<void> HistoryBuilder::Worker::readOn(VirtualTime known) {
  if (!reader_) {
    auto reader = TraceReader::open(path_);
    if (!reader) return tl::unexpected(reader.error());
    reader_.emplace(std::move(*reader));
    world_.emplace(reader_->header());
    history_.emplace(reader_->header().vms.size(), reader_->header().duration);
    tallies_.resize(reader_->header().vms.size());
  } else if (auto refreshed = reader_->refresh(); !refreshed) {
    return tl::unexpected(refreshed.error());
  }
  QElapsedTimer since;
  since.start();
  Event event;
  EventStream stream = reader_->events(world_->sequence() + 1);
  for (std::uint64_t n = 0; !stop_; ++n) {
    const auto found = stream.next(event);
    if (!found) return tl::unexpected(found.error());
    if (!*found) break;
    endSteps(event.hostTime);
    if (auto applied = world_->apply(event); !applied) return tl::unexpected(applied.error());
    if (event.vm.value() < tallies_.size()) tallies_[event.vm.value()].add(event);
    leastFree_ = std::min(leastFree_, static_cast<std::uint32_t>(world_->host().at(FrameUse::Free)));
    if (isMark(event.kind)) history_->addMark({event.hostTime, event.sequence, event.kind, event.vm, event.values[0], event.text});
    if (n % 4096 == 0 && since.elapsed() > kHandOutMilliseconds) {
      handOut(false);
      since.start();
    }
  }
  if (stop_) return {};
  const bool complete = reader_->end() == TraceEnd::Complete;
  endSteps(complete ? std::max(reader_->lastTime(), reader_->header().duration) + nanoseconds(1) : known);
  handOut(true);
  return {};
}

// Everything before `before` has happened.
void HistoryBuilder::Worker::endSteps(VirtualTime before) {
  while (history_->nextTime() <= before && !stop_) {
    history_->add(*world_, tallies_, leastFree_);
    leastFree_ = static_cast<std::uint32_t>(world_->host().at(FrameUse::Free));
  }
}

HistoryBuilder::HistoryBuilder(std::filesystem::path path) : worker_(new Worker(std::move(path))) {
  qRegisterMetaType<std::shared_ptr<const overcommit::gui::History>>();
  thread_.setObjectName(QStringLiteral("history"));
  worker_->moveToThread(&thread_);
  connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
  connect(worker_, &Worker::grew, this, &HistoryBuilder::grew);
  connect(worker_, &Worker::failed, this, &HistoryBuilder::failed);
  thread_.start(QThread::LowPriority);
}

HistoryBuilder::~HistoryBuilder() {
  worker_->stop();
  thread_.quit();
  thread_.wait();
}

void HistoryBuilder::goOn(VirtualTime known) {
  QMetaObject::invokeMethod(
      worker_, [worker = worker_, known] { worker->goOn(known); }, Qt::QueuedConnection);
}

}  // namespace overcommit::gui

#include "history_builder.moc"
