// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <memory>
#include <vector>

#include "gui/session/inquiry.h"
#include "trace/counters.h"
#include "trace/trace_header.h"

namespace overcommit::gui {

// The memory screen of esxtop: a row a VM, a column a counter by its real name; the tool tip of a column's head is its formula.
class CounterTable final : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum class Fields : std::uint8_t { Modelled, All };
  static constexpr int kNumberRole = Qt::UserRole;  // for sorting: the plain value, or the name

  explicit CounterTable(QObject* parent = nullptr);
  void setRun(const TraceHeader* header);
  void setFields(Fields fields);
  void setFigures(std::shared_ptr<const FiguresPair> figures);
  // The lines above the table: "PMEM /MB: 128.00 total: …".
  [[nodiscard]] QStringList hostLines() const;
  // What a column counts; nullptr for that of the names.
  [[nodiscard]] const Counter* counterOf(int column) const { return column < 1 ? nullptr : columns_[static_cast<std::size_t>(column) - 1]; }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<QString> names_;
  std::vector<const Counter*> columns_;
  std::shared_ptr<const FiguresPair> figures_;
};

}  // namespace overcommit::gui
