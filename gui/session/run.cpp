// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/run.h"

#include <QEventLoop>

namespace overcommit::gui {
namespace {

// A history is handed out as a whole: of a trace that grows with every frame not more often.
constexpr int kReadOnMilliseconds = 200;

}  // namespace

Result<std::unique_ptr<Run>> Run::open(const std::filesystem::path& path) {
  auto playback = Playback::open(path);
  if (!playback) return tl::unexpected(playback.error());
  return std::unique_ptr<Run>(new Run(std::move(*playback)));
}

Run::Run(std::unique_ptr<Playback> playback)
    : playback_(std::move(playback)),
      history_(std::make_shared<History>(playback_->header().vms.size(), playback_->header().duration)),
      builder_(playback_->path()),
      inquiry_(playback_->path()) {
  connect(&builder_, &HistoryBuilder::grew, this, [this](std::shared_ptr<const History> history) {
    history_ = std::move(history);
    if (history_->complete()) --reading_;
    Q_EMIT historyGrew();
  });
  connect(&builder_, &HistoryBuilder::failed, this, [this](const QString& why) {
    --reading_;
    Q_EMIT playback_->troubled(why);
  });
  connect(&inquiry_, &Inquiry::failed, playback_.get(), &Playback::troubled);
  if (playback_->growing()) {
    watcher_.addPath(QString::fromStdString(playback_->path().string()));
    connect(&watcher_, &QFileSystemWatcher::fileChanged, this, [this] {
      playback_->lookForMore();
      readOn();
    });
  }
  later_.setSingleShot(true);
  later_.setInterval(kReadOnMilliseconds);
  connect(&later_, &QTimer::timeout, this, [this] { readNow(); });
  connect(playback_.get(), &Playback::grown, this, &Run::readOn);
  readNow();
}

void Run::readNow() {
  sinceReadOn_.start();
  ++reading_;
  builder_.goOn(playback_->end());
}

void Run::readOn() {
  if (later_.isActive()) return;
  if (!sinceReadOn_.isValid() || sinceReadOn_.elapsed() >= kReadOnMilliseconds) {
    readNow();
  } else {
    later_.start();
  }
}

void Run::waitForAnswers() {
  QEventLoop loop;
  connect(&inquiry_, &Inquiry::idle, &loop, &QEventLoop::quit);
  while (inquiry_.busy()) loop.exec();
}

void Run::waitForHistory() {
  QEventLoop loop;
  const auto look = [&] {
    if (reading_ == 0) loop.quit();
  };
  connect(this, &Run::historyGrew, &loop, look);
  connect(playback_.get(), &Playback::troubled, &loop, look);
  readNow();
  loop.exec();
}

}  // namespace overcommit::gui
