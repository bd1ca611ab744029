// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/charts_panel.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QVBoxLayout>
#include <array>

#include "gui/models/subject_text.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr std::array<std::uint64_t, 4> kAverageSeconds{0, 1, 5, 15};

}  // namespace

ChartsPanel::ChartsPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("charts"), tr("Charts"), Pace::Frame),
      of_(new QComboBox(this)),
      average_(new QComboBox(this)),
      list_(new QListWidget(this)),
      save_(new QPushButton(tr("Save …"), this)),
      view_(new ChartView(theme(), this)) {
  of_->setObjectName(QStringLiteral("chartOf"));
  of_->setAccessibleName(tr("Figures of the host or of a VM"));
  average_->setObjectName(QStringLiteral("chartAverage"));
  average_->setAccessibleName(tr("Moving average"));
  for (const std::uint64_t length : kAverageSeconds) average_->addItem(length == 0 ? tr("as they are") : tr("mean over %1 s").arg(length));
  list_->setObjectName(QStringLiteral("chartSeries"));
  list_->setAccessibleName(tr("Figures to draw"));
  list_->setFrameShape(QFrame::NoFrame);
  save_->setObjectName(QStringLiteral("chartSave"));
  save_->setAccessibleName(tr("Save the chart as a picture"));
  chosen_ = QStringList{nameOfUse(FrameUse::Free), nameOfPlace(PagePlace::Ballooned), nameOfPlace(PagePlace::Swapped)};
  for (const Seat seat : {Seat::Application, Seat::GuestOs}) {
    // From a guest's seat everything but the operations.
    for (const ChartSeries& series : chartSeries(VmId(0), seat)) {
      if (series.unit == ChartSeries::Unit::Mebibytes && !chosen_.contains(series.name)) chosen_ << series.name;
    }
  }
  connect(of_, &QComboBox::activated, this, [this] {
    fillSeries();
    draw();
  });
  connect(average_, &QComboBox::activated, this, &ChartsPanel::draw);
  connect(save_, &QPushButton::clicked, this, &ChartsPanel::askWhere);
  connect(list_, &QListWidget::itemChanged, this, [this](const QListWidgetItem* item) {
    chosen_.removeAll(item->text());
    if (item->checkState() == Qt::Checked) chosen_ << item->text();
    draw();
  });
  auto* side = new QVBoxLayout;
  side->setContentsMargins(8, 6, 0, 6);
  side->setSpacing(4);
  side->addWidget(of_);
  side->addWidget(list_, 1);
  auto* bottom = new QHBoxLayout;
  bottom->setSpacing(4);
  bottom->addWidget(average_, 1);
  bottom->addWidget(save_);
  side->addLayout(bottom);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->addLayout(side);
  row->addWidget(view_, 1);
  setFocusProxy(list_);
  list_->setMaximumWidth(260);
  list_->setMinimumHeight(24);
}

void ChartsPanel::rebuild() {
  if (shown_ != run() || shownSeat_ != options().seat()) {
    const QString before = shown_ == run() ? of_->currentText() : QString();
    shown_ = run();
    shownSeat_ = options().seat();
    of_->clear();
    if (seesMachine(shownSeat_)) of_->addItem(tr("Host"));
    if (run() != nullptr) {
      for (const TraceVm& vm : run()->header().vms) of_->addItem(qstring(vm.name));
    }
    of_->setCurrentIndex(std::max(of_->findText(before), 0));
    fillSeries();
  }
  for (QWidget* widget : std::initializer_list<QWidget*>{of_, average_, list_, save_}) widget->setFont(theme().font(FontRole::Small));
  list_->setMaximumWidth(theme().px(230));
  draw();
}

void ChartsPanel::fillSeries() {
  const QSignalBlocker quiet(list_);
  const int first = seesMachine(shownSeat_) ? 1 : 0;  // of the VMs
  const std::optional<VmId> vm =
      of_->currentIndex() >= first ? std::optional(VmId(static_cast<std::uint16_t>(of_->currentIndex() - first))) : std::nullopt;
  series_ = chartSeries(vm, shownSeat_);
  list_->clear();
  for (const ChartSeries& series : series_) {
    auto* item = new QListWidgetItem(series.name, list_);
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
    item->setCheckState(chosen_.contains(series.name) ? Qt::Checked : Qt::Unchecked);
  }
}

void ChartsPanel::draw() {
  std::vector<ChartSeries> wanted;
  for (const ChartSeries& series : series_) {
    if (chosen_.contains(series.name)) wanted.push_back(series);
  }
  const auto average = static_cast<std::size_t>(std::max(average_->currentIndex(), 0));
  view_->setCurves(run(), std::move(wanted), seconds(kAverageSeconds[average]));
}

void ChartsPanel::askWhere() {
  const QString path =
      QFileDialog::getSaveFileName(this, tr("Save the chart"), QStringLiteral("chart.svg"), tr("Pictures and tables (*.svg *.png *.csv)"));
  if (path.isEmpty()) return;
  const auto saved = savePicture(*view_, view_->table(), path);
  Q_EMIT said(saved ? tr("%1 is written.").arg(path) : qstring(saved.error().text));
}

}  // namespace overcommit::gui
