// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/models/event_log_model.h"

#include <algorithm>

#include "gui/models/subject_text.h"
#include "gui/session/text.h"
#include "trace/event_text.h"

namespace overcommit::gui {

void EventLogModel::setEvents(const TraceHeader& header, std::vector<Event> events) {
  beginResetModel();
  names_.clear();
  for (const TraceVm& vm : header.vms) names_.push_back(qstring(vm.name));
  events_ = std::move(events);
  endResetModel();
}

int EventLogModel::nowRow() const {
  const auto after = std::partition_point(events_.begin(), events_.end(), [this](const Event& event) { return event.sequence <= now_; });
  return static_cast<int>(after - events_.begin()) - 1;
}

void EventLogModel::setNow(std::uint64_t sequence) {
  if (sequence == now_) return;
  const int before = nowRow();
  now_ = sequence;
  const int row = nowRow();
  if (row == before || events_.empty()) return;
  const int last = static_cast<int>(events_.size()) - 1;
  const int from = std::clamp(std::min(before, row), 0, last), to = std::clamp(std::max(before, row), 0, last);
  Q_EMIT dataChanged(index(from, 0), index(to, Columns - 1), {Qt::ForegroundRole});
}

int EventLogModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(events_.size()); }
int EventLogModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QString EventLogModel::textOf(const Event& event, int column) const {
  const EventInfo& info = infoOf(event.kind);
  switch (column) {
    case Time: return clockText(event.hostTime, TimeDetail::Micro);
    case Number: return grouped(event.sequence);
    case Vm:
      if (event.vm == kNoVm) return tr("host");
      return event.vm.value() < names_.size() ? names_[event.vm.value()] : tr("VM %1").arg(event.vm.value());
    case Kind: return qstring(info.name);
    case Page: return info.hasGfn ? hexText(event.gfn.value()) : QString();
    case Frame: return info.hasMfn && event.mfn.value() != 0 ? hexText(event.mfn.value()) : QString();
    case Details: {
      QStringList parts;
      for (std::size_t i = 0; i < kEventValues; ++i) {
        if (!info.values[i].empty()) parts << QStringLiteral("%1 %2").arg(qstring(info.values[i]), qstring(eventValueText(event, i)));
      }
      if (!event.text.empty()) parts << qstring(event.text);
      return parts.join(QStringLiteral(", "));
    }
    case Because: return event.cause == 0 ? QString() : grouped(event.cause);
    default: return {};
  }
}

QVariant EventLogModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Event& event = events_[static_cast<std::size_t>(index.row())];
  if (role == Qt::DisplayRole) return textOf(event, index.column());
  if (role == Qt::ToolTipRole) return qstring(infoOf(event.kind).meaning);
  if (role == Qt::ForegroundRole && event.sequence > now_) return dim_;
  if (role == kSequenceRole) return QVariant::fromValue(static_cast<qulonglong>(event.sequence));
  if (role == kCauseRole) return QVariant::fromValue(static_cast<qulonglong>(event.cause));
  if (role == Qt::TextAlignmentRole) {
    const bool number = index.column() == Time || index.column() == Number || index.column() == Page || index.column() == Frame ||
                        index.column() == Because;
    return QVariant::fromValue(Qt::Alignment((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
  }
  return {};
}

QVariant EventLogModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (role != Qt::DisplayRole || orientation != Qt::Horizontal) return {};
  switch (section) {
    case Time: return tr("time");
    case Number: return tr("event");
    case Vm: return tr("VM");
    case Kind: return tr("what");
    case Page: return tr("page");
    case Frame: return tr("frame");
    case Details: return tr("details");
    case Because: return tr("because of");
    default: return {};
  }
}

}  // namespace overcommit::gui
