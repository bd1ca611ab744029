// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QPoint>
#include <QRect>
#include <QSize>
#include <QString>
#include <cstdint>
#include <optional>

namespace overcommit::gui {

enum class MapOrder : std::uint8_t { Auto, ByAddress, Sorted };

// How a memory of n pages is laid out in a rectangle of device pixels.
//
//   by address   one cell a page, from left to right and row by row, 1 px apart: where a cell can have 4 px
//   sorted       each row is a run of consecutive pages as a bar, its states in the order of CellState: where a cell could not, so that
//                nothing is averaged away and nothing is confetti. Rows are 2 px high at least and fill the height
class MapGeometry {
 public:
  MapGeometry() = default;
  MapGeometry(std::uint64_t pages, QSize available, MapOrder order);

  [[nodiscard]] bool sorted() const { return sorted_; }
  [[nodiscard]] std::uint64_t pages() const { return pages_; }
  [[nodiscard]] QSize size() const { return size_; }  // what is used of the rectangle
  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] std::uint64_t pagesPerRow() const { return pagesPerRow_; }
  [[nodiscard]] QSize cell() const { return cell_; }  // by address: with its gap
  [[nodiscard]] int gap() const { return gap_; }
  [[nodiscard]] int rowTop(int row) const { return sorted_ ? row * size_.height() / rows_ : row * cell_.height(); }
  [[nodiscard]] int rowHeight(int row) const { return rowTop(row + 1) - rowTop(row); }

  // Where a page is: its cell, or its row.
  [[nodiscard]] QRect rectOf(std::uint64_t page) const;
  // By address the page at a point; sorted the first page of the row there.
  [[nodiscard]] std::optional<std::uint64_t> pageAt(QPoint point) const;
  // "1 cell = 1 page = 4 KiB", "1 row = 256 pages = 1 MiB, sorted by state".
  [[nodiscard]] QString caption() const;

 private:
  bool layOutByAddress(QSize available, int smallest);
  void layOutSorted(QSize available);

  std::uint64_t pages_ = 0;
  bool sorted_ = false;
  QSize size_;
  QSize cell_;
  int gap_ = 0;
  int rows_ = 0;
  std::uint64_t pagesPerRow_ = 1;
};

}  // namespace overcommit::gui
