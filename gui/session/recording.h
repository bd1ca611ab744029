// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>
#include <QProcess>
#include <QTimer>

#include "base/error.h"

namespace overcommit::gui {

// The engine at work: it runs a scenario and writes a trace, which can be opened as soon as its header is there. One that was recorded
// before, by the same engine from the same bytes, is not recorded again: the same scenario gives the same run.
class Recording final : public QObject {
  Q_OBJECT
 public:
  // `engine`: the command; `folder`: where traces are kept.
  Recording(QString engine, QString folder, QObject* parent = nullptr);
  ~Recording() override;

  // `name`: what the trace's file is called, without ending. `file`: where the text stands, so that what it names beside itself is
  // found; empty: nowhere, it is written beside the trace. Says ready() or failed() later.
  void start(const QString& scenarioText, const QString& name, const QString& file = {});
  void cancel();
  [[nodiscard]] qint64 processId() const { return process_.processId(); }
  [[nodiscard]] bool running() const { return process_.state() != QProcess::NotRunning; }

 Q_SIGNALS:
  // The trace can be opened; it may still grow.
  void ready(const QString& trace);
  // Nothing can be opened; why, and what to do.
  void failed(const QString& text);
  // The engine ended; `trouble` is empty if it ended as it should.
  void ended(const QString& trouble);

 private:
  void look();
  void onFinished(int exitCode, QProcess::ExitStatus status);
  [[nodiscard]] QString complaint();

  QString engine_, folder_, trace_;
  QProcess process_;
  QTimer looking_;
  bool told_ = false;
  bool cancelled_ = false;
};

}  // namespace overcommit::gui
