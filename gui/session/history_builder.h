// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>
#include <QThread>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>

#include "gui/session/history.h"
#include "trace/trace_reader.h"

namespace overcommit::gui {

// Reads a whole trace once, beside the window, with a reader of its own, and hands out histories as they grow. Goes on when the trace does.
class HistoryBuilder final : public QObject {
  Q_OBJECT
 public:
  explicit HistoryBuilder(std::filesystem::path path);
  ~HistoryBuilder() override;

  // Begins, or looks for what was written since. `known`: all that happened until then is written, though perhaps nothing did.
  void goOn(VirtualTime known);

 Q_SIGNALS:
  // The history so far; the last one of a complete trace says so itself.
  void grew(std::shared_ptr<const overcommit::gui::History> history);
  void failed(const QString& text);

 private:
  class Worker;
  QThread thread_;
  Worker* worker_;
};

}  // namespace overcommit::gui
