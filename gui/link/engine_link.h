// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>
#include <memory>

#include "gui/link/branch_list.h"
#include "gui/link/live_run.h"
#include "gui/link/reexecution.h"
#include "gui/session/gate_lock.h"
#include "gui/session/run.h"

namespace overcommit::gui {

// What the window has of engines: the one that executes the run it shows, if there is one; the one that is beginning another run; and the
// one that executes a past again, to look into it. Panels ask here and need not know which of them answers.
class EngineLink final : public QObject {
  Q_OBJECT
 public:
  explicit EngineLink(QObject* parent = nullptr);
  ~EngineLink() override;

  // Begins a scenario; `profile`: of another vintage, or empty. Says begun() or failed(). What is shown stays until it begins.
  void beginScenario(const QString& path, const QString& profile);
  // Executes the run of a trace again up to `at`, and goes on from there in another way. The same answers, and preparing() meanwhile.
  void beginBranch(const QString& trace, const QString& title, VirtualTime at);
  // Gives up what is being begun.
  void cancelBeginning();
  [[nodiscard]] bool beginning() const { return next_ != nullptr; }

  // The window shows this run now, or none. The engine that writes its trace goes on with it; any other ends.
  void show(Run* run);
  // Of the run that is shown; nullptr: it is recorded, or its engine was never ours.
  [[nodiscard]] LiveRun* live() const { return live_; }
  // Why the run that is shown cannot be changed now; empty: it can, and the change acts at live()->now().
  [[nodiscard]] QString whyNoChange() const;

  // Locks a gate or unlocks it, as a change of the run.
  void lockGate(Gate gate, GateLock lock, const LiveRun::Changed& changed);

  // inspect or walk, for the instant on the screen: by the live engine if that is where it stands, else by executing the run again, which
  // pastProgress() tells of. Answered later.
  void ask(const QString& method, const QJsonObject& params, EngineProcess::Answered answered);
  // Whether the answer takes an execution of the past.
  [[nodiscard]] bool takesExecution() const;
  void cancelPast();

  [[nodiscard]] const BranchList& branches() const { return branches_; }
  void setBranches(BranchList branches);
  // Notes how far the run that is shown has come, to know it when its trace is opened again.
  void noteReached();
  // Where the title says that a trace branched off; empty: nowhere.
  [[nodiscard]] QString originOf(const QString& trace) const;

 Q_SIGNALS:
  void begun(const QString& trace);
  void failed(const QString& why);
  // What is being begun, and how far it is; `until` 0: nobody knows.
  void preparing(const QString& what, overcommit::VirtualTime now, overcommit::VirtualTime until);
  void preparingEnded();
  // Of the run that is shown: its engine's state, or whether it has one.
  void liveChanged();
  void changesChanged();
  // Whether the run can be changed at the instant on the screen may be another answer than before.
  void instantChanged();
  void branchesChanged();
  void pastProgress(overcommit::VirtualTime now, overcommit::VirtualTime until);
  void pastSettled();
  void troubled(const QString& text);
  void said(const QString& text);

 private:
  void begin(const QString& stem, const QJsonObject& params, const Branch& branch, const QString& what, VirtualTime until);
  void endBeginning();
  void retire(LiveRun*& run);

  void noticeInstant();
  void tellLive();

  Run* run_ = nullptr;
  QString whyNot_;           // as it was told last
  LiveRun* live_ = nullptr;  // of the run that is shown
  LiveRun* next_ = nullptr;  // being begun, or begun and not shown yet
  Branch nextBranch_;
  std::unique_ptr<Reexecution> past_;
  BranchList branches_;
};

// A file for a new trace in the folder of runs: "demo-3.octrace".
QString newTraceFile(const QString& folder, const QString& stem);

}  // namespace overcommit::gui
