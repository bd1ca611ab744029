// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/link/reexecution.h"

#include <utility>

namespace overcommit::gui {
namespace {

VirtualTime instantOf(const QJsonObject& params, const char* key) {
  return VirtualTime(static_cast<std::uint64_t>(std::max(params[QLatin1String(key)].toDouble(), 0.0)));
}

// What happens in a quantum has the time of its beginning: everything up to `time` has happened when a quantum that begins at `time` is over.
VirtualTime goalFor(VirtualTime time) { return time + nanoseconds(1); }

}  // namespace

Reexecution::Reexecution(QString engine, QString trace, QObject* parent)
    : QObject(parent), engine_(std::move(engine)), trace_(std::move(trace)) {}

Reexecution::~Reexecution() {
  if (process_) process_->kill();
}

bool Reexecution::standsAt(VirtualTime time) const {
  const VirtualTime goal = goalFor(time);
  return process_ && !running_ && goal <= now_ && now_ < goal + quantum_;
}

void Reexecution::ask(VirtualTime time, VirtualTime recorded, const QString& method, const QJsonObject& params,
                      EngineProcess::Answered answered) {
  const VirtualTime goal = goalFor(time);
  if (standsAt(time)) return process_->call(method, params, std::move(answered));
  const bool same = running_ && goal == goal_;
  if (!same) refuseAll(tr("Another instant was asked for meanwhile."));
  open_.push_back({method, params, std::move(answered)});
  if (same) return;
  const bool ahead = process_ && now_ < goal && goal <= recorded_;
  if (!ahead) return begin(goal, recorded);
  goal_ = goal;
  running_ = true;
  // Requests are served in their order: this takes over from whatever it is at, also from what it was opened to do.
  process_->tell(QStringLiteral("advance"),
                 {{QStringLiteral("until"), QJsonObject{{QStringLiteral("time"), static_cast<qint64>(goal.value())}}}});
  Q_EMIT progress(now_, goal_);
}

void Reexecution::begin(VirtualTime goal, VirtualTime recorded) {
  if (process_) {
    disconnect(process_.get(), nullptr, this, nullptr);
    process_->kill();
    process_.release()->deleteLater();
  }
  process_ = std::make_unique<EngineProcess>(engine_);
  connect(process_.get(), &EngineProcess::notified, this, &Reexecution::onNotified);
  connect(process_.get(), &EngineProcess::ended, this, [this](const QString& why) {
    running_ = false;
    process_.release()->deleteLater();
    refuseAll(why);
    Q_EMIT settled();
  });
  running_ = true;
  goal_ = goal;
  now_ = quantum_ = VirtualTime(0);
  recorded_ = std::max(recorded, goal);
  process_->start();
  process_->call(QStringLiteral("open"), {{QStringLiteral("recorded"), trace_}, {QStringLiteral("at"), static_cast<qint64>(goal.value())}},
                 [this](const EngineAnswer& answer) {
                   if (answer) {
                     quantum_ = instantOf(*answer, "quantum");
                     return;
                   }
                   if (answer.error().code == EngineError::kNoAnswer) return;  // it has ended, which is told
                   refuseAll(answer.error().text);
                   cancel();
                 });
  Q_EMIT progress(now_, goal_);
}

void Reexecution::onNotified(const QString& method, const QJsonObject& params) {
  if (method == QStringLiteral("progress")) {
    now_ = instantOf(params, "time");
    if (running_) Q_EMIT progress(now_, goal_);
  } else if (method == QStringLiteral("stopped") && params[QStringLiteral("reason")] != QStringLiteral("superseded")) {
    now_ = instantOf(params, "time");
    // The run may have ended before: then this is what it was from there on.
    if (params.contains(QStringLiteral("ending"))) now_ = std::max(now_, goal_);
    running_ = false;
    answerAll();
    Q_EMIT settled();
  } else if (method == QStringLiteral("broken")) {
    running_ = false;
    answerAll();
    Q_EMIT settled();
  }
}

void Reexecution::answerAll() {
  for (Question& question : std::exchange(open_, {})) process_->call(question.method, question.params, std::move(question.answered));
}

void Reexecution::refuseAll(const QString& why) {
  for (const Question& question : std::exchange(open_, {})) question.answered(tl::unexpected(EngineError{EngineError::kNoAnswer, why, {}}));
}

void Reexecution::cancel() {
  if (process_) {
    disconnect(process_.get(), nullptr, this, nullptr);
    process_->kill();
    process_.release()->deleteLater();
  }
  const bool was = std::exchange(running_, false);
  if (was) {
    refuseAll(tr("Given up."));
    Q_EMIT settled();
  }
}

}  // namespace overcommit::gui
