// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/map/map_geometry.h"

#include <QCoreApplication>
#include <algorithm>

#include "base/units.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr int kSmallestByAddress = 4, kLargestCell = 28;

}  // namespace

MapGeometry::MapGeometry(std::uint64_t pages, QSize available, MapOrder order) : pages_(pages) {
  available = available.expandedTo(QSize(1, 1));
  if (pages == 0) return;
  if (order == MapOrder::Auto && layOutByAddress(available, kSmallestByAddress)) return;
  if (order == MapOrder::ByAddress && layOutByAddress(available, 1)) return;
  layOutSorted(available);
}

bool MapGeometry::layOutByAddress(QSize available, int smallest) {
  // The largest cell that fits, a little wider or higher than square if that makes it larger.
  QSize best;
  for (int width = smallest; width <= std::min(kLargestCell, available.width()); ++width) {
    const int columns = available.width() / width;
    const auto rows = static_cast<std::int64_t>((pages_ + static_cast<std::uint64_t>(columns) - 1) / static_cast<std::uint64_t>(columns));
    if (rows > available.height()) continue;
    const int height = std::min({available.height() / static_cast<int>(rows), width * 3 / 2, kLargestCell});
    if (height < smallest || height * 3 < width * 2) continue;
    if (width * height > best.width() * best.height()) best = QSize(width, height);
  }
  if (best.isEmpty()) return false;
  cell_ = best;
  gap_ = best.width() >= kSmallestByAddress && best.height() >= kSmallestByAddress ? 1 : 0;
  auto columns = static_cast<std::uint64_t>(available.width() / best.width());
  columns = std::min(columns, pages_);
  // Rows that begin at round addresses, where that still fits.
  for (const std::uint64_t round : {16u, 8u, 4u}) {
    const std::uint64_t fewer = columns / round * round;
    if (fewer == 0) continue;
    if ((pages_ + fewer - 1) / fewer * static_cast<std::uint64_t>(best.height()) > static_cast<std::uint64_t>(available.height())) continue;
    columns = fewer;
    break;
  }
  pagesPerRow_ = columns;
  rows_ = static_cast<int>((pages_ + columns - 1) / columns);
  size_ = QSize(static_cast<int>(columns) * best.width() - gap_, rows_ * best.height() - gap_);
  return true;
}

void MapGeometry::layOutSorted(QSize available) {
  sorted_ = true;
  const auto mostRows = static_cast<std::uint64_t>(std::max(available.height() / 2, 1));
  pagesPerRow_ = 16;
  while ((pages_ + pagesPerRow_ - 1) / pagesPerRow_ > mostRows) pagesPerRow_ *= 2;
  rows_ = static_cast<int>((pages_ + pagesPerRow_ - 1) / pagesPerRow_);
  size_ = available;
  cell_ = QSize(available.width(), std::max(available.height() / rows_, 1));
}

QRect MapGeometry::rectOf(std::uint64_t page) const {
  if (page >= pages_ || rows_ == 0) return {};
  const int row = static_cast<int>(page / pagesPerRow_);
  if (sorted_) return {0, rowTop(row), size_.width(), rowHeight(row)};
  const int column = static_cast<int>(page % pagesPerRow_);
  return {column * cell_.width(), row * cell_.height(), cell_.width() - gap_, cell_.height() - gap_};
}

std::optional<std::uint64_t> MapGeometry::pageAt(QPoint point) const {
  if (rows_ == 0 || !QRect(QPoint(), size_).contains(point)) return std::nullopt;
  int row = sorted_ ? static_cast<int>(std::int64_t{point.y()} * rows_ / std::max(size_.height(), 1)) : point.y() / cell_.height();
  if (sorted_ && row + 1 < rows_ && rowTop(row + 1) <= point.y()) ++row;
  const std::uint64_t first = static_cast<std::uint64_t>(row) * pagesPerRow_;
  const std::uint64_t page = sorted_ ? first : first + static_cast<std::uint64_t>(point.x() / cell_.width());
  return page < pages_ && page < first + pagesPerRow_ ? std::optional(page) : std::nullopt;
}

QString MapGeometry::caption() const {
  if (rows_ == 0) return {};
  if (!sorted_) return QCoreApplication::translate("MapGeometry", "1 cell = 1 page = 4 KiB");
  return QCoreApplication::translate("MapGeometry", "1 row = %1 pages = %2, sorted by state")
      .arg(grouped(pagesPerRow_), qstring(formatBytes(bytesOf(Pages(pagesPerRow_)))));
}

}  // namespace overcommit::gui
