// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QStringList>
#include <vector>

namespace overcommit::gui {

// A table of texts that is replaced as a whole and tells its views only of what differs: the twin of a picture, for screen readers, for
// copying, and for whoever prefers numbers.
class FigureTable final : public QAbstractTableModel {
  Q_OBJECT
 public:
  // The first column names the row; all others are numbers, to the right, or texts from column `texts` on.
  explicit FigureTable(QStringList columns, int texts = 1000, QObject* parent = nullptr);

  // Other columns, and no rows yet.
  void setColumns(const QStringList& columns);
  // What stands in the tool tips of the columns' heads.
  void setTips(const QStringList& tips) { tips_ = tips; }
  // Each row has as many texts as there are columns.
  void setRows(const std::vector<QStringList>& rows);

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  QStringList columns_, tips_;
  int texts_;
  std::vector<QStringList> rows_;
};

// A model as comma-separated values, with its heads (RFC 4180).
QString csvOf(const QAbstractItemModel& model);

}  // namespace overcommit::gui
