// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/models/counter_table.h"

#include "gui/session/text.h"

namespace overcommit::gui {

CounterTable::CounterTable(QObject* parent) : QAbstractTableModel(parent) { setFields(Fields::Modelled); }

void CounterTable::setRun(const TraceHeader* header) {
  beginResetModel();
  names_.clear();
  if (header != nullptr) {
    for (const TraceVm& vm : header->vms) names_.push_back(qstring(vm.name));
  }
  figures_.reset();
  endResetModel();
}

void CounterTable::setFields(Fields fields) {
  beginResetModel();
  columns_.clear();
  for (const Counter& counter : vmCounters()) {
    if (fields == Fields::All || counter.read != nullptr) columns_.push_back(&counter);
  }
  endResetModel();
}

void CounterTable::setFigures(std::shared_ptr<const FiguresPair> figures) {
  figures_ = std::move(figures);
  if (!names_.empty() && !columns_.empty())
    Q_EMIT dataChanged(index(0, 1), index(rowCount() - 1, columnCount() - 1), {Qt::DisplayRole, kNumberRole});
}

QStringList CounterTable::hostLines() const {
  QStringList lines;
  if (!figures_) return lines;
  CounterGroup group{};
  for (const Counter& counter : hostCounters()) {
    if (counter.read == nullptr) continue;
    const QString value = qstring(counterText(counter.unit, counterValue(counter, figures_->now, figures_->before)));
    if (lines.isEmpty() || counter.group != group)
      lines << QStringLiteral("%1  %2").arg(qstring(counter.name), value);
    else
      lines.last() += QStringLiteral("   %1 %2").arg(qstring(counter.name).section(QLatin1Char(' '), 1), value);
    group = counter.group;
  }
  return lines;
}

int CounterTable::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(names_.size()); }
int CounterTable::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(columns_.size()) + 1; }

QVariant CounterTable::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const auto row = static_cast<std::size_t>(index.row());
  if (role == Qt::TextAlignmentRole)
    return QVariant::fromValue(Qt::Alignment((index.column() == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter));
  if (index.column() == 0) return role == Qt::DisplayRole || role == kNumberRole ? QVariant(names_[row]) : QVariant();
  if ((role != Qt::DisplayRole && role != kNumberRole) || !figures_) return {};
  const Counter& counter = *columns_[static_cast<std::size_t>(index.column()) - 1];
  const auto value = counterValue(counter, figures_->now, figures_->before, VmId(static_cast<std::uint16_t>(row)));
  if (role == kNumberRole) return QVariant::fromValue(static_cast<qlonglong>(value.value_or(-1)));
  return qstring(counterText(counter.unit, value));
}

QVariant CounterTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  if (section == 0) return role == Qt::DisplayRole ? QVariant(tr("NAME")) : QVariant();
  const Counter& counter = *columns_[static_cast<std::size_t>(section) - 1];
  if (role == Qt::DisplayRole) return qstring(counter.name);
  if (role == Qt::ToolTipRole)
    return QStringLiteral("%1 (%2)\n%3").arg(qstring(counter.name), qstring(nameOf(counter.unit)), qstring(counter.formula)) +
           (counter.metric.empty() ? QString() : QStringLiteral("\nvm.NAME.%1").arg(qstring(counter.metric))) +
           tr("\nEnter on a cell: the events that made it");
  return {};
}

}  // namespace overcommit::gui
