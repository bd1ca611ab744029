// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/memory_bar.h"

#include <QFontMetrics>
#include <cmath>

#include "gui/session/text.h"

namespace overcommit::gui {

int barPosition(const QRect& rect, std::uint64_t pages, std::uint64_t all) {
  if (all == 0) return 0;
  return static_cast<int>(std::lround(static_cast<double>(std::min(pages, all)) / static_cast<double>(all) * rect.width()));
}

std::vector<QRect> barSegments(const QRect& rect, const std::vector<BarPart>& parts) {
  std::uint64_t all = 0;
  for (const BarPart& part : parts) all += part.pages;
  std::vector<QRect> segments;
  std::uint64_t before = 0;
  int left = 0;
  for (const BarPart& part : parts) {
    before += part.pages;
    int right = barPosition(rect, before, all);
    if (part.pages > 0 && right == left && right < rect.width()) ++right;
    right = std::max(right, left);
    segments.emplace_back(rect.left() + left, rect.top(), right - left, rect.height());
    left = right;
  }
  return segments;
}

void paintMemoryBar(QPainter& painter, const QRect& rect, const std::vector<BarPart>& parts, const Theme& theme, BarLabels labels) {
  painter.fillRect(rect, theme.colour(Hue::Empty));
  const QFont font = theme.font(FontRole::Small);
  const QFontMetrics metrics(font);
  const std::vector<QRect> segments = barSegments(rect, parts);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const BarPart& part = parts[i];
    const QRect& segment = segments[i];
    const QRgb colour = colourOf(part.state, theme.palette());
    if (part.state != CellState::Empty) painter.fillRect(segment, QColor::fromRgb(colour));
    if (labels == BarLabels::None) continue;
    const int pad = theme.px(6);
    const QString full = QStringLiteral("%1  %2").arg(part.name, mebibytes(part.pages));
    const QString text = metrics.horizontalAdvance(full) + 2 * pad <= segment.width() ? full : mebibytes(part.pages);
    if (segment.width() < theme.px(70) || metrics.horizontalAdvance(text) + 2 * pad > segment.width()) continue;
    painter.setFont(font);
    painter.setPen(QColor::fromRgb(readableOn(colour)));
    painter.drawText(segment.adjusted(pad, 0, -pad, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
  }
}

}  // namespace overcommit::gui
