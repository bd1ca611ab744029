// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>
#include <memory>
#include <vector>

#include "base/ids.h"
#include "gui/link/engine_process.h"

namespace overcommit::gui {

// What a trace does not have, the contents of pages and tables: a second engine executes the recorded run again up to an instant, and stays
// there to be asked. The next instant is reached from where it stands if it lies ahead, and from the beginning if it lies behind.
class Reexecution final : public QObject {
  Q_OBJECT
 public:
  Reexecution(QString engine, QString trace, QObject* parent = nullptr);
  ~Reexecution() override;

  // A question about the world after everything that happened up to `time`. `recorded`: how far the trace goes by now. A question about another instant takes the
  // place of those that were not answered yet: they are answered with an error.
  void ask(VirtualTime time, VirtualTime recorded, const QString& method, const QJsonObject& params, EngineProcess::Answered answered);
  // Gives up what it is at.
  void cancel();
  [[nodiscard]] bool running() const { return running_; }
  // Whether it stands where a question about `time` can be answered at once.
  [[nodiscard]] bool standsAt(VirtualTime time) const;

 Q_SIGNALS:
  // It executes, and is at `now` on its way to `until`.
  void progress(overcommit::VirtualTime now, overcommit::VirtualTime until);
  // It stands, or was given up.
  void settled();

 private:
  struct Question {
    QString method;
    QJsonObject params;
    EngineProcess::Answered answered;
  };
  void begin(VirtualTime goal, VirtualTime recorded);
  void answerAll();
  void refuseAll(const QString& why);
  void onNotified(const QString& method, const QJsonObject& params);

  QString engine_, trace_;
  std::unique_ptr<EngineProcess> process_;
  bool running_ = false;
  VirtualTime goal_;  // where it is to be: the first boundary between quanta that is not before
  VirtualTime now_;   // where it is
  VirtualTime quantum_;
  VirtualTime recorded_;  // changes up to here are known to it
  std::vector<Question> open_;
};

}  // namespace overcommit::gui
