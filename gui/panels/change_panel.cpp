// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/change_panel.h"

#include <QFormLayout>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QPointer>
#include <QRegularExpressionValidator>
#include <QScrollBar>
#include <QVBoxLayout>
#include <array>

#include "gui/models/subject_text.h"
#include "gui/panels/named.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

struct FaultChoice {
  const char* name;
  const char* meaning;
};
constexpr std::array kFaultChoices{
    FaultChoice{"swap_disk_full", QT_TRANSLATE_NOOP("ChangePanel", "Swap file: disk full")},
    FaultChoice{"swap_read_error", QT_TRANSLATE_NOOP("ChangePanel", "Swap file: reads fail")},
    FaultChoice{"swap_short_write", QT_TRANSLATE_NOOP("ChangePanel", "Swap file: writes cut short")},
    FaultChoice{"swap_corrupt_slot", QT_TRANSLATE_NOOP("ChangePanel", "Swap file: slots corrupted")},
    FaultChoice{"guest_disk_error", QT_TRANSLATE_NOOP("ChangePanel", "Guest's disk: requests fail")},
};

// A size as a person and `set` write it: the engine takes whole pages.
QString sizeText(const QJsonValue& pages) {
  if (pages.isNull() || pages.isUndefined()) return QStringLiteral("none");
  const auto number = static_cast<std::uint64_t>(pages.toDouble());
  return number % 256 == 0 ? QStringLiteral("%1 MiB").arg(number / 256) : QStringLiteral("%1 KiB").arg(number * 4);
}

}  // namespace

ChangePanel::ChangePanel(const PanelContext& context)
    : Panel(context, QStringLiteral("change"), tr("Change"), Pace::Quarter), place_(new QLabel), forms_(new QWidget) {
  named(place_, "changePlace", tr("When a change acts"));
  place_->setWordWrap(true);
  branch_ = named(new QPushButton(tr("Go on from here in another way")), "changeBranch", tr("Go on from here in another way"));
  connect(branch_, &QPushButton::clicked, this, &ChangePanel::branchWanted);
  trouble_ = named(new QLabel, "changeTrouble", tr("Why the engine refused"));
  trouble_->setWordWrap(true);
  trouble_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  trouble_->hide();

  auto* forms = new QVBoxLayout(forms_);
  forms->setContentsMargins(0, 0, 0, 0);
  forms->setSpacing(6);
  forms->addWidget(makeVm());
  forms->addWidget(makeHost());
  auto* inside = new QWidget;
  auto* column = new QVBoxLayout(inside);
  column->setContentsMargins(10, 8, 10, 8);
  column->setSpacing(6);
  column->addWidget(place_);
  column->addWidget(branch_, 0, Qt::AlignLeft);
  column->addWidget(trouble_);
  column->addWidget(forms_);
  column->addWidget(makeLog(), 1);
  auto* scroll = new QScrollArea(this);
  scroll_ = scroll;
  scroll->setObjectName(QStringLiteral("changeScroll"));
  scroll->setAccessibleName(tr("What can be changed"));
  scroll->setWidget(inside);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setMinimumHeight(40);
  auto* whole = new QVBoxLayout(this);
  whole->setContentsMargins(0, 0, 0, 0);
  whole->addWidget(scroll);
  setFocusProxy(vm_);
  connect(&link(), &EngineLink::liveChanged, this, [this] {
    showPlace();
    if (isVisible()) askSettings();
  });
  connect(&link(), &EngineLink::instantChanged, this, &ChangePanel::showPlace);
  connect(&link(), &EngineLink::changesChanged, this, [this] {
    if (isVisible()) askSettings();
    showLog();
  });
  showPlace();
}

QLabel* ChangePanel::heading(const QString& text) {
  headings_.push_back(new QLabel(text));
  return headings_.back();
}

