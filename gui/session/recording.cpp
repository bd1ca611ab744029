// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/recording.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include "base/hash.h"
#include "gui/session/text.h"
#include "trace/trace_reader.h"

namespace overcommit::gui {
namespace {

constexpr int kLookMilliseconds = 20;
constexpr int kPatienceMilliseconds = 2000;

// Exit codes after which the run is whole: all well, an expectation failed, a limit was reached, a guest crashed.
bool isWhole(int exitCode) { return exitCode == 0 || exitCode == 1 || exitCode == 4 || exitCode == 5; }

QString keyOf(const QString& scenario, const QString& engine) {
  const QFileInfo info(engine);
  const QByteArray bytes =
      scenario.toUtf8() + '\0' + QByteArray::number(info.size()) + '\0' + QByteArray::number(info.lastModified().toMSecsSinceEpoch());
  const std::uint64_t hash = hash64(std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size()))));
  return QStringLiteral("%1").arg(hash, 16, 16, QLatin1Char('0'));
}

bool isComplete(const QString& trace) {
  const auto reader = TraceReader::open(trace.toStdString());
  return reader && reader->end() == TraceEnd::Complete;
}

}  // namespace

Recording::Recording(QString engine, QString folder, QObject* parent)
    : QObject(parent), engine_(std::move(engine)), folder_(std::move(folder)) {
  looking_.setInterval(kLookMilliseconds);
  connect(&looking_, &QTimer::timeout, this, &Recording::look);
  connect(&process_, &QProcess::finished, this, &Recording::onFinished);
  connect(&process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error != QProcess::FailedToStart) return;
    looking_.stop();
    Q_EMIT failed(tr("The engine %1 could not be started: %2").arg(engine_, process_.errorString()));
  });
}

Recording::~Recording() {
  disconnect(&process_, nullptr, this, nullptr);
  if (!running()) return;
  process_.terminate();
  if (!process_.waitForFinished(kPatienceMilliseconds)) process_.kill();
  process_.waitForFinished(kPatienceMilliseconds);
}

void Recording::start(const QString& scenarioText, const QString& name, const QString& file) {
  cancel();
  told_ = cancelled_ = false;
  const QString stem = QDir(folder_).filePath(QStringLiteral("%1-%2").arg(name, keyOf(scenarioText, engine_)));
  trace_ = stem + QStringLiteral(".octrace");
  if (isComplete(trace_)) {
    told_ = true;
    QMetaObject::invokeMethod(
        this,
        [this] {
          Q_EMIT ready(trace_);
          Q_EMIT ended(QString());
        },
        Qt::QueuedConnection);
    return;
  }
  QFile::remove(trace_);
  QString scenario = file;
  if (scenario.isEmpty()) {
    scenario = stem + QStringLiteral(".toml");
    QSaveFile copy(scenario);
    if (!copy.open(QIODevice::WriteOnly) || copy.write(scenarioText.toUtf8()) < 0 || !copy.commit()) {
      Q_EMIT failed(tr("The scenario could not be written to %1: %2").arg(scenario, copy.errorString()));
      return;
    }
  }
  process_.start(engine_, {QStringLiteral("run"), scenario, QStringLiteral("--trace"), trace_, QStringLiteral("--quiet")});
  looking_.start();
}

void Recording::cancel() {
  looking_.stop();
  if (!running()) return;
  cancelled_ = true;
  process_.terminate();
  if (!process_.waitForFinished(kPatienceMilliseconds)) {
    process_.kill();
    process_.waitForFinished(kPatienceMilliseconds);
  }
}

void Recording::look() {
  if (told_) return looking_.stop();
  const auto reader = TraceReader::open(trace_.toStdString());
  if (!reader || reader->lastSequence() == 0) return;
  looking_.stop();
  told_ = true;
  Q_EMIT ready(trace_);
}

QString Recording::complaint() {
  // What the engine says is a sentence on its last line.
  const QStringList lines = QString::fromUtf8(process_.readAllStandardError()).trimmed().split(QLatin1Char('\n'));
  return lines.isEmpty() ? QString() : lines.last();
}

void Recording::onFinished(int exitCode, QProcess::ExitStatus status) {
  look();
  looking_.stop();
  if (cancelled_) return;
  QString trouble;
  if (status == QProcess::CrashExit)
    trouble = tr("The engine was killed. What it recorded up to then can be looked at.");
  else if (!isWhole(exitCode))
    trouble = tr("The engine ended with code %1: %2").arg(exitCode).arg(complaint());
  if (!told_) {
    Q_EMIT failed(trouble.isEmpty() ? tr("The engine ended without a trace.") : trouble);
    return;
  }
  Q_EMIT ended(trouble);
}

}  // namespace overcommit::gui
