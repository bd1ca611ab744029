// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/event_log_panel.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/session/gate.h"
#include "gui/session/made_by.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr std::size_t kRowsBefore = 1000, kRowsBehind = 200;

}  // namespace

EventLogPanel::EventLogPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("events"), tr("Event log"), Pace::Quarter),
      search_(new QLineEdit(this)),
      kind_(new QComboBox(this)),
      vm_(new QComboBox(this)),
      selected_(new QToolButton(this)),
      note_(new QLabel(this)),
      view_(new QTableView(this)) {
  search_->setObjectName(QStringLiteral("eventSearch"));
  search_->setAccessibleName(tr("Search in events"));
  search_->setPlaceholderText(tr("Search events, e.g. 0x1a2"));
  search_->setClearButtonEnabled(true);
  kind_->setObjectName(QStringLiteral("eventKind"));
  kind_->setAccessibleName(tr("Kinds of events"));
  vm_->setObjectName(QStringLiteral("eventVm"));
  vm_->setAccessibleName(tr("Events of which VM"));
  selected_->setObjectName(QStringLiteral("eventSelected"));
  selected_->setAccessibleName(tr("Only of the selected page or frame"));
  selected_->setText(tr("Selected only"));
  selected_->setCheckable(true);
  note_->setObjectName(QStringLiteral("eventNote"));
  note_->setAccessibleName(tr("What the log shows"));
  view_->setObjectName(QStringLiteral("eventTable"));
  view_->setAccessibleName(tr("Events"));
  view_->setModel(&model_);
  view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  view_->setSelectionMode(QAbstractItemView::SingleSelection);
  view_->setWordWrap(false);
  view_->setShowGrid(false);
  view_->setFrameShape(QFrame::NoFrame);
  view_->verticalHeader()->hide();
  view_->horizontalHeader()->setHighlightSections(false);
  view_->horizontalHeader()->setSectionResizeMode(EventLogModel::Details, QHeaderView::Stretch);
  view_->setTabKeyNavigation(false);
  view_->setMinimumHeight(88);
  view_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);

  auto* row = new QHBoxLayout;
  row->setContentsMargins(8, 4, 8, 4);
  row->addWidget(search_, 2);
  row->addWidget(kind_);
  row->addWidget(vm_);
  row->addWidget(selected_);
  row->addWidget(note_, 1);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addLayout(row);
  column->addWidget(view_, 1);
  setFocusProxy(view_);

  fillChoices();
  connect(search_, &QLineEdit::textChanged, this, &EventLogPanel::ask);
  connect(kind_, &QComboBox::activated, this, &EventLogPanel::ask);
  connect(vm_, &QComboBox::activated, this, &EventLogPanel::ask);
  connect(selected_, &QToolButton::toggled, this, &EventLogPanel::ask);
  connect(view_, &QTableView::activated, this, &EventLogPanel::jumpTo);
  connect(view_, &QTableView::doubleClicked, this, &EventLogPanel::jumpTo);
}

void EventLogPanel::fillChoices() {
  choices_.push_back({tr("All kinds"), {}});
  for (const Gate gate : kAllGates) choices_.push_back({gui::nameOf(gate), eventsOf(gate)});
  choices_.push_back({tr("Decisions"), kindsOf({EventKind::FreeStateChange, EventKind::Balance, EventKind::TargetSet,
                                                EventKind::ReclaimStart, EventKind::ReclaimEnd, EventKind::VictimVm, EventKind::Refusal,
                                                EventKind::Block, EventKind::Unblock, EventKind::SettingChange})});
  choices_.push_back({tr("Free state"), kindsOf({EventKind::FreeStateChange})});
  choices_.push_back({tr("Console"), kindsOf({EventKind::Console})});
  choices_.push_back({tr("What made the figure"), {}});  // any set: of the figure that was asked last
  for (const KindChoice& choice : choices_) kind_->addItem(choice.name);
  for (const EventInfo& info : eventTable()) {
    std::bitset<kEventKinds> one;
    one.set(indexOf(info.kind));
    choices_.push_back({qstring(info.name), one});
    kind_->addItem(qstring(info.name));
  }
  kind_->insertSeparator(static_cast<int>(choices_.size() - kEventKinds));
}

void EventLogPanel::showKinds(const std::bitset<kEventKinds>& kinds, std::optional<VmId> vm) {
  if (run() != nullptr && asked_ != run()) rebuild();
  vm_->setCurrentIndex(vm ? vm->value() + 1 : 0);
  const std::size_t separator = choices_.size() - kEventKinds;  // an item of its own in the list
  choices_[separator - 1].kinds = kinds;
  const auto found = static_cast<std::size_t>(std::ranges::find(choices_, kinds, &KindChoice::kinds) - choices_.begin());
  kind_->setCurrentIndex(static_cast<int>(found >= separator ? found + 1 : found));
  ask();
}

