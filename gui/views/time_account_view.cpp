// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/time_account_view.h"

#include <QCoreApplication>
#include <QFontMetrics>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <numeric>

#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

QStringList columns() {
  QStringList names{QCoreApplication::translate("TimeAccount", "VM"), QCoreApplication::translate("TimeAccount", "time on")};
  for (const TimeUse use : kStackedTime) names << nameOfTime(use);
  return names;
}

void paintTime(QPainter& painter, const QRect& rect, TimeUse use, const Theme& theme) {
  const TimePaint paint = paintOfTime(use, theme.palette());
  painter.fillRect(rect, QColor::fromRgb(paint.colour));
  if (paint.hatched) painter.fillRect(rect, QBrush(QColor::fromRgb(readableOn(paint.colour)), Qt::BDiagPattern));
}

}  // namespace

TimeAccountView::TimeAccountView(const Theme& theme, QWidget* parent)
    : Picture(theme, QStringLiteral("timeAccount"), tr("Time accounts: what every VM's time went into"), parent), table_(columns()) {}

void TimeAccountView::setRun(Run* run) {
  run_ = run;
  updateGeometry();
  refresh();
}

int TimeAccountView::lineHeight() const { return QFontMetrics(theme().font(FontRole::Small)).height() + theme().px(8); }

template <typename Visit>
void TimeAccountView::forEachKey(int width, Visit visit) const {
  const QFontMetrics metrics(theme().font(FontRole::Small));
  const int swatch = theme().px(12), margin = theme().px(12), line = metrics.height() + theme().px(3);
  int x = margin, y = theme().px(30);
  for (const TimeUse use : kStackedTime) {
    const int wide = swatch + theme().px(5) + metrics.horizontalAdvance(nameOfTime(use)) + theme().px(14);
    if (x > margin && x + wide > width - margin) {
      x = margin;
      y += line;
    }
    visit(use, QRect(x, y, wide, line));
    x += wide;
  }
}

int TimeAccountView::legendHeight(int width) const {
  int bottom = 0;
  forEachKey(width, [&](TimeUse, const QRect& rect) { bottom = rect.bottom() + 1; });
  return bottom + theme().px(8);
}

int TimeAccountView::wantedHeight(int width) const {
  const std::size_t vms = run_ == nullptr ? 1 : std::max<std::size_t>(run_->world().vms(), 1);
  return legendHeight(width) + static_cast<int>(vms) * lineHeight() + theme().px(8);
}

void TimeAccountView::layOut() {
  rows_.clear();
  std::vector<Figure> figures;
  std::vector<QStringList> lines;
  if (run_ != nullptr) {
    const QFontMetrics metrics(theme().font(FontRole::Small));
    const WorldModel& world = run_->world();
    const int margin = theme().px(12), nameWidth = theme().px(96), timeWidth = metrics.horizontalAdvance(QStringLiteral("0000.00 s"));
    const int top = legendHeight(width());
    for (std::size_t i = 0; i < world.vms(); ++i) {
      Row row;
      row.vm = VmId(static_cast<std::uint16_t>(i));
      row.name = qstring(world.name(row.vm));
      const int y = top + static_cast<int>(i) * lineHeight();
      row.label = QRect(margin, y, nameWidth - theme().px(8), lineHeight() - theme().px(4));
      row.bar = QRect(margin + nameWidth, y, std::max(width() - 2 * margin - nameWidth - timeWidth - theme().px(8), 10),
                      lineHeight() - theme().px(4));
      const auto account = accountAt(run_->history(), row.vm, run_->playback().now());
      QStringList line{row.name};
      if (account) {
        const VirtualTime all = std::accumulate(account->begin(), account->end(), VirtualTime(0));
        row.elapsed = durationText(all);
        line << row.elapsed;
        VirtualTime before;
        int left = row.bar.left();
        for (const TimeUse use : kStackedTime) {
          const VirtualTime spent = (*account)[static_cast<std::size_t>(use)];
          before += spent;
          line << durationText(spent);
          int right =
              row.bar.left() + static_cast<int>(static_cast<double>(before.value()) / static_cast<double>(all.value()) * row.bar.width());
          if (spent != VirtualTime(0)) right = std::max(right, left + 1);
          right = std::min(right, row.bar.right() + 1);
          if (right <= left) continue;
          row.parts.push_back({use, spent, QRect(left, row.bar.top(), right - left, row.bar.height())});
          std::bitset<kEventKinds> kinds;
          kinds.set(indexOf(kindOfTime(use)));
          figures.push_back({row.parts.back().rect, metricOfTime(row.name, use), kinds, row.vm});
          left = right;
        }
      } else {
        row.elapsed = QStringLiteral("–");
        for (std::size_t n = 0; n <= kTimeUses; ++n) line << QStringLiteral("–");
      }
      lines.push_back(line);
      rows_.push_back(std::move(row));
    }
  }
  setFigures(std::move(figures));
  table_.setRows(lines);
}

