// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/map/cell_painter.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace overcommit::gui {
namespace {

constexpr int kSmallestPattern = 6;  // px of a cell

// Which pixels of a cell of `width` by `height` carry the mark of its state, so that states differ without their colours too.
bool marked(CellState state, int x, int y, int width, int height) {
  const int middleX = width / 2, middleY = height / 2;
  switch (state) {
    case CellState::Shared: return (x == middleX || x == middleX - 1) && (y == middleY || y == middleY - 1);
    case CellState::Zipped: return y == middleY || y == middleY - 2;
    case CellState::Ballooned: return x == middleX;
    case CellState::Swapped: return x * height / width == y;
    case CellState::FreeHeld: return (width - 1 - x) * height / width == y;
    case CellState::Overhead:
    case CellState::Private:
    case CellState::Cache:
    case CellState::Empty: return false;
  }
  return false;
}

}  // namespace

CellColours::CellColours(const Palette& palette, QRgb ground, MapLayer layer)
    : ground_(ground), layer_(layer), stack_(stackedCodes(layer)) {
  const QRgb ink = palette.at(Hue::Text);
  std::array<QRgb, kLayerCodes> colourOfCode{}, markOfCode{};
  for (unsigned code = 0; code < kLayerCodes; ++code) {
    colourOfCode[code] = colourOf(layer, layerCode(code), palette);
    markOfCode[code] = mixed(colourOfCode[code], readableOn(colourOfCode[code]), 110);
  }
  for (unsigned raw = 0; raw < 256; ++raw) {
    const Cell cell(static_cast<std::uint8_t>(raw));
    QRgb colour = colourOfCode[static_cast<std::size_t>(cell.state())];
    QRgb mark = markOfCode[static_cast<std::size_t>(cell.state())];
    const unsigned strength = cell.highlight() * 150 / kFullHighlight;
    colour = mixed(colour, ink, strength);
    mark = mixed(mark, ink, strength);
    if (cell.back()) {
      constexpr unsigned kReceded = 179;  // 70 % of the way: 30 % is left
      colour = mixed(colour, ground, kReceded);
      mark = mixed(mark, ground, kReceded);
    }
    colours_[raw] = colour;
    marks_[raw] = mark;
  }
}

void CellPainter::setUp(const MapGeometry& geometry, const CellColours& colours) {
  geometry_ = geometry;
  colours_ = colours;
  image_ = QImage(geometry.size().expandedTo(QSize(1, 1)), QImage::Format_RGB32);
  image_.fill(colours.ground());
  rows_.assign(geometry.sorted() ? static_cast<std::size_t>(geometry.rows()) : 0, {});
  stale_.assign(static_cast<std::size_t>(geometry.rows()), 0);
  seen_.reset();
}

QRect CellPainter::draw(const CellField& field) {
  if (!colours_ || geometry_.rows() == 0 || field.size() != geometry_.pages()) return {};
  const std::uint64_t perRow = geometry_.pagesPerRow();
  const auto changes = seen_ ? field.changesAfter(*seen_) : std::nullopt;
  if (changes) {
    for (const CellField::Changed& changed : *changes) {
      const std::size_t row = changed.index / perRow;
      stale_[row] = 1;
      if (!geometry_.sorted()) continue;
      rows_[row].remove(changed.before);
      rows_[row].add(changed.after);
    }
  } else {
    std::ranges::fill(stale_, 1);
    std::ranges::fill(rows_, Row());
    if (geometry_.sorted()) {
      for (std::uint64_t i = 0; i < field.size(); ++i) rows_[i / perRow].add(field.at(i));
    }
  }
  seen_ = field.changes();
  int first = geometry_.rows(), last = -1;
  for (int row = 0; row < geometry_.rows(); ++row) {
    std::uint8_t& stale = stale_[static_cast<std::size_t>(row)];
    if (stale == 0) continue;
    stale = 0;
    if (geometry_.sorted())
      drawSorted(row);
    else
      drawByAddress(row, field);
    first = std::min(first, row);
    last = row;
  }
  if (last < 0) return {};
  return {0, geometry_.rowTop(first), image_.width(), std::min(geometry_.rowTop(last + 1), image_.height()) - geometry_.rowTop(first)};
}

