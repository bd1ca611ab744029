// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/link/engine_link.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <utility>

#include "gui/session/places.h"
#include "gui/session/scenario_list.h"
#include "gui/session/text.h"

namespace overcommit::gui {

QString newTraceFile(const QString& folder, const QString& stem) {
  const QDir place(folder);
  for (int n = 1;; ++n) {
    QString file = place.filePath(QStringLiteral("%1-%2.octrace").arg(stem).arg(n));
    if (!QFileInfo::exists(file)) return file;
  }
}

EngineLink::EngineLink(QObject* parent) : QObject(parent) {}

EngineLink::~EngineLink() = default;

void EngineLink::beginScenario(const QString& path, const QString& profile) {
  const QFileInfo info(path);
  Branch branch;
  branch.title = info.completeBaseName();
  QJsonObject params;
  QString stem = info.completeBaseName();
  if (profile.isEmpty()) {
    params[QStringLiteral("scenario")] = info.absoluteFilePath();
  } else {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return Q_EMIT failed(tr("The scenario %1 cannot be read: %2").arg(path, file.errorString()));
    params[QStringLiteral("text")] = withProfile(QString::fromUtf8(file.readAll()), profile);
    params[QStringLiteral("name")] = info.absoluteFilePath();
    params[QStringLiteral("directory")] = info.absolutePath();
    stem += QLatin1Char('-') + profile;
    branch.title = stem;
  }
  begin(stem, params, branch, tr("The engine begins %1 …").arg(stem), VirtualTime(0));
}

void EngineLink::beginBranch(const QString& trace, const QString& title, VirtualTime at) {
  static const QRegularExpression kNumber(QStringLiteral("-\\d+$"));
  Branch branch{QString(), title, trace, at, {}, VirtualTime(0)};
  begin(QFileInfo(trace).completeBaseName().remove(kNumber),
        {{QStringLiteral("recorded"), trace}, {QStringLiteral("at"), static_cast<qint64>(at.value())}, {QStringLiteral("branch"), true}},
        branch, tr("The run is executed again up to %1, to go on from there in another way").arg(clockText(at)), at);
}

void EngineLink::begin(const QString& stem, const QJsonObject& params, const Branch& branch, const QString& what, VirtualTime until) {
  cancelBeginning();
  const auto engine = enginePath();
  if (!engine) return Q_EMIT failed(qstring(engine.error().text));
  const auto folder = runsFolder();
  if (!folder) return Q_EMIT failed(qstring(folder.error().text));
  next_ = new LiveRun(*engine, newTraceFile(*folder, stem), this);
  nextBranch_ = branch;
  nextBranch_.trace = next_->trace();
  connect(next_, &LiveRun::preparing, this, [this, what, until](VirtualTime now) { Q_EMIT preparing(what, now, until); });
  connect(next_, &LiveRun::ready, this, [this] {
    branches_.add(nextBranch_);
    Q_EMIT preparingEnded();
    Q_EMIT branchesChanged();
    Q_EMIT begun(next_->trace());
  });
  connect(next_, &LiveRun::failed, this, [this](const QString& why) {
    cancelBeginning();
    Q_EMIT failed(why);
  });
  Q_EMIT preparing(what, VirtualTime(0), until);
  next_->open(params);
}

void EngineLink::retire(LiveRun*& run) {
  if (LiveRun* old = std::exchange(run, nullptr)) old->retire();
}

void EngineLink::endBeginning() {
  retire(next_);
  Q_EMIT preparingEnded();
}

void EngineLink::cancelBeginning() {
  if (next_ == nullptr) return;
  const QString trace = next_->trace();
  endBeginning();
  QFile::remove(trace);  // nobody has seen it
}

void EngineLink::noteReached() {
  if (live_ != nullptr && live_->now() > VirtualTime(0)) branches_.setReached(live_->trace(), live_->now());
}

void EngineLink::show(Run* run) {
  noteReached();
  run_ = run;
  past_.reset();
  const QString trace = run == nullptr ? QString() : QString::fromStdString(run->playback().path().string());
  const bool isNext = next_ != nullptr && next_->trace() == trace && next_->answers();
  const bool same = !isNext && live_ != nullptr && live_->trace() == trace;
  if (!same) retire(live_);
  if (isNext) {
    live_ = std::exchange(next_, nullptr);
    connect(live_, &LiveRun::stateChanged, this, &EngineLink::tellLive);
    connect(live_, &LiveRun::troubled, this, &EngineLink::troubled);
    connect(live_, &LiveRun::said, this, &EngineLink::said);
    connect(live_, &LiveRun::changesChanged, this, [this] {
      QStringList changes;
      for (const LoggedChange& change : live_->changes()) changes << clockText(change.time) + QStringLiteral(" ") + change.text;
      branches_.setChanges(live_->trace(), changes);
      Q_EMIT changesChanged();
      Q_EMIT branchesChanged();
    });
  }
  if (live_ != nullptr && run != nullptr) live_->follow(run->playback());
  if (run != nullptr) {
    connect(&run->playback(), &Playback::moved, this, &EngineLink::noticeInstant);
    connect(&run->playback(), &Playback::playingChanged, this, &EngineLink::noticeInstant);
  }
  // A run that was ended early is no longer than it was, whatever its scenario had planned.
  const Branch* known = branches_.find(trace);
  if (live_ == nullptr && run != nullptr && known != nullptr && known->reached > VirtualTime(0))
    run->playback().setKnown(known->reached, Playback::Supply::None);
  tellLive();
}

void EngineLink::tellLive() {
  whyNot_ = whyNoChange();
  Q_EMIT liveChanged();
}

QString EngineLink::whyNoChange() const {
  if (run_ == nullptr) return tr("No run is open.");
  if (live_ == nullptr) return tr("This run is recorded. To change something, go on from here in another way.");
  switch (live_->state()) {
    case LiveRun::State::Starting: return tr("The run has not begun yet.");
    case LiveRun::State::Broken: return tr("An invariant of the engine broke: the run can only be looked at.");
    case LiveRun::State::Gone: return tr("The engine has gone. To change something, go on from here in another way.");
    case LiveRun::State::Over: return tr("The run is over. To change something, go on from an earlier instant in another way.");
    case LiveRun::State::Stands:
    case LiveRun::State::Runs: break;
  }
  const Playback& playback = run_->playback();
  if (!playback.playsAtTheEnd() && playback.now() < live_->now())
    return tr("You look at %1; the run is at %2. Go there (End) to change it, or go on from here in another way.")
        .arg(clockText(playback.now()), clockText(live_->now()));
  return {};
}

void EngineLink::noticeInstant() {
  QString why = whyNoChange();
  if (why == whyNot_) return;
  whyNot_ = std::move(why);
  Q_EMIT instantChanged();
}

void EngineLink::lockGate(Gate gate, GateLock lock, const LiveRun::Changed& changed) {
  if (const QString why = whyNoChange(); !why.isEmpty()) return changed(why);
  const auto set = [&](int value) {
    return QJsonObject{{QStringLiteral("host"), true}, {QStringLiteral("set"), QJsonObject{{lockOptionOf(gate), value}}}};
  };
  const bool locks = lock == GateLock::Locked;
  live_->change(set(locks ? 0 : 1), locks ? tr("unlocked") : tr("locked"), set(locks ? 1 : 0), changed);
}

bool EngineLink::takesExecution() const {
  if (run_ == nullptr) return false;
  const VirtualTime now = run_->playback().now();
  if (live_ != nullptr && live_->answers() && live_->state() != LiveRun::State::Runs && now >= live_->now()) return false;
  return !(past_ && past_->standsAt(now));
}

void EngineLink::ask(const QString& method, const QJsonObject& params, EngineProcess::Answered answered) {
  const auto refuse = [&](const QString& why) {
    QMetaObject::invokeMethod(
        this,
        [answered, why] {
          answered(tl::unexpected(EngineError{EngineError::kNoAnswer, why, {}}));
        },
        Qt::QueuedConnection);
  };
  if (run_ == nullptr) return refuse(tr("No run is open."));
  const Playback& playback = run_->playback();
  if (live_ != nullptr && live_->answers() && playback.now() >= live_->now()) return live_->ask(method, params, std::move(answered));
  if (!past_) {
    const auto engine = enginePath();
    if (!engine)
      return refuse(tr("A trace does not hold the contents of memory: an engine has to execute the run again to see them. But %1.")
                        .arg(qstring(engine.error().text)));
    past_ = std::make_unique<Reexecution>(*engine, QString::fromStdString(playback.path().string()));
    connect(past_.get(), &Reexecution::progress, this, &EngineLink::pastProgress);
    connect(past_.get(), &Reexecution::settled, this, &EngineLink::pastSettled);
  }
  past_->ask(playback.now(), playback.end(), method, params, std::move(answered));
}

void EngineLink::cancelPast() {
  if (past_) past_->cancel();
}

void EngineLink::setBranches(BranchList branches) {
  branches_ = std::move(branches);
  Q_EMIT branchesChanged();
}

QString EngineLink::originOf(const QString& trace) const {
  const Branch* branch = branches_.find(trace);
  if (branch == nullptr || branch->parent.isEmpty()) return {};
  return tr("from %1 of %2").arg(clockText(branch->from), QFileInfo(branch->parent).completeBaseName());
}

}  // namespace overcommit::gui
