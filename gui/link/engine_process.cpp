// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/link/engine_process.h"

#include <QJsonDocument>
#include <QPointer>
#include <utility>

namespace overcommit::gui {
namespace {

constexpr int kPatienceMilliseconds = 5000;
constexpr qsizetype kMostComplaints = qsizetype{16} * 1024;
// Exit codes of docs/reference/command.md: a broken invariant, and an end by a signal that was asked for.
constexpr int kBrokenInvariant = 6, kInterrupted = 130;

}  // namespace

EngineProcess::EngineProcess(QString command, QObject* parent) : QObject(parent), command_(std::move(command)) {
  connect(&process_, &QProcess::readyReadStandardOutput, this, &EngineProcess::readLines);
  connect(&process_, &QProcess::readyReadStandardError, this, [this] {
    complaints_ += process_.readAllStandardError();
    if (complaints_.size() > kMostComplaints) complaints_.remove(0, complaints_.size() - kMostComplaints);
  });
  connect(&process_, &QProcess::finished, this, &EngineProcess::onFinished);
  connect(&process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error == QProcess::FailedToStart)
      end(tr("The engine %1 could not be started: %2. Is it installed, and may you run it? Recorded traces can be opened without it.")
              .arg(command_, process_.errorString()));
  });
}

EngineProcess::~EngineProcess() {
  over_ = true;
  open_.clear();
  disconnect(&process_, nullptr, this, nullptr);
  if (!running()) return;
  // The end of its input ends it when the quantum is over.
  process_.closeWriteChannel();
  if (process_.waitForFinished(kPatienceMilliseconds)) return;
  process_.kill();
  process_.waitForFinished(kPatienceMilliseconds);
}

void EngineProcess::start() { process_.start(command_, {QStringLiteral("serve")}); }

void EngineProcess::call(const QString& method, const QJsonObject& params, Answered answered) {
  if (over_) {
    const EngineError error{EngineError::kNoAnswer, tr("The engine has ended."), {}};
    QMetaObject::invokeMethod(
        this, [answered = std::move(answered), error] { answered(tl::unexpected(error)); }, Qt::QueuedConnection);
    return;
  }
  const int id = ++asked_;
  open_.emplace(id, std::move(answered));
  send({{QStringLiteral("jsonrpc"), QStringLiteral("2.0")},
        {QStringLiteral("id"), id},
        {QStringLiteral("method"), method},
        {QStringLiteral("params"), params}});
}

void EngineProcess::tell(const QString& method, const QJsonObject& params) {
  if (!over_)
    send({{QStringLiteral("jsonrpc"), QStringLiteral("2.0")}, {QStringLiteral("method"), method}, {QStringLiteral("params"), params}});
}

void EngineProcess::send(const QJsonObject& message) { process_.write(QJsonDocument(message).toJson(QJsonDocument::Compact) + '\n'); }

void EngineProcess::kill() {
  over_ = true;
  open_.clear();
  process_.kill();
}

QString EngineProcess::complaint() const {
  const QStringList lines = QString::fromUtf8(complaints_).trimmed().split(QLatin1Char('\n'));
  return lines.isEmpty() ? QString() : lines.last();
}

void EngineProcess::readLines() {
  unread_ += process_.readAllStandardOutput();
  const QPointer<EngineProcess> alive(this);  // whoever is called may end us
  for (;;) {
    const qsizetype end = unread_.indexOf('\n');
    if (end < 0) return;
    const QByteArray line = unread_.left(end);
    unread_.remove(0, end + 1);
    receive(line);
    if (!alive) return;
  }
}

void EngineProcess::receive(const QByteArray& line) {
  if (over_) return;
  const QJsonObject message = QJsonDocument::fromJson(line).object();
  const QString method = message[QStringLiteral("method")].toString();
  if (!method.isEmpty()) {
    Q_EMIT notified(method, message[QStringLiteral("params")].toObject());
    return;
  }
  const auto open = open_.find(message[QStringLiteral("id")].toInt());
  // What is no answer to a question of ours is an engine's bug, or another program: there is nobody to tell.
  if (open == open_.end()) return;
  const Answered answered = std::move(open->second);
  open_.erase(open);
  if (message.contains(QStringLiteral("error"))) {
    const QJsonObject error = message[QStringLiteral("error")].toObject();
    answered(tl::unexpected(EngineError{error[QStringLiteral("code")].toInt(), error[QStringLiteral("message")].toString(),
                                        error[QStringLiteral("data")].toObject()}));
  } else {
    answered(message[QStringLiteral("result")].toObject());
  }
}

void EngineProcess::onFinished(int exitCode, QProcess::ExitStatus status) {
  complaints_ += process_.readAllStandardError();
  QString why;
  if (status == QProcess::CrashExit)
    why = tr("The engine has gone: it was killed, or it crashed.");
  else if (exitCode == kBrokenInvariant)
    why = tr("The engine has ended, because one of its invariants broke.");
  else if (exitCode == kInterrupted)
    why = tr("The engine was interrupted.");
  else
    why = tr("The engine has ended with code %1.").arg(exitCode);
  if (const QString said = complaint(); !said.isEmpty()) why += QLatin1Char(' ') + tr("It said: %1").arg(said);
  end(why);
}

void EngineProcess::end(const QString& why) {
  if (std::exchange(over_, true)) return;
  const QPointer<EngineProcess> alive(this);
  auto open = std::exchange(open_, {});
  for (auto& [id, answered] : open) {
    answered(tl::unexpected(EngineError{EngineError::kNoAnswer, why, {}}));
    if (!alive) return;
  }
  Q_EMIT ended(why);
}

}  // namespace overcommit::gui