void CellPainter::Row::add(Cell cell) {
  const auto state = static_cast<std::size_t>(cell.state());
  const unsigned upper = cell.raw() >> 4;
  if (counts[state][upper]++ == 0) present[state] |= static_cast<std::uint16_t>(1u << upper);
}

void CellPainter::Row::remove(Cell cell) {
  const auto state = static_cast<std::size_t>(cell.state());
  const unsigned upper = cell.raw() >> 4;
  if (--counts[state][upper] == 0) present[state] &= static_cast<std::uint16_t>(~(1u << upper));
}

void CellPainter::drawByAddress(int row, const CellField& field) {
  const int width = geometry_.cell().width(), height = geometry_.cell().height();
  const int inner = width - geometry_.gap(), lines = height - geometry_.gap();
  const bool patterns = colours_->marks() && inner >= kSmallestPattern - 1 && lines >= kSmallestPattern - 1 && geometry_.gap() > 0;
  const int top = geometry_.rowTop(row);
  auto* const line = reinterpret_cast<QRgb*>(image_.scanLine(top));
  const auto bytes = static_cast<std::size_t>(image_.width()) * sizeof(QRgb);
  const auto pitch = static_cast<std::ptrdiff_t>(image_.bytesPerLine() / static_cast<qsizetype>(sizeof(QRgb)));
  const std::uint64_t begin = static_cast<std::uint64_t>(row) * geometry_.pagesPerRow();
  const std::uint64_t count = std::min(geometry_.pagesPerRow(), field.size() - begin);
  for (std::uint64_t i = 0; i < count; ++i)
    std::fill_n(line + static_cast<std::ptrdiff_t>(i) * width, inner, colours_->of(field.at(begin + i)));
  for (int y = 1; y < lines; ++y) std::memcpy(line + y * pitch, line, bytes);
  if (!patterns) return;
  for (int y = 0; y < lines; ++y) {
    QRgb* const pixels = line + y * pitch;
    for (std::uint64_t i = 0; i < count; ++i) {
      const Cell its = field.at(begin + i);
      const CellState state = its.state();
      if (state == CellState::Private || state == CellState::Empty || state == CellState::Overhead) continue;
      QRgb* const cell = pixels + static_cast<std::ptrdiff_t>(i) * width;
      for (int x = 0; x < inner; ++x) {
        if (marked(state, x, y, inner, lines)) cell[x] = colours_->markOf(its);
      }
    }
  }
}

// Of each state from the faintest highlight to the strongest, what stands back last.
void CellPainter::drawSorted(int row) {
  const Row& its = rows_[static_cast<std::size_t>(row)];
  const int top = geometry_.rowTop(row), height = geometry_.rowHeight(row);
  auto* const line = reinterpret_cast<QRgb*>(image_.scanLine(top));
  const auto width = static_cast<std::uint64_t>(image_.width());
  // Pixels a page, as a fraction of 2^32.
  const std::uint64_t scale = (width << 32) / geometry_.pagesPerRow();
  std::uint64_t pages = 0;
  int x = 0;
  for (const CellState state : colours_->stack()) {
    const auto code = static_cast<std::size_t>(state);
    for (unsigned present = its.present[code]; present != 0; present &= present - 1) {
      const auto upper = static_cast<unsigned>(std::countr_zero(present));
      const Cell cell(static_cast<std::uint8_t>(upper << 4 | code));
      pages += its.counts[code][upper];
      const int to = static_cast<int>((pages * scale + (std::uint64_t{1} << 31)) >> 32);
      if (to > x) std::fill(line + x, line + to, colours_->of(cell));
      x = std::max(x, to);
    }
  }
  std::fill(line + x, line + image_.width(), colours_->ground());
  const auto pitch = static_cast<std::ptrdiff_t>(image_.bytesPerLine() / static_cast<qsizetype>(sizeof(QRgb)));
  for (int y = 1; y < height; ++y) std::memcpy(line + y * pitch, line, static_cast<std::size_t>(image_.width()) * sizeof(QRgb));
}

}  // namespace overcommit::gui
