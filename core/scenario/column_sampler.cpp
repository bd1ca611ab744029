// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/column_sampler.h"

#include <algorithm>

#include "policy/wide.h"

namespace overcommit {

ColumnSampler::ColumnSampler(std::span<const SweepColumn> columns) : columns_(columns), figures_(columns.size()), pers_(columns.size()) {}

void ColumnSampler::see(const SweepColumn& column, const SweepColumn::Figure& figure, const Host& host, Track& track) {
  const VirtualTime now = host.now();
  if (column.since && now < *column.since) return;
  switch (column.when) {
    case SweepColumn::When::End:
      if (column.since && !track.base) track.base = figure.read(host);
      return;
    case SweepColumn::When::AtTime:
      if (column.since && !track.base) track.base = figure.read(host);
      if (now >= column.time && !track.value) track.value = figure.read(host);
      return;
    case SweepColumn::When::Least: track.value = std::min(track.value.value_or(UINT64_MAX), figure.read(host)); return;
    case SweepColumn::When::Greatest: track.value = std::max(track.value.value_or(0), figure.read(host)); return;
    case SweepColumn::When::Mean:
      track.sum += figure.read(host);
      ++track.samples;
      return;
  }
}

void ColumnSampler::onQuantum(const Host& host) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    see(columns_[i], columns_[i].figure, host, figures_[i]);
    if (columns_[i].per) see(columns_[i], *columns_[i].per, host, pers_[i]);
  }
}

std::optional<std::uint64_t> ColumnSampler::result(const SweepColumn& column, const SweepColumn::Figure& figure, const Host& host,
                                                   Track track) {
  if (column.when == SweepColumn::When::Mean) return track.samples == 0 ? std::nullopt : std::optional(track.sum / track.samples);
  // A run that ended because nothing can change any more has reached every instant.
  const bool settled = host.allOff();
  if (column.when == SweepColumn::When::End || (column.when == SweepColumn::When::AtTime && !track.value && settled))
    track.value = figure.read(host);
  if (!track.value || !column.since) return track.value;
  if (column.when != SweepColumn::When::End && column.when != SweepColumn::When::AtTime) return track.value;
  if (!track.base && !settled) return std::nullopt;
  const std::uint64_t base = track.base.value_or(*track.value);
  return *track.value > base ? *track.value - base : 0;
}

std::vector<std::optional<std::uint64_t>> ColumnSampler::finish(const Host& host) {
  std::vector<std::optional<std::uint64_t>> values;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto value = result(columns_[i], columns_[i].figure, host, figures_[i]);
    if (columns_[i].per) {
      const auto per = result(columns_[i], *columns_[i].per, host, pers_[i]);
      const bool isRatio = value && per && *per > 0;
      value = isRatio ? std::optional(static_cast<std::uint64_t>(static_cast<Wide>(*value) * 1000 / *per)) : std::nullopt;
    }
    values.push_back(value);
  }
  return values;
}

}  // namespace overcommit
