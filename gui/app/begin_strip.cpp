// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/begin_strip.h"

#include <QHBoxLayout>
#include <algorithm>

namespace overcommit::gui {

BeginStrip::BeginStrip(Theme& theme)
    : theme_(theme), what_(new QLabel(this)), bar_(new QProgressBar(this)), cancel_(new QPushButton(tr("Cancel"), this)) {
  setObjectName(QStringLiteral("beginStrip"));
  setAccessibleName(tr("What the engine is about to do"));
  what_->setObjectName(QStringLiteral("beginWhat"));
  bar_->setObjectName(QStringLiteral("beginProgress"));
  bar_->setAccessibleName(tr("How far it is"));
  cancel_->setObjectName(QStringLiteral("beginCancel"));
  cancel_->setAccessibleName(tr("Give up what the engine is about to do"));
  connect(cancel_, &QPushButton::clicked, this, &BeginStrip::cancelled);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(12, 6, 12, 6);
  row->setSpacing(12);
  row->addWidget(what_, 1);
  row->addWidget(bar_, 1);
  row->addWidget(cancel_);
  connect(&theme_, &Theme::changed, this, &BeginStrip::restyle);
  restyle();
  hide();
}

void BeginStrip::restyle() {
  for (QWidget* widget : std::initializer_list<QWidget*>{what_, bar_, cancel_}) widget->setFont(theme_.font(FontRole::Body));
}

void BeginStrip::show(const QString& what, VirtualTime now, VirtualTime until) {
  constexpr int kSteps = 1000;
  what_->setText(what);
  bar_->setRange(0, until == VirtualTime(0) ? 0 : kSteps);
  if (until != VirtualTime(0))
    bar_->setValue(static_cast<int>(std::min<std::uint64_t>(now.value() / std::max<std::uint64_t>(until.value() / kSteps, 1), kSteps)));
  setVisible(true);
}

}  // namespace overcommit::gui
