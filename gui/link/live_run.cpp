// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/link/live_run.h"

#include <QRegularExpression>
#include <utility>

#include "gui/session/text.h"
#include "trace/trace_header.h"

namespace overcommit::gui {
namespace {

VirtualTime timeOf(const QJsonObject& params) {
  return VirtualTime(static_cast<std::uint64_t>(std::max(params[QStringLiteral("time")].toDouble(), 0.0)));
}

QJsonObject untilOf(const MoreWanted& more, const TraceHeader& header) {
  QJsonObject until;
  if (more.time) until[QStringLiteral("time")] = static_cast<qint64>(more.time->value());
  if (more.event) {
    const EventFilter& filter = *more.event;
    QJsonObject event;
    QJsonArray kinds;
    for (std::size_t i = 0; i < kEventKinds; ++i) {
      if (filter.kinds.test(i)) kinds.append(qstring(infoOf(static_cast<EventKind>(i + 1)).name));
    }
    if (!kinds.isEmpty()) event[QStringLiteral("kind")] = kinds;
    if (filter.vm && filter.vm->value() < header.vms.size()) event[QStringLiteral("vm")] = qstring(header.vms[filter.vm->value()].name);
    if (filter.gfn) event[QStringLiteral("gfn")] = static_cast<qint64>(filter.gfn->value());
    if (filter.mfn) event[QStringLiteral("mfn")] = static_cast<qint64>(filter.mfn->value());
    until[QStringLiteral("event")] = event;
  }
  if (until.isEmpty()) until[QStringLiteral("events")] = 1;
  return until;
}

}  // namespace

QString changeInALine(const QString& atEntry) {
  static const QRegularExpression kKey(QStringLiteral("^(\\w+) = (.*)$"), QRegularExpression::MultilineOption);
  QString whom, what, action;
  for (auto matches = kKey.globalMatch(atEntry); matches.hasNext();) {
    const auto match = matches.next();
    const QString key = match.captured(1), value = match.captured(2);
    if (key == QStringLiteral("time")) continue;
    if (key == QStringLiteral("vm")) {
      whom = QString(value).remove(QLatin1Char('"'));
    } else if (key == QStringLiteral("host")) {
      whom = LiveRun::tr("host");
    } else if (key == QStringLiteral("set")) {
      what = QString(value).remove(QLatin1Char('{')).remove(QLatin1Char('}')).trimmed();
    } else if (key == QStringLiteral("action")) {
      action = QString(value).remove(QLatin1Char('"')).replace(QLatin1Char('_'), QLatin1Char(' '));
    } else if (key == QStringLiteral("fault")) {
      action += QStringLiteral(" ") + QString(value).remove(QLatin1Char('"'));
    } else if (key == QStringLiteral("fault_count")) {
      action += QStringLiteral(" × ") + value;
    }
  }
  return QStringLiteral("%1: %2").arg(whom, what.isEmpty() ? action : what);
}

LiveRun::LiveRun(const QString& engine, QString trace, QObject* parent)
    : QObject(parent), engine_(engine), trace_(std::move(trace)), process_(engine) {
  connect(&process_, &EngineProcess::notified, this, &LiveRun::onNotified);
  connect(&process_, &EngineProcess::ended, this, [this](const QString& why) {
    const bool started = state_ != State::Starting;
    setState(State::Gone);
    if (started)
      Q_EMIT troubled(tr("%1 What was recorded up to then is kept, and can be looked at.").arg(why));
    else
      Q_EMIT failed(why);
  });
}

void LiveRun::open(QJsonObject params) {
  params[QStringLiteral("trace")] = trace_;
  process_.start();
  process_.call(QStringLiteral("open"), params, [this](const EngineAnswer& answer) {
    if (answer) return opened(*answer);
    if (answer.error().code == EngineError::kNoAnswer) return;  // ended() says more
    const EngineError& error = answer.error();
    QString why = tr("The scenario cannot be run: %1").arg(error.text);
    if (error.code == EngineError::kWrongScenario)
      why = tr("The scenario has a mistake in line %1, column %2 of %3: %4")
                .arg(error.data[QStringLiteral("line")].toInt())
                .arg(error.data[QStringLiteral("column")].toInt())
                .arg(error.data[QStringLiteral("file")].toString(), error.data[QStringLiteral("message")].toString());
    state_ = State::Gone;
    Q_EMIT failed(why);
  });
}

void LiveRun::opened(const QJsonObject& result) {
  now_ = timeOf(result);
  // Of a run that is executed up to an instant the rest is told by `progress` and `stopped`.
  if (result.contains(QStringLiteral("run"))) {
    ++advances_;
    return;
  }
  setState(State::Stands);
  Q_EMIT ready();
}

void LiveRun::onNotified(const QString& method, const QJsonObject& params) {
  if (method == QStringLiteral("progress")) return reached(params);
  if (method == QStringLiteral("stopped")) return onStopped(params);
  if (method == QStringLiteral("crashed")) {
    Q_EMIT said(
        tr("The guest of %1 crashed: %2").arg(params[QStringLiteral("vm")].toString(), params[QStringLiteral("reason")].toString()));
  } else if (method == QStringLiteral("trace_failed")) {
    pause();
    Q_EMIT troubled(tr("The trace cannot be written any more: %1. Time stands. Make room and begin again, or look at what is recorded.")
                        .arg(params[QStringLiteral("message")].toString()));
  } else if (method == QStringLiteral("broken")) {
    now_ = timeOf(params);
    setState(State::Broken);
    if (playback_ != nullptr) {
      playback_->stop();
      playback_->stepToEnd();
    }
    Q_EMIT troubled(tr("An invariant of the engine broke at %1, after event %2: %3 (%4:%5). Time stands there, so that it can be looked "
                       "at. Please report it, with the trace %6.")
                        .arg(clockText(now_))
                        .arg(static_cast<qint64>(params[QStringLiteral("sequence")].toDouble()))
                        .arg(params[QStringLiteral("message")].toString(), params[QStringLiteral("file")].toString())
                        .arg(params[QStringLiteral("line")].toInt())
                        .arg(trace_));
  }
}

void LiveRun::reached(const QJsonObject& params) {
  now_ = timeOf(params);
  if (state_ == State::Starting)
    Q_EMIT preparing(now_);
  else
    supply();
}

void LiveRun::supply() {
  if (playback_ != nullptr) playback_->setKnown(now_, goesOn() ? Playback::Supply::OnDemand : Playback::Supply::None);
}

void LiveRun::onStopped(const QJsonObject& params) {
  if (advances_ > 0) --advances_;
  now_ = timeOf(params);
  const bool over = params.contains(QStringLiteral("ending"));
  if (over) digest_ = params[QStringLiteral("digest")].toString();
  if (state_ == State::Starting) {
    setState(over ? State::Over : State::Stands);
    Q_EMIT ready();
    return;
  }
  if (state_ == State::Gone || state_ == State::Broken) return;
  // While something plays the engine stands for moments only, which nobody needs to know.
  const bool wanted = playback_ != nullptr && (playback_->playing() || playback_->searching());
  if (over)
    setState(State::Over);
  else if (advances_ == 0 && !wanted)
    setState(State::Stands);
  else
    supply();
  const QString message = params[QStringLiteral("message")].toString();
  if (over && !message.isEmpty()) Q_EMIT troubled(tr("The run has ended: %1").arg(message));
}

void LiveRun::setState(State state) {
  if (state == state_) return supply();
  state_ = state;
  supply();
  Q_EMIT stateChanged();
}

void LiveRun::follow(Playback& playback) {
  playback_ = &playback;
  connect(&playback, &QObject::destroyed, this, [this] { playback_ = nullptr; });
  connect(&playback, &Playback::moreWanted, this, &LiveRun::advance);
  connect(&playback, &Playback::playingChanged, this, [this] {
    if (playback_ == nullptr || playback_->playing() || playback_->searching()) return;
    pause();
    if (advances_ == 0 && state_ == State::Runs) setState(State::Stands);
  });
  supply();
}

// An advance takes over from the one before; a time that is reached anyway needs no other.
void LiveRun::advance(const MoreWanted& more) {
  if (!goesOn() || playback_ == nullptr) return;
  const bool timeOnly = more.time.has_value() && !more.event;
  const bool same = timeOnly ? targetOnly_ && *more.time <= target_ : !targetOnly_ && !more.time;
  if (advances_ > 0 && !pausing_ && same) return;
  pausing_ = false;
  target_ = more.time.value_or(VirtualTime(0));
  targetOnly_ = timeOnly;
  ++advances_;
  process_.call(QStringLiteral("advance"), {{QStringLiteral("until"), untilOf(more, playback_->header())}},
                [this](const EngineAnswer& answer) {
                  if (answer) return;
                  if (advances_ > 0) --advances_;
                  if (answer.error().code == EngineError::kNoAnswer) return;
                  if (advances_ == 0 && state_ == State::Runs) setState(State::Stands);
                  if (playback_ != nullptr) playback_->stop();
                  Q_EMIT troubled(answer.error().text);
                });
  if (state_ == State::Runs) return;
  state_ = State::Runs;
  Q_EMIT stateChanged();
}

void LiveRun::advanceTo(VirtualTime time) { advance({time, std::nullopt}); }

void LiveRun::pause() {
  if (advances_ == 0) return;
  pausing_ = true;
  process_.tell(QStringLiteral("pause"));
}

void LiveRun::change(const QJsonObject& params, const QString& before, const QJsonObject& undo, const Changed& changed) {
  const bool showing = playback_ != nullptr && playback_->now() >= now_;
  process_.call(QStringLiteral("set"), params, [this, before, undo, changed, showing](const EngineAnswer& answer) {
    const QJsonArray done =
        answer ? (*answer)[QStringLiteral("changes")].toArray() : answer.error().data[QStringLiteral("changes")].toArray();
    if (answer) now_ = timeOf(*answer);
    for (const auto entry : done) changes_.push_back({now_, changeInALine(entry.toString()), before, undo});
    if (!done.isEmpty()) {
      // A run whose VMs were all off goes on if one is powered on.
      if (state_ == State::Over) setState(State::Stands);
      supply();
      if (showing && playback_ != nullptr && !playback_->playing()) playback_->stepToEnd();
      Q_EMIT changesChanged();
    }
    changed(answer ? QString() : answer.error().text);
  });
}

void LiveRun::undo(std::size_t index, const Changed& changed) {
  if (index >= changes_.size() || changes_[index].undo.isEmpty()) return changed(tr("This change cannot be taken back."));
  const QJsonObject params = changes_[index].undo;
  change(params, tr("taken back"), {}, changed);
}

void LiveRun::ask(const QString& method, const QJsonObject& params, EngineProcess::Answered answered) {
  process_.call(method, params, std::move(answered));
}

void LiveRun::retire() {
  disconnect(this, nullptr, nullptr, nullptr);
  if (playback_ != nullptr) disconnect(playback_, nullptr, this, nullptr);
  playback_ = nullptr;
  disconnect(&process_, nullptr, this, nullptr);
  state_ = State::Gone;
  process_.disconnect(this);
  connect(&process_, &EngineProcess::ended, this, &QObject::deleteLater);
  if (!process_.running()) return deleteLater();
  process_.tell(QStringLiteral("quit"));
}

}  // namespace overcommit::gui