QWidget* ChangePanel::makeVm() {
  vm_ = named(new QComboBox, "changeVm", tr("VM to change"));
  limit_ = named(new QLineEdit, "changeLimit", tr("Limit of the VM, or none"));
  reservation_ = named(new QLineEdit, "changeReservation", tr("Reservation of the VM"));
  shares_ = named(new QComboBox, "changeShares", tr("Shares of the VM: low, normal, high, or a number"));
  shares_->setEditable(true);
  shares_->setInsertPolicy(QComboBox::NoInsert);
  shares_->addItems({QStringLiteral("low"), QStringLiteral("normal"), QStringLiteral("high")});
  shares_->lineEdit()->setObjectName(QStringLiteral("changeSharesText"));
  shares_->lineEdit()->setAccessibleName(shares_->accessibleName());
  balloonMax_ = named(new QLineEdit, "changeBalloonMax", tr("Most memory that the VM's balloon may take"));
  balloonMax_->setPlaceholderText(tr("as the host has it"));
  sharing_ = named(new QCheckBox(tr("Page sharing")), "changeSharing", tr("Page sharing of the VM"));
  balloon_ = named(new QCheckBox(tr("Balloon driver")), "changeBalloon", tr("Ballooning of the VM"));
  applyVm_ = named(new QPushButton(tr("Apply")), "changeApplyVm", tr("Apply the VM's settings"));
  powerOn_ = named(new QPushButton(tr("Power on")), "changePowerOn", tr("Power the VM on"));
  powerOff_ = named(new QPushButton(tr("Power off")), "changePowerOff", tr("Power the VM off, as by pulling its plug"));
  signal_ = named(new QPushButton(tr("Signal")), "changeSignal", tr("Signal the VM's program to go on to its next phase"));
  signal_->setToolTip(tr("The program goes on to its next phase"));
  fault_ = named(new QComboBox, "changeFault", tr("What is to fail"));
  for (const FaultChoice& choice : kFaultChoices) fault_->addItem(tr(choice.meaning), QString::fromLatin1(choice.name));
  fault_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  fault_->setMinimumContentsLength(12);
  faultCount_ = named(new QSpinBox, "changeFaultCount", tr("How many of the next operations fail; 0: all from now on"));
  faultCount_->setRange(0, 1'000'000);
  faultCount_->setValue(1);
  faultCount_->setSpecialValueText(tr("all"));
  fail_ = named(new QPushButton(tr("Let it fail")), "changeFail", tr("Let the VM's disk fail"));

  auto* group = new QWidget;
  auto* form = new QFormLayout(group);
  form->setContentsMargins(0, 0, 0, 0);
  form->setVerticalSpacing(4);
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  form->addRow(heading(tr("A VM")), vm_);
  form->addRow(tr("Limit"), limit_);
  form->addRow(tr("Reservation"), reservation_);
  form->addRow(tr("Shares"), shares_);
  form->addRow(tr("Balloon at most"), balloonMax_);
  auto* switches = new QHBoxLayout;
  switches->addWidget(sharing_);
  switches->addWidget(balloon_);
  switches->addStretch(1);
  form->addRow(switches);
  auto* buttons = new QHBoxLayout;
  for (QPushButton* button : {applyVm_, powerOn_, powerOff_, signal_}) buttons->addWidget(button);
  form->addRow(buttons);
  auto* faults = new QHBoxLayout;
  faults->addWidget(fault_, 1);
  faults->addWidget(faultCount_);
  faults->addWidget(fail_);
  form->addRow(faults);
  connect(vm_, &QComboBox::activated, this, [this](int index) {
    if (run() != nullptr) run()->selection().selectVm(VmId(static_cast<std::uint16_t>(index)));
    showVm();
  });
  connect(applyVm_, &QPushButton::clicked, this, &ChangePanel::applyVm);
  for (QLineEdit* edit : {limit_, reservation_, balloonMax_, shares_->lineEdit()})
    connect(edit, &QLineEdit::returnPressed, this, &ChangePanel::applyVm);
  connect(powerOn_, &QPushButton::clicked, this, [this] { act("power_on"); });
  connect(powerOff_, &QPushButton::clicked, this, [this] { act("power_off"); });
  connect(signal_, &QPushButton::clicked, this, [this] { act("signal"); });
  connect(fail_, &QPushButton::clicked, this, &ChangePanel::fail);
  return group;
}

QWidget* ChangePanel::makeHost() {
  option_ = named(new QComboBox, "changeOption", tr("Option of the host"));
  option_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  option_->setMinimumContentsLength(14);
  option_->setMaxVisibleItems(24);
  value_ = named(new QLineEdit, "changeOptionValue", tr("New value of the option"));
  static const QRegularExpression kDigits(QStringLiteral("\\d{1,15}"));
  value_->setValidator(new QRegularExpressionValidator(kDigits, value_));
  meaning_ = named(new QLabel, "changeOptionMeaning", tr("What the option means"));
  meaning_->setWordWrap(true);
  applyHost_ = named(new QPushButton(tr("Apply")), "changeApplyHost", tr("Apply the host's option"));
  auto* group = new QWidget;
  auto* form = new QFormLayout(group);
  form->setContentsMargins(0, 6, 0, 0);
  form->setVerticalSpacing(4);
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  form->addRow(heading(tr("The host")), option_);
  auto* row = new QHBoxLayout;
  row->addWidget(value_, 1);
  row->addWidget(applyHost_);
  form->addRow(tr("Value"), row);
  form->addRow(meaning_);
  connect(option_, &QComboBox::currentIndexChanged, this, &ChangePanel::showOption);
  connect(value_, &QLineEdit::returnPressed, this, &ChangePanel::applyOption);
  connect(applyHost_, &QPushButton::clicked, this, &ChangePanel::applyOption);
  return group;
}

