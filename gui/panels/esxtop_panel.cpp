// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/esxtop_panel.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QVBoxLayout>

#include "gui/session/made_by.h"

namespace overcommit::gui {
namespace {

constexpr VirtualTime kCounterWindow = seconds(1);

}  // namespace

EsxtopPanel::EsxtopPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("esxtop"), tr("esxtop"), Pace::Quarter, Knowledge::HostOnly),
      lines_(new QLabel(this)),
      moreLines_(new QLabel(this)),
      all_(new QCheckBox(tr("Also what is not modelled"), this)),
      view_(new QTableView(this)) {
  lines_->setObjectName(QStringLiteral("esxtopLines"));
  lines_->setAccessibleName(tr("The host's lines"));
  lines_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  moreLines_->setObjectName(QStringLiteral("esxtopMoreLines"));
  moreLines_->setAccessibleName(tr("More of the host's lines"));
  moreLines_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  all_->setObjectName(QStringLiteral("esxtopAll"));
  all_->setAccessibleName(all_->text());
  view_->setObjectName(QStringLiteral("esxtopTable"));
  view_->setAccessibleName(tr("Counters of every VM"));
  sorted_.setSourceModel(&model_);
  sorted_.setSortRole(CounterTable::kNumberRole);
  view_->setModel(&sorted_);
  view_->setSortingEnabled(true);
  view_->sortByColumn(-1, Qt::AscendingOrder);
  view_->setFrameShape(QFrame::NoFrame);
  view_->setShowGrid(false);
  view_->setTabKeyNavigation(false);
  view_->setMinimumHeight(64);
  view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  view_->verticalHeader()->hide();
  view_->horizontalHeader()->setHighlightSections(false);
  connect(all_, &QCheckBox::toggled, this, [this](bool on) {
    model_.setFields(on ? CounterTable::Fields::All : CounterTable::Fields::Modelled);
    rebuild();
  });
  connect(view_, &QTableView::clicked, this, [this](const QModelIndex& index) {
    if (run() != nullptr) run()->selection().selectVm(VmId(static_cast<std::uint16_t>(sorted_.mapToSource(index).row())));
  });
  // Enter or a double-click: what made the counter.
  connect(view_, &QTableView::activated, this, [this](const QModelIndex& index) {
    const Counter* counter = model_.counterOf(index.column());
    if (run() == nullptr || counter == nullptr || counter->read == nullptr) return;
    const VmId vm(static_cast<std::uint16_t>(sorted_.mapToSource(index).row()));
    run()->selection().selectVm(vm);
    Q_EMIT vmEventsWanted(eventsOf(counter->group), vm);
  });
  auto* above = new QHBoxLayout;
  above->setContentsMargins(8, 4, 8, 4);
  above->addWidget(lines_, 0, Qt::AlignTop);
  above->addSpacing(24);
  above->addWidget(moreLines_, 1, Qt::AlignTop);
  above->addWidget(all_, 0, Qt::AlignTop);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addLayout(above);
  column->addWidget(view_, 1);
  setFocusProxy(view_);
}

void EsxtopPanel::rebuild() {
  if (asked_ != run()) {
    asked_ = run();
    model_.setRun(run() == nullptr ? nullptr : &run()->header());
    lines_->clear();
    moreLines_->clear();
    if (run() != nullptr) {
      connect(&run()->inquiry(), &Inquiry::figuresAnswered, this, [this](const std::shared_ptr<const FiguresPair>& figures) {
        if (run() == nullptr) return;
        model_.setFigures(figures);
        // Side by side, so that the table has room.
        const QStringList lines = model_.hostLines();
        const qsizetype half = (lines.size() + 1) / 2;
        lines_->setText(lines.mid(0, half).join(QLatin1Char('\n')));
        moreLines_->setText(lines.mid(half).join(QLatin1Char('\n')));
      });
    }
  }
  const QFont mono = theme().font(FontRole::Mono);
  lines_->setFont(mono);
  moreLines_->setFont(mono);
  all_->setFont(theme().font(FontRole::Small));
  view_->setFont(mono);
  view_->horizontalHeader()->setFont(mono);
  const QFontMetrics metrics(mono);
  view_->verticalHeader()->setDefaultSectionSize(metrics.height() + theme().px(3));
  view_->horizontalHeader()->setDefaultSectionSize(metrics.horizontalAdvance(QStringLiteral("0000000.00")) + theme().px(12));
  refresh(Motion::Jumped);
}

void EsxtopPanel::refresh(Motion) {
  if (run() != nullptr) run()->inquiry().askFigures(run()->playback().now(), kCounterWindow);
}

}  // namespace overcommit::gui
