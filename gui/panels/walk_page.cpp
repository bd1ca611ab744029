// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/walk_page.h"

#include <QHBoxLayout>
#include <QPointer>
#include <QRegularExpressionValidator>
#include <QScrollArea>
#include <QVBoxLayout>

#include "gui/panels/named.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr int kStepMilliseconds = 600;
// Where the reference guest maps its programs' memory; below, its kernel has all of its memory at the addresses that it has.
constexpr std::uint64_t kProgramMemory = std::uint64_t{1} << 40;

QPushButton* walkButton(const char* name, const QString& text, const QString& accessible) {
  auto* button = named(new QPushButton(text), name, accessible);
  button->setToolTip(accessible);
  button->setMinimumWidth(28);
  return button;
}

}  // namespace

WalkPage::WalkPage(Theme& theme, EngineLink& link)
    : theme_(theme),
      link_(link),
      address_(new QLineEdit),
      walk_(walkButton("walkAsk", tr("Walk"), tr("Walk this guest-virtual address"))),
      view_(new WalkView(theme, nullptr)),
      first_(walkButton("walkFirst", QStringLiteral("1"), tr("The first memory reference"))),
      previous_(walkButton("walkPrevious", QStringLiteral("◀"), tr("The memory reference before"))),
      next_(walkButton("walkNext", QStringLiteral("▶"), tr("The next memory reference"))),
      play_(walkButton("walkPlay", tr("Play"), tr("Light the references one by one"))),
      words_(new QLabel),
      text_(new QPlainTextEdit) {
  setObjectName(QStringLiteral("walkPage"));
  setAccessibleName(tr("Walk"));
  address_->setObjectName(QStringLiteral("walkAddress"));
  address_->setAccessibleName(tr("Guest-virtual address to walk"));
  address_->setPlaceholderText(tr("guest-virtual address, 0x…"));
  static const QRegularExpression kAddress(QStringLiteral("0x[0-9a-fA-F]{1,16}|[0-9]{1,19}"));
  address_->setValidator(new QRegularExpressionValidator(kAddress, address_));
  words_->setObjectName(QStringLiteral("walkWords"));
  words_->setAccessibleName(tr("What this reference does"));
  words_->setWordWrap(true);
  words_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  words_->setAlignment(Qt::AlignTop);
  text_->setObjectName(QStringLiteral("walkText"));
  text_->setAccessibleName(tr("The walk in words"));
  text_->setReadOnly(true);
  text_->setLineWrapMode(QPlainTextEdit::NoWrap);
  text_->setFrameShape(QFrame::NoFrame);
  text_->setMinimumHeight(120);

  auto* inside = new QWidget;
  auto* column = new QVBoxLayout(inside);
  column->setContentsMargins(0, 6, 0, 0);
  column->setSpacing(6);
  auto* above = new QHBoxLayout;
  above->setContentsMargins(8, 0, 8, 0);
  above->addWidget(address_, 1);
  above->addWidget(walk_);
  column->addLayout(above);
  column->addWidget(view_);
  auto* row = new QHBoxLayout;
  row->setContentsMargins(8, 0, 8, 0);
  for (QPushButton* button : {first_, previous_, next_, play_}) row->addWidget(button);
  row->addStretch(1);
  column->addLayout(row);
  auto* said = new QHBoxLayout;
  said->setContentsMargins(8, 0, 8, 0);
  said->addWidget(words_);
  column->addLayout(said);
  column->addWidget(text_, 1);
  auto* scroll = new QScrollArea;
  scroll->setObjectName(QStringLiteral("walkScroll"));
  scroll->setAccessibleName(tr("Walk"));
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setWidget(inside);
  auto* whole = new QVBoxLayout(this);
  whole->setContentsMargins(0, 0, 0, 0);
  whole->addWidget(scroll);
  setFocusProxy(address_);

  connect(walk_, &QPushButton::clicked, this, &WalkPage::ask);
  connect(address_, &QLineEdit::returnPressed, this, &WalkPage::ask);
  connect(view_, &WalkView::litChanged, this, &WalkPage::showStep);
  connect(first_, &QPushButton::clicked, this, [this] { view_->setLit(1); });
  connect(previous_, &QPushButton::clicked, this, [this] { view_->setLit(view_->lit() - 1); });
  connect(next_, &QPushButton::clicked, this, [this] { view_->setLit(view_->lit() + 1); });
  connect(play_, &QPushButton::clicked, this, &WalkPage::togglePlay);
  playing_.setInterval(kStepMilliseconds);
  connect(&playing_, &QTimer::timeout, this, [this] {
    view_->setLit(view_->lit() + 1);
    if (view_->lit() == view_->steps()) togglePlay();
  });
  showStep();
}