QWidget* ChangePanel::makeLog() {
  log_ = named(new QListWidget, "changeLog", tr("Changes made so far"));
  log_->setWordWrap(true);
  log_->setMinimumHeight(60);
  undo_ = named(new QPushButton(tr("Take back")), "changeUndo", tr("Take the chosen change back, by another change"));
  save_ = named(new QPushButton(tr("Save as scenario …")), "changeSave", tr("Save the run with its changes as a scenario"));
  auto* group = new QWidget;
  auto* column = new QVBoxLayout(group);
  column->setContentsMargins(0, 6, 0, 0);
  column->setSpacing(4);
  column->addWidget(heading(tr("Changes")));
  column->addWidget(log_, 1);
  auto* row = new QHBoxLayout;
  row->addWidget(undo_);
  row->addWidget(save_);
  row->addStretch(1);
  column->addLayout(row);
  connect(log_, &QListWidget::currentRowChanged, this, &ChangePanel::showPlace);
  connect(log_, &QListWidget::itemActivated, this, [this] {
    const LiveRun* live = link().live();
    const auto at = static_cast<std::size_t>(std::max(log_->currentRow(), 0));
    if (live == nullptr || run() == nullptr || at >= live->changes().size()) return;
    run()->playback().stop();
    run()->playback().seek(live->changes()[at].time);
  });
  connect(undo_, &QPushButton::clicked, this, [this] {
    if (LiveRun* live = link().live(); live != nullptr && log_->currentRow() >= 0)
      live->undo(static_cast<std::size_t>(log_->currentRow()), [this](const QString& trouble) { changed(trouble); });
  });
  connect(save_, &QPushButton::clicked, this, &ChangePanel::saveWanted);
  return group;
}

void ChangePanel::rebuild() {
  restyle();
  const QString before = vm_->currentText();
  vm_->clear();
  if (run() != nullptr) {
    for (std::size_t i = 0; i < run()->world().vms(); ++i) vm_->addItem(qstring(run()->world().name(VmId(static_cast<std::uint16_t>(i)))));
    vm_->setCurrentIndex(std::max(vm_->findText(before), 0));
  }
  settings_ = {};
  trouble_->hide();
  showPlace();
  showLog();
  selectionChanged();
  // Nothing is cut off at the right, also where the bar at the side takes its part.
  scroll_->setMinimumWidth(scroll_->widget()->minimumSizeHint().width() + scroll_->verticalScrollBar()->sizeHint().width());
  askSettings();
}

void ChangePanel::restyle() {
  for (QLabel* label : headings_) label->setFont(theme().font(FontRole::Strong));
  const QString dim = QStringLiteral("color: %1").arg(theme().colour(Hue::Dim).name());
  meaning_->setFont(theme().font(FontRole::Small));
  meaning_->setStyleSheet(dim);
  trouble_->setStyleSheet(QStringLiteral("color: %1; border-left: 4px solid %2; padding-left: 8px")
                              .arg(theme().colour(Hue::Text).name(), theme().colour(Hue::Swapped).name()));
  log_->setFont(theme().font(FontRole::Small));
}

void ChangePanel::refresh(Motion) { showPlace(); }

void ChangePanel::settled() { askSettings(); }

void ChangePanel::selectionChanged() {
  if (run() == nullptr) return;
  if (const auto vm = run()->selection().subject().vm; vm && static_cast<int>(vm->value()) < vm_->count()) {
    vm_->setCurrentIndex(static_cast<int>(vm->value()));
    showVm();
  }
}

// When a change acts, or why nothing can be changed and what can be done instead.
void ChangePanel::showPlace() {
  const QString why = link().whyNoChange();
  LiveRun* live = link().live();
  const bool can = why.isEmpty();
  place_->setText(can ? tr("A change acts at once, at the end of the quantum that runs.") : why);
  branch_->setVisible(run() != nullptr && !can);
  forms_->setEnabled(can);
  log_->setEnabled(live != nullptr);
  const auto row = static_cast<std::size_t>(std::max(log_->currentRow(), 0));
  undo_->setEnabled(can && log_->currentRow() >= 0 && row < live->changes().size() && !live->changes()[row].undo.isEmpty());
  save_->setEnabled(live != nullptr && live->answers());
}

