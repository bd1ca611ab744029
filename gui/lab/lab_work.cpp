// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/lab/lab_work.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <algorithm>
#include <utility>

#include "gui/link/engine_link.h"
#include "gui/session/places.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

const QString& mark() {
  static const QString kMark = QStringLiteral(".overcommit-lab");
  return kMark;
}
constexpr int kWatchMilliseconds = 200;
constexpr int kListPatience = 5000;  // ms
constexpr int kEndPatience = 2000;   // ms

QByteArray contentsOf(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace

LabWork::LabWork(const ViewOptions& options, QObject* parent) : QObject(parent), recorder_(options) {
  connect(&recorder_, &TourRecorder::did, this, &LabWork::note);
  watch_.setInterval(kWatchMilliseconds);
  connect(&watch_, &QTimer::timeout, this, &LabWork::readReport);
}

LabWork::~LabWork() {
  for (QProcess* process : findChildren<QProcess*>()) {
    disconnect(process, nullptr, this, nullptr);
    process->terminate();
    if (!process->waitForFinished(kEndPatience)) process->kill();
  }
}

QProcess* LabWork::start(const QStringList& arguments, const Ended& ended) {
  const auto engine = enginePath();
  if (!engine) {
    Q_EMIT troubled(qstring(engine.error().text));
    return nullptr;
  }
  auto* process = new QProcess(this);
  connect(process, &QProcess::finished, this, [process, ended](int exitCode, QProcess::ExitStatus status) {
    const QString complaint = QString::fromUtf8(process->readAllStandardError()).trimmed();
    ended(status == QProcess::NormalExit ? exitCode : -1, process->readAllStandardOutput(), complaint);
    process->deleteLater();
  });
  connect(
      process, &QProcess::errorOccurred, this,
      [process, ended](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart) return;
        ended(-1, {}, tr("%1 could not be started: %2").arg(process->program(), process->errorString()));
        process->deleteLater();
      },
      Qt::QueuedConnection);  // never from within start()
  process->start(*engine, arguments);
  return process;
}

// --- which labs there are

void LabWork::list() {
  if (lister_ != nullptr || !enginePath()) return;  // without the command there are none; who wants one is told
  const QStringList arguments{QStringLiteral("lab"), QStringLiteral("list"), QStringLiteral("--format"), QStringLiteral("json")};
  lister_ = start(arguments, [this](int, const QByteArray& out, const QString&) {
    lister_ = nullptr;
    labs_.clear();
    for (const QByteArray& line : out.split('\n')) {
      if (auto lab = labEntryOf(line)) labs_.push_back(std::move(*lab));
    }
    Q_EMIT listed();
    sayIfUnknown();
  });
}

void LabWork::waitForList() {
  if (lister_ != nullptr) lister_->waitForFinished(kListPatience);
}

// --- the folder

QString LabWork::usualFolder(const LabEntry& lab) {
  return QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation) + QStringLiteral("/Overcommit/") + lab.name;
}

bool LabWork::isWork(const QString& folder) { return QFileInfo::exists(QDir(folder).filePath(mark())); }

void LabWork::begin(const LabEntry& lab, const QString& folder, const QString& student) {
  QDir().mkpath(QFileInfo(folder).path());
  QStringList arguments{QStringLiteral("lab"), QStringLiteral("start"), lab.folder, folder};
  if (!student.isEmpty()) arguments << QStringLiteral("--student") << student;
  start(arguments, [this, folder](int exitCode, const QByteArray&, const QString& complaint) {
    if (exitCode != 0) return troubled(tr("The lab could not be begun: %1").arg(complaint));
    if (const auto opened = open(folder); !opened) Q_EMIT troubled(qstring(opened.error().text));
  });
}

Result<void> LabWork::open(const QString& folder) {
  const QString name = QString::fromUtf8(contentsOf(QDir(folder).filePath(mark()))).trimmed();
  if (name.isEmpty())
    return failure("{} is no work on a lab: it has no file {}, which beginning a lab makes", folder.toStdString(), mark().toStdString());
  cancel();
  folder_ = QDir(folder).absolutePath();
  name_ = name;
  report_.reset();
  tour_ = TourLog::read(QDir(folder_).filePath(QStringLiteral("tour.toml")));
  readAgain();
  Q_EMIT opened();
  sayIfUnknown();
  return {};
}

const LabEntry* LabWork::lab() const {
  const auto found = std::ranges::find(labs_, name_, &LabEntry::name);
  return folder_.isEmpty() || found == labs_.end() ? nullptr : &*found;
}