void TimeAccountView::refresh() {
  layOut();
  update();
}

void TimeAccountView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), theme().colour(Hue::Ground));
  const QFont small = theme().font(FontRole::Small);
  const QFontMetrics metrics(small);
  const int margin = theme().px(12);
  const bool none = std::ranges::all_of(rows_, [](const Row& row) { return row.parts.empty(); });
  const QString words = run_ == nullptr || !none ? tr("what every VM's time went into") : tr("not recorded up to here in this trace");
  paintHeading(painter, QRect(margin, theme().px(4), width() - 2 * margin, theme().px(20)), tr("TIME ACCOUNTS"), words, QString());
  painter.setFont(small);
  forEachKey(width(), [&](TimeUse use, const QRect& at) {
    const int swatch = theme().px(12);
    const QRect box(at.left(), at.top() + (at.height() - swatch) / 2, swatch, swatch);
    paintTime(painter, box, use, theme());
    painter.setPen(theme().line());
    painter.drawRect(box.adjusted(0, 0, -1, -1));
    painter.setPen(theme().colour(Hue::Dim));
    painter.drawText(at.adjusted(swatch + theme().px(5), 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, nameOfTime(use));
  });
  for (const Row& row : rows_) {
    const bool selected = run_ != nullptr && run_->selection().subject().vm == row.vm;
    painter.setPen(theme().colour(selected ? Hue::Accent : Hue::Text));
    painter.drawText(row.label, Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(row.name, Qt::ElideRight, row.label.width()));
    painter.fillRect(row.bar, theme().colour(Hue::Panel));
    for (const Part& part : row.parts) paintTime(painter, part.rect, part.use, theme());
    painter.setPen(theme().line());
    painter.drawRect(row.bar.adjusted(0, 0, -1, -1));
    painter.setPen(theme().colour(Hue::Dim));
    painter.drawText(
        QRect(row.bar.right() + theme().px(8), row.bar.top(), width() - row.bar.right() - theme().px(8) - margin + 1, row.bar.height()),
        Qt::AlignRight | Qt::AlignVCenter, row.elapsed);
  }
}

void TimeAccountView::resizeEvent(QResizeEvent* event) {
  Picture::resizeEvent(event);
  layOut();
}

void TimeAccountView::mousePressEvent(QMouseEvent* event) {
  if (run_ == nullptr || chooseFigure(event->pos())) return;
  for (const Row& row : rows_) {
    if (row.label.contains(event->pos())) return run_->selection().selectVm(row.vm);
  }
}

QString TimeAccountView::tipFor(QPoint point) const {
  for (const Row& row : rows_) {
    for (const Part& part : row.parts) {
      if (!part.rect.contains(point)) continue;
      const auto figure = figureAt(point);
      return QStringLiteral("%1: %2, %3\n%4")
          .arg(row.name, nameOfTime(part.use), durationText(part.spent), figure ? tipOf(*figure) : QString());
    }
  }
  return {};
}

bool TimeAccountView::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return Picture::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QToolTip::showText(help->globalPos(), tipFor(help->pos()), this);
  return true;
}

}  // namespace overcommit::gui