void ChangePanel::askSettings() {
  LiveRun* live = link().live();
  if (live == nullptr || !live->answers() || run() == nullptr) return;
  const QPointer<ChangePanel> here(this);
  if (asked_ != live || options_.isEmpty()) {
    asked_ = live;
    live->ask(QStringLiteral("initialize"), {}, [this, here](const EngineAnswer& answer) {
      if (!here || !answer) return;
      options_ = (*answer)[QStringLiteral("host_options")].toArray();
      const QString before = option_->currentText();
      option_->clear();
      for (const auto option : options_) {
        if (option[QStringLiteral("in_effect")].toBool()) option_->addItem(option[QStringLiteral("name")].toString());
      }
      const int idle = option_->findText(before.isEmpty() ? QStringLiteral("IdleTax") : before);
      option_->setCurrentIndex(std::max(idle, 0));
      showOption();
    });
  }
  live->ask(QStringLiteral("vms"), {}, [this, here](const EngineAnswer& answer) {
    if (!here || !answer) return;
    const bool same = settings_ == *answer;
    settings_ = *answer;
    if (same) return;
    showVm();
    showOption();
  });
}

QJsonObject ChangePanel::vmAsked() const {
  for (const auto vm : settings_[QStringLiteral("vms")].toArray()) {
    if (vm[QStringLiteral("name")].toString() == vm_->currentText()) return vm.toObject();
  }
  return {};
}

QJsonObject ChangePanel::settingsOf(const QString& vm) const {
  for (const auto one : settings_[QStringLiteral("vms")].toArray()) {
    if (one[QStringLiteral("name")].toString() == vm) return one[QStringLiteral("settings")].toObject();
  }
  return {};
}

// What is being typed is not overwritten.
void ChangePanel::showVm() {
  const QJsonObject vm = vmAsked();
  const QJsonObject settings = vm[QStringLiteral("settings")].toObject();
  if (settings.isEmpty()) return;
  const auto show = [](QLineEdit* edit, const QString& text) {
    if (!edit->hasFocus() || !edit->isModified()) edit->setText(text);
  };
  show(limit_, sizeText(settings[QStringLiteral("limit_pages")]));
  show(reservation_, sizeText(settings[QStringLiteral("reservation_pages")]));
  show(shares_->lineEdit(), QString::number(static_cast<qulonglong>(settings[QStringLiteral("shares")].toDouble())));
  const QJsonValue most = settings[QStringLiteral("balloon_max_pages")];
  show(balloonMax_, most.isNull() ? QString() : sizeText(most));
  sharing_->setChecked(settings[QStringLiteral("sharing")].toBool());
  balloon_->setChecked(settings[QStringLiteral("balloon")].toBool());
  const QString state = vm[QStringLiteral("state")].toString();
  const bool on = state == QStringLiteral("running") || state == QStringLiteral("waiting") || state == QStringLiteral("blocked");
  powerOn_->setEnabled(!on);
  powerOff_->setEnabled(on);
  signal_->setEnabled(on);
}

void ChangePanel::showOption() {
  for (const auto option : options_) {
    if (option[QStringLiteral("name")].toString() != option_->currentText()) continue;
    const auto number = [&](const char* key) { return QString::number(static_cast<qulonglong>(option[QLatin1String(key)].toDouble())); };
    meaning_->setText(tr("%1. From %2 to %3; %4 if nothing else is said.")
                          .arg(option[QStringLiteral("meaning")].toString(), number("least"), number("most"), number("default")));
    const QJsonValue now = settings_[QStringLiteral("options")][option_->currentText()];
    if (!now.isUndefined() && !(value_->hasFocus() && value_->isModified()))
      value_->setText(QString::number(static_cast<qulonglong>(now.toDouble())));
  }
}

void ChangePanel::showLog() {
  const LiveRun* live = link().live();
  const int row = log_->currentRow();
  log_->clear();
  if (live != nullptr) {
    for (const LoggedChange& change : live->changes()) {
      QString line = QStringLiteral("%1   %2").arg(clockText(change.time), change.text);
      if (!change.before.isEmpty()) line += QStringLiteral("   ") + tr("(was: %1)").arg(change.before);
      log_->addItem(line);
    }
  }
  log_->setCurrentRow(row >= 0 && row < log_->count() ? row : log_->count() - 1);
  showPlace();
}

