// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "gui/map/world_fields.h"
#include "gui/panels/panel.h"
#include "gui/session/flight_plan.h"

namespace overcommit::gui {

class GateStrip;
class GuestFloor;
class MachineFloor;
class SwapFloor;
class PageLinks;
class Flights;
class Loupe;
class SeatNote;

// The centre of the window: three floors, guests above, machine memory in the middle, swap files below, with the gates between the first
// two. Down is always reclaim. From the seats of a guest there is no machine, and so no lower floors.
class MachineRoom final : public Panel {
  Q_OBJECT
 public:
  explicit MachineRoom(const PanelContext& context);
  [[nodiscard]] QAbstractItemModel* table() override;
  [[nodiscard]] GuestFloor& guests() { return *guests_; }
  [[nodiscard]] MachineFloor& machine() { return *machine_; }
  [[nodiscard]] const Flights& flights() const { return *flights_; }

 protected:
  void rebuild() override;
  void refresh(Motion motion) override;
  void settled() override;
  void historyGrew() override;
  void selectionChanged() override;
  void resizeEvent(QResizeEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void layOutFloors();
  void showFields(overcommit::gui::Motion motion);
  void updateFields(Motion motion);
  void refreshFigures();
  void refreshCells(overcommit::gui::Motion motion);
  void showLinks();
  void showFlights(overcommit::gui::Motion motion);
  [[nodiscard]] std::vector<QRect> placesOf(const Flight& flight) const;
  void askTimes(overcommit::gui::Motion motion);
  void showLoupe(QObject* floor, QPoint point);

  std::unique_ptr<WorldFields> fields_;
  WorldChanges changes_;  // since the last instant shown
  const Run* fieldsOf_ = nullptr;
  GuestFloor* guests_;
  GateStrip* gates_;
  MachineFloor* machine_;
  SwapFloor* swap_;
  SeatNote* note_;
  PageLinks* links_;
  Flights* flights_;
  Loupe* loupe_;
  FlightPlan plan_;
  std::shared_ptr<const PageTimes> times_;  // for the layers that need them; as last answered
  QElapsedTimer sinceTimes_, sincePlan_;
  QElapsedTimer sinceFade_;
  QElapsedTimer sinceFigures_;
  std::int64_t fadeRest_ = 0;  // ns of playing time that made no whole frame yet
};

}  // namespace overcommit::gui