void LabWork::sayIfUnknown() {
  if (!folder_.isEmpty() && !labs_.empty() && lab() == nullptr)
    Q_EMIT troubled(
        tr("%1 is work on the lab %2, which is not here: OVERCOMMIT_LABS can name the folder of the labs.").arg(folder_, name_));
}

bool LabWork::readAgain() {
  bool changed = false;
  for (const auto& [file, to] : {std::pair("answers.toml", &answers_), std::pair("settings.toml", &settings_)}) {
    auto read = AnswerFile::read(QDir(folder_).filePath(QLatin1String(file)));
    if (!read) Q_EMIT troubled(qstring(read.error().text));
    AnswerFile now = read ? std::move(*read) : AnswerFile();
    if (now.saysTheSameAs(*to)) continue;
    *to = std::move(now);
    changed = true;
  }
  return changed;
}

// --- the grader

void LabWork::check() {
  const LabEntry* lab = this->lab();
  if (lab == nullptr || grader_ != nullptr) return;
  results_ = std::make_unique<QTemporaryDir>();
  const QString out = results_->filePath(QStringLiteral("result.json"));
  report_.reset();
  const QStringList arguments{QStringLiteral("grade"),        lab->folder,
                              QStringLiteral("--submission"), folder_,
                              QStringLiteral("--format"),     QStringLiteral("json"),
                              QStringLiteral("--out"),        out,
                              QStringLiteral("--quiet"),      QStringLiteral("--exit-policy"),
                              QStringLiteral("ran")};
  grader_ = start(arguments, [this](int exitCode, const QByteArray&, const QString& complaint) {
    watch_.stop();
    readReport();
    grader_ = nullptr;
    if (exitCode != 0 || !report_ || !report_->complete)
      Q_EMIT troubled(tr("The work could not be checked: %1").arg(complaint.isEmpty() ? tr("the grader was ended") : complaint));
    Q_EMIT checkingChanged();
  });
  if (grader_ == nullptr) return;
  watch_.start();
  Q_EMIT checkingChanged();
}

void LabWork::cancel() {
  watch_.stop();
  for (QProcess** one : {&grader_, &mover_}) {
    QProcess* const process = std::exchange(*one, nullptr);
    if (process == nullptr) continue;
    disconnect(process, nullptr, this, nullptr);
    connect(process, &QProcess::finished, process, &QObject::deleteLater);
    process->terminate();  // the command ends what it started
  }
  Q_EMIT checkingChanged();
}

void LabWork::readReport() {
  if (results_ == nullptr) return;
  auto report = labReportOf(contentsOf(results_->filePath(QStringLiteral("result.json"))));
  const bool isNews = report && (!report_ || report_->checks.size() != report->checks.size() || report_->complete != report->complete);
  if (!isNews) return;
  report_ = std::move(report);
  Q_EMIT reported();
}

void LabWork::showMoment(const LabReport::Check& check) {
  const LabEntry* lab = this->lab();
  const auto runs = runsFolder();
  if (!runs) return troubled(qstring(runs.error().text));
  if (lab == nullptr || check.run.isEmpty() || mover_ != nullptr) return;
  const QString trace = newTraceFile(*runs, QStringLiteral("%1-%2").arg(lab->name, check.run));
  const QStringList arguments{QStringLiteral("grade"),  lab->folder, QStringLiteral("--submission"), folder_,
                              QStringLiteral("--open"), check.id,    QStringLiteral("--trace"),      trace};
  mover_ =
      start(arguments, [this, trace, at = check.time.value_or(VirtualTime(0))](int exitCode, const QByteArray&, const QString& complaint) {
        mover_ = nullptr;
        Q_EMIT checkingChanged();
        if (exitCode != 0) return troubled(tr("The run of the check could not be executed: %1").arg(complaint));
        Q_EMIT momentReady(trace, at);
      });
  Q_EMIT checkingChanged();
}

// --- the tour

// Only what is done with a run of the lab is noted.
void LabWork::setRun(Run* run) {
  const LabEntry* lab = this->lab();
  const bool isTour = lab != nullptr && std::ranges::any_of(lab->steps, [](const LabEntry::Step& step) { return !step.did.isEmpty(); });
  const bool isOfLab = isTour && run != nullptr && lab->scenarios.contains(QFileInfo(qstring(run->header().scenarioName)).fileName());
  recorder_.watch(isOfLab ? run : nullptr);
  if (isOfLab) recorder_.noteOpened();
}

void LabWork::note(const TourLog::Deed& deed) {
  if (folder_.isEmpty() || !tour_.add(deed)) return;
  if (const auto written = tour_.write(); !written) Q_EMIT troubled(qstring(written.error().text));
  Q_EMIT noted();
}

}  // namespace overcommit::gui