void ChangePanel::changed(const QString& trouble) {
  trouble_->setText(trouble);
  trouble_->setVisible(!trouble.isEmpty());
  if (isVisible()) askSettings();
}

void ChangePanel::change(const QJsonObject& params, const QString& before, const QJsonObject& undo) {
  LiveRun* live = link().live();
  if (const QString why = link().whyNoChange(); !why.isEmpty() || live == nullptr) return changed(why);
  const QPointer<ChangePanel> here(this);
  live->change(params, before, undo, [this, here](const QString& trouble) {
    if (here && (!trouble.isEmpty() || !trouble_->isVisible())) changed(trouble);
  });
}

// Each setting that differs is a change of its own, so that each can be taken back.
void ChangePanel::applyVm() {
  const QString vm = vm_->currentText();
  const QJsonObject now = settingsOf(vm);
  if (now.isEmpty()) return;
  trouble_->hide();
  const auto set = [&](const char* key, const QJsonValue& value, const QString& before, const QJsonValue& back) {
    const auto params = [&](const QJsonValue& to) {
      return QJsonObject{{QStringLiteral("vm"), vm}, {QStringLiteral("set"), QJsonObject{{QLatin1String(key), to}}}};
    };
    change(params(value), before, back.isUndefined() ? QJsonObject() : params(back));
  };
  const auto size = [&](QLineEdit* edit, const char* key, const char* known) {
    const QJsonValue pages = now[QLatin1String(known)];
    const bool unknown = edit == balloonMax_ && pages.isNull();
    const QString before = unknown ? QString() : sizeText(pages), wanted = edit->text().trimmed();
    edit->setModified(false);
    if (wanted == before) return;
    set(key, wanted, unknown ? tr("as the host has it") : before, unknown ? QJsonValue(QJsonValue::Undefined) : QJsonValue(before));
  };
  size(limit_, "limit", "limit_pages");
  size(reservation_, "reservation", "reservation_pages");
  const auto shares = static_cast<qint64>(now[QStringLiteral("shares")].toDouble());
  if (const QString wanted = shares_->currentText().trimmed(); wanted != QString::number(shares)) {
    bool number = false;
    const qint64 count = wanted.toLongLong(&number);
    set("shares", number ? QJsonValue(count) : QJsonValue(wanted), QString::number(shares), shares);
  }
  shares_->lineEdit()->setModified(false);
  size(balloonMax_, "balloon_max", "balloon_max_pages");
  const auto yesNo = [&](const QCheckBox* box, const char* key) {
    const bool before = now[QLatin1String(key)].toBool();
    if (box->isChecked() != before) set(key, box->isChecked(), before ? tr("on") : tr("off"), before);
  };
  yesNo(sharing_, "sharing");
  yesNo(balloon_, "balloon");
}

void ChangePanel::act(const char* action) {
  const auto params = [this](const char* what) {
    return QJsonObject{{QStringLiteral("vm"), vm_->currentText()}, {QStringLiteral("action"), QLatin1String(what)}};
  };
  const bool on = qstrcmp(action, "power_on") == 0, off = qstrcmp(action, "power_off") == 0;
  trouble_->hide();
  change(params(action), on ? tr("off") : off ? tr("on") : QString(), on ? params("power_off") : off ? params("power_on") : QJsonObject());
}

void ChangePanel::fail() {
  trouble_->hide();
  change({{QStringLiteral("vm"), vm_->currentText()},
          {QStringLiteral("action"), QStringLiteral("fault")},
          {QStringLiteral("fault"), fault_->currentData().toString()},
          {QStringLiteral("fault_count"), faultCount_->value()}},
         {}, {});
}

void ChangePanel::applyOption() {
  const QString name = option_->currentText();
  const QJsonValue now = settings_[QStringLiteral("options")][name];
  if (now.isUndefined() || value_->text().isEmpty()) return;
  const auto before = static_cast<qint64>(now.toDouble());
  const qint64 wanted = value_->text().toLongLong();
  value_->setModified(false);
  trouble_->hide();
  if (wanted == before) return;
  const auto params = [&](qint64 value) {
    return QJsonObject{{QStringLiteral("host"), true}, {QStringLiteral("set"), QJsonObject{{name, value}}}};
  };
  change(params(wanted), QString::number(before), params(before));
}

}  // namespace overcommit::gui
