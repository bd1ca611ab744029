// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/models/chart_series.h"

#include <QCoreApplication>
#include <algorithm>
#include <array>

#include "gui/models/subject_text.h"

namespace overcommit::gui {
namespace {

using Unit = ChartSeries::Unit;

QString called(const char* text) { return QCoreApplication::translate("ChartSeries", text); }
double mebibytesOf(std::uint32_t pages) { return pages / 256.0; }

double rateBetween(const History& history, std::size_t i, std::uint64_t now, std::uint64_t before) {
  if (i == 0 || now < before) return 0;
  return static_cast<double>(now - before) * 1e9 / static_cast<double>(history.step().value());
}

ChartSeries gateSeries(Gate gate, bool down, std::optional<VmId> vm) {
  const QString name = QStringLiteral("%1: %2/s").arg(nameOf(gate), down ? downName(gate) : upName(gate));
  const auto index = static_cast<std::size_t>(gate);
  return {name, Unit::PerSecond, hueOf(gate), !down, [=](const History& history, std::size_t i) {
            const auto countAt = [&](std::size_t sample) {
              const GateCounts& counts = vm ? history.vm(sample, *vm).gates[index] : history.host(sample).gates[index];
              return down ? counts.down : counts.up;
            };
            return i == 0 ? 0.0 : rateBetween(history, i, countAt(i), countAt(i - 1));
          }};
}

ChartSeries operationsSeries(VmId vm) {
  return {called("operations/s"), Unit::PerSecond, std::nullopt, false, [vm](const History& history, std::size_t i) {
            return i == 0 ? 0.0 : rateBetween(history, i, history.vm(i, vm).operations, history.vm(i - 1, vm).operations);
          }};
}

ChartSeries useSeries(VmId vm, const QString& name, std::optional<Hue> hue, std::initializer_list<GuestUse> uses) {
  return {name, Unit::Mebibytes, hue, false, [vm, all = std::vector(uses)](const History& history, std::size_t i) {
            double sum = 0;
            for (const GuestUse use : all) sum += mebibytesOf(history.vm(i, vm).at(use));
            return sum;
          }};
}

std::vector<ChartSeries> guestSeries(VmId vm, Seat seat) {
  std::vector<ChartSeries> all;
  if (seat == Seat::GuestOs) {
    all.push_back(useSeries(vm, called("free"), std::nullopt, {GuestUse::Free}));
    all.push_back(useSeries(vm, called("programs"), Hue::Private, {GuestUse::User}));
    all.push_back(useSeries(vm, called("page cache"), Hue::Shared, {GuestUse::Cache}));
    all.push_back(useSeries(vm, called("kernel"), Hue::Overhead, {GuestUse::Kernel, GuestUse::Table}));
    all.push_back(useSeries(vm, called("balloon"), Hue::Ballooned, {GuestUse::Balloon}));
  } else {
    all.push_back(useSeries(vm, called("its own memory"), Hue::Private, {GuestUse::User}));
  }
  all.push_back(operationsSeries(vm));
  const std::array names{called("operation: half within"), called("operation: 95 % within"), called("operation: 99 % within")};
  for (std::size_t n = 0; n < names.size(); ++n) {
    all.push_back({names[n], Unit::Milliseconds, n == 0 ? std::optional(Hue::Accent) : std::nullopt, n == 1,
                   [vm, n](const History& history, std::size_t i) {
                     return static_cast<double>((kTimeGrain * history.vm(i, vm).latency[n]).value()) / 1e6;
                   }});
  }
  return all;
}

}  // namespace

QString nameOf(ChartSeries::Unit unit) {
  switch (unit) {
    case Unit::Mebibytes: return QStringLiteral("MiB");
    case Unit::PerSecond: return QStringLiteral("/s");
    case Unit::Milliseconds: return QStringLiteral("ms");
  }
  return {};
}

std::vector<ChartSeries> chartSeries(std::optional<VmId> vm, Seat seat) {
  std::vector<ChartSeries> all;
  if (!seesMachine(seat)) return vm ? guestSeries(*vm, seat) : all;
  if (vm) {
    struct Place {
      PagePlace place;
      Hue hue;
    };
    for (const Place& one :
         {Place{PagePlace::Private, Hue::Private}, Place{PagePlace::Shared, Hue::Shared}, Place{PagePlace::Ballooned, Hue::Ballooned},
          Place{PagePlace::Zipped, Hue::Zipped}, Place{PagePlace::Swapped, Hue::Swapped}}) {
      all.push_back(
          {nameOfPlace(one.place), Unit::Mebibytes, one.hue, false,
           [place = one.place, id = *vm](const History& history, std::size_t i) { return mebibytesOf(history.vm(i, id).at(place)); }});
    }
    all.push_back({called("target"), Unit::Mebibytes, std::nullopt, false,
                   [id = *vm](const History& history, std::size_t i) { return mebibytesOf(history.vm(i, id).target); }});
    all.push_back({called("working set, estimated"), Unit::Mebibytes, std::nullopt, true,
                   [id = *vm](const History& history, std::size_t i) { return mebibytesOf(history.vm(i, id).active); }});
    all.push_back({called("balloon is to be"), Unit::Mebibytes, Hue::Ballooned, true,
                   [id = *vm](const History& history, std::size_t i) { return mebibytesOf(history.vm(i, id).balloonTarget); }});
    all.push_back(operationsSeries(*vm));
  } else {
    struct Use {
      FrameUse use;
      std::optional<Hue> hue;
    };
    for (const Use& one : {Use{FrameUse::Free, std::nullopt}, Use{FrameUse::Private, Hue::Private}, Use{FrameUse::Shared, Hue::Shared},
                           Use{FrameUse::ZipStore, Hue::Zipped}, Use{FrameUse::Overhead, Hue::Overhead}}) {
      all.push_back({nameOfUse(one.use), Unit::Mebibytes, one.hue, false,
                     [use = one.use](const History& history, std::size_t i) { return mebibytesOf(history.host(i).at(use)); }});
    }
    all.push_back({called("operations/s, all VMs"), Unit::PerSecond, std::nullopt, false, [](const History& history, std::size_t i) {
                     if (i == 0) return 0.0;
                     std::uint64_t now = 0, before = 0;
                     for (std::size_t v = 0; v < history.vms(); ++v) {
                       const VmId id(static_cast<std::uint16_t>(v));
                       now += history.vm(i, id).operations;
                       before += history.vm(i - 1, id).operations;
                     }
                     return rateBetween(history, i, now, before);
                   }});
  }
  for (const Gate gate : kAllGates) {
    all.push_back(gateSeries(gate, true, vm));
    if (!upName(gate).isEmpty()) all.push_back(gateSeries(gate, false, vm));
  }
  return all;
}

std::vector<double> valuesOf(const ChartSeries& series, const History& history, VirtualTime window) {
  std::vector<double> values(history.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = series.value(history, i);
  const std::uint64_t width = window.value() / history.step().value();
  if (width < 2) return values;
  std::vector<double> means(values.size());
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum += values[i];
    if (i >= width) sum -= values[i - width];
    means[i] = sum / static_cast<double>(std::min<std::uint64_t>(i + 1, width));
  }
  return means;
}

void ChartTable::setValues(VirtualTime step, QStringList names, std::vector<std::vector<double>> values) {
  beginResetModel();
  step_ = step;
  names_ = std::move(names);
  values_ = std::move(values);
  endResetModel();
}

int ChartTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || values_.empty() ? 0 : static_cast<int>(values_.front().size());
}
int ChartTable::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(values_.size()) + 1; }

QVariant ChartTable::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  if (role == Qt::TextAlignmentRole) return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
  if (role != Qt::DisplayRole) return {};
  const auto row = static_cast<std::size_t>(index.row());
  if (index.column() == 0) return QString::number(static_cast<double>((step_ * (row + 1)).value()) / 1e9, 'f', 3);
  return QString::number(values_[static_cast<std::size_t>(index.column()) - 1][row], 'f', 3);
}

QVariant ChartTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (role != Qt::DisplayRole || orientation != Qt::Horizontal) return {};
  return section == 0 ? tr("time in s") : names_.value(section - 1);
}

}  // namespace overcommit::gui