void WalkPage::restyle() {
  for (QWidget* widget : std::initializer_list<QWidget*>{walk_, first_, previous_, next_, play_, words_})
    widget->setFont(theme_.font(FontRole::Body));
  address_->setFont(theme_.font(FontRole::Mono));
  text_->setFont(theme_.font(FontRole::Mono));
  view_->setFixedHeight(view_->wantedHeight());
  words_->setMinimumHeight(QFontMetrics(theme_.font(FontRole::Body)).height() * 3);
  view_->update();
}

void WalkPage::setRun(Run* run) {
  run_ = run;
  proposedFor_ = {};
  playing_.stop();
  view_->clear();
  text_->clear();
  propose();
}

std::optional<VmId> WalkPage::vm() const {
  if (run_ == nullptr) return std::nullopt;
  const Subject& subject = run_->selection().subject();
  if (subject.vm) return subject.vm;
  if (!subject.mfn || subject.mfn->value() >= run_->world().hostMemory().value()) return std::nullopt;
  const WorldFrame frame = run_->world().frame(*subject.mfn);
  return frame.use == FrameUse::Private ? std::optional(frame.vm) : std::nullopt;
}

// The page's own address, by which the kernel knows it; for a VM the beginning of its program's memory.
void WalkPage::propose() {
  if (run_ == nullptr) return;
  const Subject& subject = run_->selection().subject();
  if (subject == proposedFor_ || !vm()) return;
  proposedFor_ = subject;
  const std::uint64_t address = subject.gfn ? subject.gfn->value() * kPageSize : kProgramMemory;
  address_->setText(QStringLiteral("0x%1").arg(address, 0, 16));
}

void WalkPage::renew() {
  if (!isVisible()) return;
  propose();
  walk_->setEnabled(vm().has_value());
  if (view_->steps() == 0) showStep();
}

void WalkPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  renew();
}

void WalkPage::ask() {
  const auto whose = vm();
  if (!whose) {
    words_->setText(tr("Choose a VM or one of its pages first: click it."));
    return;
  }
  if (playing_.isActive()) togglePlay();
  run_->playback().stop();
  view_->clear();
  text_->clear();
  words_->setText(tr("Walking …"));
  const QPointer<WalkPage> here(this);
  link_.ask(QStringLiteral("walk"),
            {{QStringLiteral("vm"), qstring(run_->world().name(*whose))}, {QStringLiteral("gva"), address_->text()}},
            [this, here, run = run_](const EngineAnswer& answer) {
              if (here && run == run_) show(answer);
            });
}

void WalkPage::show(const EngineAnswer& answer) {
  if (!answer) {
    words_->setText(answer.error().text);
    return;
  }
  const WalkAnswer walk = walkAnswer(*answer);
  text_->setPlainText(walk.text);
  view_->setWalk(walk);
}

void WalkPage::showStep() {
  const int lit = view_->lit(), steps = view_->steps();
  for (QPushButton* button : {first_, next_, play_, previous_}) button->setEnabled(steps > 0);
  next_->setEnabled(lit < steps);
  previous_->setEnabled(lit > 1);
  if (steps == 0) {
    words_->setText(tr("Walks the guest's page tables and, for each of them, the nested ones: up to 24 memory references."));
    return;
  }
  const WalkStep& step = view_->walk().steps[static_cast<std::size_t>(std::max(lit, 1) - 1)];
  QString words = tr("%1 of %2: %3.").arg(step.number).arg(steps).arg(step.words);
  if (lit == steps) words += QLatin1Char('\n') + view_->walk().endWords();
  words_->setText(words);
}

void WalkPage::togglePlay() {
  if (playing_.isActive()) {
    playing_.stop();
  } else if (view_->steps() > 0) {
    if (view_->lit() >= view_->steps()) view_->setLit(1);
    playing_.start();
  }
  play_->setText(playing_.isActive() ? tr("Pause") : tr("Play"));
}

}  // namespace overcommit::gui
