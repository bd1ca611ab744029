// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTimer>
#include <functional>
#include <memory>
#include <vector>

#include "gui/lab/answer_file.h"
#include "gui/lab/lab_entry.h"
#include "gui/lab/lab_report.h"
#include "gui/lab/tour_log.h"
#include "gui/lab/tour_recorder.h"

namespace overcommit::gui {

// Somebody's work on a lab: the folder that will be handed in, what was done in it, and what the grader says. Labs are begun and graded by
// the command (`overcommit lab`, `overcommit grade`), so that the app and a terminal say the same.
class LabWork final : public QObject {
  Q_OBJECT
 public:
  explicit LabWork(const ViewOptions& options, QObject* parent = nullptr);
  ~LabWork() override;

  // Asks the command for the labs that are there; listed() tells.
  void list();
  void waitForList();
  [[nodiscard]] const std::vector<LabEntry>& labs() const { return labs_; }

  // Makes the folder of a lab, which must be new or empty, and opens it. `student`: whose variant; empty: nobody's.
  void begin(const LabEntry& lab, const QString& folder, const QString& student);
  // A folder that was begun before; the error says why it is none.
  Result<void> open(const QString& folder);
  [[nodiscard]] static bool isWork(const QString& folder);
  // Where the work on a lab lies if nobody says otherwise.
  [[nodiscard]] static QString usualFolder(const LabEntry& lab);

  // Empty: nothing is open.
  [[nodiscard]] const QString& folder() const { return folder_; }
  [[nodiscard]] const LabEntry* lab() const;
  [[nodiscard]] const QString& name() const { return name_; }  // of the lab, even before the labs are listed
  [[nodiscard]] AnswerFile& answers() { return answers_; }
  [[nodiscard]] AnswerFile& settings() { return settings_; }
  // Reads answers and settings again, for an editor may have written to them. Whether one has.
  bool readAgain();
  [[nodiscard]] bool isDone(const LabEntry::Step& step) const { return !step.did.isEmpty() && tour_.has(step.did); }

  // Has the work graded; reported() tells after every check. Cancelled by cancel().
  void check();
  [[nodiscard]] bool checking() const { return grader_ != nullptr; }
  void cancel();
  [[nodiscard]] const std::optional<LabReport>& report() const { return report_; }
  // Has the run of a check executed, to be looked at: momentReady() tells. One at a time.
  void showMoment(const LabReport::Check& check);
  [[nodiscard]] bool showingMoment() const { return mover_ != nullptr; }

  // The window shows this run now, or none; and this panel came to the front.
  void setRun(Run* run);
  [[nodiscard]] TourRecorder& recorder() { return recorder_; }

 Q_SIGNALS:
  void listed();
  void opened();
  // Something that was done was noted.
  void noted();
  void reported();
  void checkingChanged();
  void momentReady(const QString& trace, overcommit::VirtualTime at);
  void troubled(const QString& text);

 private:
  using Ended = std::function<void(int exitCode, const QByteArray& out, const QString& complaint)>;
  QProcess* start(const QStringList& arguments, const Ended& ended);
  void readReport();
  void sayIfUnknown();
  void note(const TourLog::Deed& deed);

  std::vector<LabEntry> labs_;
  QProcess* lister_ = nullptr;
  QString folder_, name_;
  AnswerFile answers_, settings_;
  TourLog tour_;
  TourRecorder recorder_;
  QProcess* grader_ = nullptr;
  QProcess* mover_ = nullptr;  // that executes the run of a check
  std::unique_ptr<QTemporaryDir> results_;
  QTimer watch_;  // looks whether the grader has written
  std::optional<LabReport> report_;
};

}  // namespace overcommit::gui
