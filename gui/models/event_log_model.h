// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QBrush>
#include <vector>

#include "trace/event.h"
#include "trace/trace_header.h"

namespace overcommit::gui {

// A stretch of a trace's events, one a row. Those that are still to come are dim.
class EventLogModel final : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Time, Number, Vm, Kind, Page, Frame, Details, Because, Columns };
  static constexpr int kSequenceRole = Qt::UserRole;  // of the event
  static constexpr int kCauseRole = Qt::UserRole + 1;

  using QAbstractTableModel::QAbstractTableModel;

  // `header` names the VMs.
  void setEvents(const TraceHeader& header, std::vector<Event> events);
  void clear() { setEvents({}, {}); }
  // The last event that has happened on the screen.
  void setNow(std::uint64_t sequence);
  void setDim(const QBrush& dim) { dim_ = dim; }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  // The last row that has happened; -1: none.
  [[nodiscard]] int nowRow() const;

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  [[nodiscard]] QString textOf(const Event& event, int column) const;

  std::vector<QString> names_;
  std::vector<Event> events_;
  std::uint64_t now_ = 0;
  QBrush dim_;
};

}  // namespace overcommit::gui
