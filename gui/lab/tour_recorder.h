// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

#include "gui/lab/tour_log.h"
#include "gui/session/run.h"
#include "gui/session/view_options.h"

namespace overcommit::gui {

// Notices what is done with a run, as the steps of a tour know it.
class TourRecorder final : public QObject {
  Q_OBJECT
 public:
  explicit TourRecorder(const ViewOptions& options, QObject* parent = nullptr);

  // What to look at from now on; nullptr: nothing.
  void watch(Run* run);
  void noteOpened();
  void notePanel(const QString& id);

 Q_SIGNALS:
  void did(const overcommit::gui::TourLog::Deed& deed);

 private:
  void noteSeat();
  void noteInstant();
  void noteSelection();
  [[nodiscard]] QString placeOf(VmId vm, Gfn gfn) const;

  const ViewOptions& options_;
  Seat seat_;
  Run* run_ = nullptr;
};

}  // namespace overcommit::gui
