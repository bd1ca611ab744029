// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/map/cell_painter.h"

#include <algorithm>
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
  for (unsigned raw = 0; raw < 256; ++raw) {
    const Cell cell(static_cast<std::uint8_t>(raw));
    QRgb colour = colourOf(layer, cell.state(), palette);
    QRgb mark = mixed(colour, readableOn(colour), 110);
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
  drawn_.clear();
  counts_.resize(geometry.sorted() ? static_cast<std::size_t>(geometry.rows()) : 0);
  fresh_ = true;
}

QRect CellPainter::draw(std::span<const Cell> cells) {
  if (!colours_ || geometry_.rows() == 0 || cells.size() != geometry_.pages()) return {};
  if (drawn_.size() != cells.size()) {
    drawn_.assign(cells.begin(), cells.end());
    fresh_ = true;
  }
  int first = geometry_.rows(), last = -1;
  for (int row = 0; row < geometry_.rows(); ++row) {
    const std::size_t begin = static_cast<std::size_t>(row) * geometry_.pagesPerRow();
    const auto pages = cells.subspan(begin, std::min<std::size_t>(geometry_.pagesPerRow(), cells.size() - begin));
    const std::span<Cell> drawn = std::span(drawn_).subspan(begin, pages.size());
    if (!fresh_ && std::memcmp(pages.data(), drawn.data(), pages.size()) == 0) continue;
    if (geometry_.sorted()) countAnew(row, pages, drawn);
    std::ranges::copy(pages, drawn.begin());
    if (geometry_.sorted())
      drawSorted(row);
    else
      drawByAddress(row, pages);
    first = std::min(first, row);
    last = row;
  }
  fresh_ = false;
  if (last < 0) return {};
  return {0, geometry_.rowTop(first), image_.width(), std::min(geometry_.rowTop(last + 1), image_.height()) - geometry_.rowTop(first)};
}

void CellPainter::drawByAddress(int row, std::span<const Cell> cells) {
  const int width = geometry_.cell().width(), height = geometry_.cell().height();
  const int inner = width - geometry_.gap(), lines = height - geometry_.gap();
  const bool patterns = colours_->marks() && inner >= kSmallestPattern - 1 && lines >= kSmallestPattern - 1 && geometry_.gap() > 0;
  const int top = geometry_.rowTop(row);
  auto* const line = reinterpret_cast<QRgb*>(image_.scanLine(top));
  const auto bytes = static_cast<std::size_t>(image_.width()) * sizeof(QRgb);
  for (std::size_t i = 0; i < cells.size(); ++i) std::fill_n(line + static_cast<std::ptrdiff_t>(i) * width, inner, colours_->of(cells[i]));
  for (int y = 1; y < lines; ++y) std::memcpy(image_.scanLine(top + y), line, bytes);
  if (!patterns) return;
  for (int y = 0; y < lines; ++y) {
    auto* const pixels = reinterpret_cast<QRgb*>(image_.scanLine(top + y));
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const CellState state = cells[i].state();
      if (state == CellState::Private || state == CellState::Empty || state == CellState::Overhead) continue;
      QRgb* const cell = pixels + static_cast<std::ptrdiff_t>(i) * width;
      for (int x = 0; x < inner; ++x) {
        if (marked(state, x, y, inner, lines)) cell[x] = colours_->markOf(cells[i]);
      }
    }
  }
}

// The row's cells by what they show. Of hundreds few differ from what is drawn, so eight are compared at once.
void CellPainter::countAnew(int row, std::span<const Cell> cells, std::span<const Cell> drawn) {
  auto& counts = counts_[static_cast<std::size_t>(row)];
  if (fresh_) {
    counts = {};
    for (const Cell cell : cells) ++counts[cell.raw()];
    return;
  }
  for (std::size_t i = 0; i < cells.size(); i += sizeof(std::uint64_t)) {
    const std::size_t end = std::min(i + sizeof(std::uint64_t), cells.size());
    if (std::memcmp(&cells[i], &drawn[i], end - i) == 0) continue;
    for (std::size_t at = i; at < end; ++at) {
      --counts[drawn[at].raw()];
      ++counts[cells[at].raw()];
    }
  }
}

void CellPainter::drawSorted(int row) {
  const auto& counts = counts_[static_cast<std::size_t>(row)];
  const int top = geometry_.rowTop(row), height = geometry_.rowHeight(row);
  auto* const line = reinterpret_cast<QRgb*>(image_.scanLine(top));
  const auto width = static_cast<std::uint64_t>(image_.width());
  std::uint64_t pages = 0;
  int x = 0;
  const auto bar = [&](Cell cell) {
    pages += counts[cell.raw()];
    const int to = static_cast<int>((pages * width + geometry_.pagesPerRow() / 2) / geometry_.pagesPerRow());
    if (to > x) std::fill(line + x, line + to, colours_->of(cell));
    x = std::max(x, to);
  };
  for (const CellState state : colours_->stack()) {
    for (const bool back : {false, true}) {
      for (unsigned highlight = 0; highlight <= kFullHighlight; ++highlight) {
        const Cell cell(state, highlight, back);
        if (counts[cell.raw()] != 0) bar(cell);
      }
    }
  }
  std::fill(line + x, line + image_.width(), colours_->ground());
  for (int y = 1; y < height; ++y) std::memcpy(image_.scanLine(top + y), line, static_cast<std::size_t>(image_.width()) * sizeof(QRgb));
}

}  // namespace overcommit::gui
