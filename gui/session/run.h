// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QFileSystemWatcher>
#include <QObject>
#include <QTimer>
#include <memory>

#include "gui/session/history.h"
#include "gui/session/history_builder.h"
#include "gui/session/inquiry.h"
#include "gui/session/playback.h"
#include "gui/session/selection.h"

namespace overcommit::gui {

// An open trace and everything that belongs to looking at it. Panels get one when it opens and give it up when another does.
class Run final : public QObject {
  Q_OBJECT
 public:
  static Result<std::unique_ptr<Run>> open(const std::filesystem::path& path);

  [[nodiscard]] Playback& playback() { return *playback_; }
  [[nodiscard]] const Playback& playback() const { return *playback_; }
  [[nodiscard]] const WorldModel& world() const { return playback_->world(); }
  [[nodiscard]] const TraceHeader& header() const { return playback_->header(); }
  [[nodiscard]] Selection& selection() { return selection_; }
  [[nodiscard]] Inquiry& inquiry() { return inquiry_; }
  // As far as it is read; never null.
  [[nodiscard]] const History& history() const { return *history_; }
  // Waits until the trace as it is now has been read: for pictures that are made once.
  void waitForHistory();
  // Waits until every question about the trace is answered.
  void waitForAnswers();

 Q_SIGNALS:
  void historyGrew();

 private:
  explicit Run(std::unique_ptr<Playback> playback);
  void readOn();
  void readNow();

  std::unique_ptr<Playback> playback_;
  Selection selection_;
  std::shared_ptr<const History> history_;
  HistoryBuilder builder_;
  Inquiry inquiry_;
  QFileSystemWatcher watcher_;
  QTimer later_;
  QElapsedTimer sinceReadOn_;
  int reading_ = 0;  // how often the builder was told to go on and has not come to the end since
};

}  // namespace overcommit::gui