EventFilter EventLogPanel::filter() const {
  EventFilter filter;
  const int separator = static_cast<int>(choices_.size() - kEventKinds);
  const int at = kind_->currentIndex() > separator ? kind_->currentIndex() - 1 : kind_->currentIndex();
  if (at >= 0) filter.kinds = choices_[static_cast<std::size_t>(at)].kinds;
  if (const auto noticed = eventsOf(options().seat()); noticed.any()) {
    filter.kinds = filter.kinds.any() ? filter.kinds & noticed : noticed;
    // Of kinds that nobody notices there are none: a range of events that is empty.
    if (filter.kinds.none()) filter.toSequence = 0;
  }
  if (vm_->currentIndex() > 0) filter.vm = VmId(static_cast<std::uint16_t>(vm_->currentIndex() - 1));
  const Subject& subject = run()->selection().subject();
  if (selected_->isChecked()) {
    if (subject.vm) filter.vm = subject.vm;
    if (subject.gfn) filter.gfn = subject.gfn;
    if (subject.mfn) filter.mfn = subject.mfn;
  }
  if (const auto& range = run()->selection().range()) {
    filter.fromTime = range->from;
    filter.toTime = range->to;
  }
  return filter;
}

void EventLogPanel::rebuild() {
  if (asked_ != run()) {
    asked_ = run();
    model_.clear();
    vm_->clear();
    vm_->addItem(tr("All VMs"));
    waiting_ = false;
    if (run() != nullptr) {
      for (const TraceVm& vm : run()->header().vms) vm_->addItem(qstring(vm.name));
      connect(&run()->inquiry(), &Inquiry::eventsAnswered, this, [this](EventsFor whom, const std::shared_ptr<const EventWindow>& window) {
        if (whom == EventsFor::Log) onAnswer(*window);
      });
      connect(&run()->selection(), &Selection::rangeChanged, this, &EventLogPanel::ask);
    }
  }
  model_.setDim(QBrush(theme().colour(Hue::Dim)));
  view_->setFont(theme().font(FontRole::Small));
  view_->horizontalHeader()->setFont(theme().font(FontRole::Small));
  const QFontMetrics metrics(theme().font(FontRole::Small));
  view_->verticalHeader()->setDefaultSectionSize(metrics.height() + theme().px(4));
  const auto width = [&](int column, const char* sample) {
    view_->setColumnWidth(column, metrics.horizontalAdvance(QString::fromLatin1(sample)) + theme().px(16));
  };
  width(EventLogModel::Time, "0000.000000 s");
  width(EventLogModel::Number, "10,000,000");
  width(EventLogModel::Vm, "database1");
  width(EventLogModel::Kind, "guest-swapped-out");
  width(EventLogModel::Page, "0x00000");
  width(EventLogModel::Frame, "0x000000");
  width(EventLogModel::Because, "10,000,000");
  note_->setFont(theme().font(FontRole::Small));
  view_->setColumnHidden(EventLogModel::Frame, !seesMachine(options().seat()));
  ask();
}

void EventLogPanel::ask() {
  if (run() == nullptr) return;
  waiting_ = true;
  std::uint64_t around = run()->playback().sequence();
  run()->inquiry().askEvents(EventsFor::Log, filter(), search_->text().trimmed(), around, kRowsBefore, kRowsBehind);
}

void EventLogPanel::onAnswer(const EventWindow& window) {
  if (run() == nullptr) return;
  waiting_ = false;
  from_ = window.from;
  to_ = window.to;
  atBeginning_ = window.atBeginning;
  atEnd_ = window.atEnd;
  model_.setEvents(run()->header(), window.events);
  model_.setNow(run()->playback().sequence());
  const bool filtered = filter().kinds.any() || !search_->text().trimmed().isEmpty() || vm_->currentIndex() > 0 || selected_->isChecked();
  QString note = window.events.empty() ? tr("No such events here.") : filtered ? tr("Filtered.") : QString();
  if (run()->selection().range()) note += tr(" Only the range chosen on the timeline: Esc there shows all.");
  note_->setText(note.trimmed());
  refresh(Motion::Jumped);  // the instant may have moved on while this was looked for
}

void EventLogPanel::refresh(Motion) {
  const std::uint64_t now = run()->playback().sequence();
  model_.setNow(now);
  const bool known = now + 1 >= from_ && (now <= to_ || atEnd_);
  const bool grown = atEnd_ && run()->playback().reader().lastSequence() > to_;
  if ((!known || grown) && !waiting_) return ask();
  if (known) showNow();
}

void EventLogPanel::showNow() {
  const int row = model_.nowRow();
  if (row < 0) {
    view_->clearSelection();
    if (model_.rowCount() > 0) view_->scrollToTop();
    return;
  }
  const QModelIndex index = model_.index(row, 0);
  view_->setCurrentIndex(index);
  view_->scrollTo(index, QAbstractItemView::PositionAtCenter);
}

void EventLogPanel::selectionChanged() {
  if (selected_->isChecked()) ask();
}

void EventLogPanel::jumpTo(const QModelIndex& index) {
  if (run() == nullptr || !index.isValid()) return;
  const bool cause = index.column() == EventLogModel::Because;
  const qulonglong sequence = index.data(cause ? EventLogModel::kCauseRole : EventLogModel::kSequenceRole).toULongLong();
  if (sequence == 0) return;
  const Event& event = model_.events()[static_cast<std::size_t>(index.row())];
  run()->playback().stop();
  run()->playback().seekEvent(sequence);
  if (cause) return;
  if (infoOf(event.kind).hasGfn && event.vm != kNoVm)
    run()->selection().selectPage(event.vm, event.gfn);
  else if (infoOf(event.kind).hasMfn)
    run()->selection().selectFrame(event.mfn);
  else if (event.vm != kNoVm)
    run()->selection().selectVm(event.vm);
}

}  // namespace overcommit::gui
