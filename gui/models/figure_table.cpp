// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/models/figure_table.h"

#include <algorithm>

namespace overcommit::gui {

FigureTable::FigureTable(QStringList columns, int texts, QObject* parent)
    : QAbstractTableModel(parent), columns_(std::move(columns)), texts_(texts) {}

int FigureTable::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(rows_.size()); }
int FigureTable::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(columns_.size()); }

QVariant FigureTable::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  if (role == Qt::TextAlignmentRole)
    return QVariant::fromValue(Qt::Alignment(index.column() == 0 || index.column() >= texts_ ? Qt::AlignLeft | Qt::AlignVCenter
                                                                                             : Qt::AlignRight | Qt::AlignVCenter));
  if (role != Qt::DisplayRole) return {};
  return rows_[static_cast<std::size_t>(index.row())].value(index.column());
}

QVariant FigureTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::ToolTipRole && section < tips_.size()) return tips_.value(section);
  return role == Qt::DisplayRole ? QVariant(columns_.value(section)) : QVariant();
}

void FigureTable::setColumns(const QStringList& columns) {
  if (columns == columns_) return;
  beginResetModel();
  columns_ = columns;
  rows_.clear();
  endResetModel();
}

void FigureTable::setRows(const std::vector<QStringList>& rows) {
  if (rows.size() != rows_.size()) {
    beginResetModel();
    rows_ = rows;
    endResetModel();
    return;
  }
  int first = -1, last = -1;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] == rows_[i]) continue;
    rows_[i] = rows[i];
    if (first < 0) first = static_cast<int>(i);
    last = static_cast<int>(i);
  }
  if (first >= 0 && !columns_.isEmpty()) Q_EMIT dataChanged(index(first, 0), index(last, static_cast<int>(columns_.size()) - 1));
}

QString csvOf(const QAbstractItemModel& model) {
  const auto cell = [](QString text) {
    if (!text.contains(QLatin1Char(',')) && !text.contains(QLatin1Char('"')) && !text.contains(QLatin1Char('\n'))) return text;
    return QStringLiteral("\"%1\"").arg(text.replace(QLatin1Char('"'), QStringLiteral("\"\"")));
  };
  QString csv;
  const auto line = [&](auto textAt) {
    for (int column = 0; column < model.columnCount(); ++column) {
      if (column > 0) csv += QLatin1Char(',');
      csv += cell(textAt(column));
    }
    csv += QStringLiteral("\r\n");
  };
  line([&](int column) { return model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString(); });
  for (int row = 0; row < model.rowCount(); ++row)
    line([&](int column) { return model.index(row, column).data(Qt::DisplayRole).toString(); });
  return csv;
}

}  // namespace overcommit::gui
