// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/transport_bar.h"

#include <QFontMetrics>
#include <QMenu>

#include "gui/session/text.h"
#include "gui/theme/icons.h"

namespace overcommit::gui {

TransportBar::TransportBar(Theme& theme, ViewOptions& options, const Actions& actions)
    : theme_(theme),
      options_(options),
      actions_(actions),
      clock_(new QLabel(this)),
      event_(new QLabel(this)),
      step_(new QToolButton(this)),
      speed_(new QComboBox(this)),
      seat_(new QComboBox(this)),
      order_(new QComboBox(this)),
      layer_(new QComboBox(this)) {
  setObjectName(QStringLiteral("transportBar"));
  setAccessibleName(tr("Playback"));
  setWindowTitle(tr("Playback"));
  setMovable(false);
  for (const char* name : {"first", "playBack", "stepBack", "play", "stepOn", "last"}) addAction(actions_.find(QString::fromLatin1(name)));

  step_->setObjectName(QStringLiteral("stepMenu"));
  step_->setAccessibleName(tr("Step by"));
  step_->setText(tr("Step by"));
  step_->setToolTip(tr("Step to the next event of a kind"));
  step_->setPopupMode(QToolButton::InstantPopup);
  auto* menu = new QMenu(step_);
  for (const StepKind kind : kStepKinds) menu->addAction(actions_.find(QStringLiteral("step%1").arg(static_cast<int>(kind))));
  step_->setMenu(menu);
  addWidget(step_);
  addSeparator();

  clock_->setObjectName(QStringLiteral("clock"));
  clock_->setAccessibleName(tr("Virtual time"));
  event_->setObjectName(QStringLiteral("eventNumber"));
  event_->setAccessibleName(tr("Number of the last event"));
  addWidget(clock_);
  addWidget(event_);
  addSeparator();

  speed_->setObjectName(QStringLiteral("speed"));
  speed_->setAccessibleName(tr("Speed"));
  speed_->setToolTip(tr("Virtual seconds for a second on the wall (+ and -)"));
  for (const std::uint64_t speed : kSpeeds) speed_->addItem(speedText(speed), QVariant::fromValue(static_cast<qulonglong>(speed)));
  speed_->setCurrentIndex(static_cast<int>(kNormalSpeed));
  connect(speed_, &QComboBox::activated, this, [this](int index) {
    if (run_ != nullptr) run_->playback().setSpeed(kSpeeds[static_cast<std::size_t>(index)]);
  });
  addWidget(speed_);

  seat_->setObjectName(QStringLiteral("seat"));
  seat_->setAccessibleName(tr("Seat: who looks"));
  for (const Seat seat : kSeats) {
    seat_->addItem(tr("Seat: %1").arg(nameOf(seat)));
    seat_->setItemData(seat_->count() - 1, knowledgeOf(seat), Qt::ToolTipRole);
  }
  connect(seat_, &QComboBox::activated, this, [this](int index) { options_.setSeat(kSeats[static_cast<std::size_t>(index)]); });
  addWidget(seat_);

  order_->setObjectName(QStringLiteral("order"));
  order_->setAccessibleName(tr("Order of maps"));
  order_->setToolTip(tr("How maps are laid out (O)"));
  order_->addItem(tr("Order: by size"));
  order_->addItem(tr("Order: by address"));
  order_->addItem(tr("Order: sorted"));
  connect(order_, &QComboBox::activated, this, [this](int index) { options_.setOrder(static_cast<MapOrder>(index)); });
  addWidget(order_);

  layer_->setObjectName(QStringLiteral("layer"));
  layer_->setAccessibleName(tr("What maps show"));
  layer_->setToolTip(tr("What the cells of maps tell (L)"));
  for (const MapLayer layer : kMapLayers) layer_->addItem(tr("Show: %1").arg(nameOf(layer)));
  connect(layer_, &QComboBox::activated, this, [this](int index) { options_.setLayer(kMapLayers[static_cast<std::size_t>(index)]); });
  addWidget(layer_);

  connect(&theme_, &Theme::changed, this, &TransportBar::restyle);
  connect(&options_, &ViewOptions::changed, this, &TransportBar::showState);
  restyle();
}

// Both change with every picture: of a fixed size, they leave the window's layout alone.
void TransportBar::fixSizes() {
  const VirtualTime longest = run_ == nullptr ? VirtualTime() : run_->playback().horizon();
  const QFontMetrics clock(clock_->font()), event(event_->font());
  const int width = std::max(clock.horizontalAdvance(QStringLiteral("0000.000 s")), clock.horizontalAdvance(clockText(longest)));
  clock_->setFixedSize(width + theme_.px(8), clock.height());
  event_->setFixedSize(event.horizontalAdvance(QStringLiteral("#000,000,000")) + theme_.px(12), event.height());
}

void TransportBar::restyle() {
  const int icon = theme_.px(16);
  setIconSize(QSize(icon, icon));
  actions_.find(QStringLiteral("first"))->setIcon(iconOf(Glyph::First, theme_));
  actions_.find(QStringLiteral("playBack"))->setIcon(iconOf(Glyph::PlayBack, theme_));
  actions_.find(QStringLiteral("stepBack"))->setIcon(iconOf(Glyph::StepBack, theme_));
  actions_.find(QStringLiteral("stepOn"))->setIcon(iconOf(Glyph::StepOn, theme_));
  actions_.find(QStringLiteral("last"))->setIcon(iconOf(Glyph::Last, theme_));
  const QFont clock = theme_.font(FontRole::Clock);
  clock_->setFont(clock);
  clock_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  event_->setFont(theme_.font(FontRole::Small));
  event_->setStyleSheet(QStringLiteral("color: %1; padding-left: %2px").arg(theme_.colour(Hue::Dim).name()).arg(theme_.px(6)));
  for (QWidget* widget : std::initializer_list<QWidget*>{step_, speed_, seat_, order_, layer_})
    widget->setFont(theme_.font(FontRole::Body));
  fixSizes();
  showState();
  showTime();
}

void TransportBar::setRun(Run* run) {
  if (run_ != nullptr) disconnect(&run_->playback(), nullptr, this, nullptr);
  run_ = run;
  if (run_ != nullptr) {
    Playback& playback = run_->playback();
    connect(&playback, &Playback::moved, this, &TransportBar::showTime);
    connect(&playback, &Playback::playingChanged, this, &TransportBar::showState);
    connect(&playback, &Playback::speedChanged, this, &TransportBar::showState);
  }
  fixSizes();
  showState();
  showTime();
}

void TransportBar::showTime() {
  clock_->setText(clockText(run_ == nullptr ? VirtualTime() : run_->playback().now()));
  event_->setText(run_ == nullptr ? QString() : QStringLiteral("#%1").arg(grouped(run_->playback().sequence())));
}

void TransportBar::showState() {
  const bool on = run_ != nullptr;
  const bool busy = on && (run_->playback().playing() || run_->playback().searching());
  QAction* play = actions_.find(QStringLiteral("play"));
  play->setIcon(iconOf(busy ? Glyph::Pause : Glyph::Play, theme_));
  play->setText(busy ? tr("Pause") : tr("Play"));
  for (const char* name : {"first", "playBack", "stepBack", "play", "stepOn", "last"})
    actions_.find(QString::fromLatin1(name))->setEnabled(on);
  step_->setEnabled(on);
  speed_->setEnabled(on);
  if (on) speed_->setCurrentIndex(static_cast<int>(std::ranges::find(kSpeeds, run_->playback().speed()) - kSpeeds.begin()));
  seat_->setCurrentIndex(static_cast<int>(options_.seat()));
  order_->setCurrentIndex(static_cast<int>(options_.order()));
  layer_->setCurrentIndex(static_cast<int>(options_.shownLayer()));
  layer_->setEnabled(seesMachine(options_.seat()));
}

}  // namespace overcommit::gui
