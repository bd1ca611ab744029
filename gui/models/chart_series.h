// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QString>
#include <functional>
#include <optional>
#include <vector>

#include "gui/session/history.h"
#include "gui/session/seat.h"
#include "gui/theme/palette.h"
#include "trace/trace_header.h"

namespace overcommit::gui {

// A figure that can be drawn over time.
struct ChartSeries {
  enum class Unit : std::uint8_t { Mebibytes, PerSecond, Milliseconds };
  QString name;
  Unit unit;
  std::optional<Hue> hue;                                    // of a memory state; nothing: the colour of text
  bool dashed = false;                                       // the second of a pair in one colour
  std::function<double(const History&, std::size_t)> value;  // at a sample
};

// "MiB", "/s", "ms".
QString nameOf(ChartSeries::Unit unit);

// Those of the host, or of a VM, that a seat can know; none of the host from a guest's.
std::vector<ChartSeries> chartSeries(std::optional<VmId> vm, Seat seat = Seat::AllKnowing);

// The values of a series at all samples, each the mean of those in the `window` before it (0: itself alone).
std::vector<double> valuesOf(const ChartSeries& series, const History& history, VirtualTime window);

// Some series as a table: time, and a column each.
class ChartTable final : public QAbstractTableModel {
  Q_OBJECT
 public:
  using QAbstractTableModel::QAbstractTableModel;
  void setValues(VirtualTime step, QStringList names, std::vector<std::vector<double>> values);
  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  VirtualTime step_;
  QStringList names_;
  std::vector<std::vector<double>> values_;
};

}  // namespace overcommit::gui
