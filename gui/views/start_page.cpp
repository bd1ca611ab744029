// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/start_page.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <utility>

namespace overcommit::gui {
namespace {

struct Preset {
  const char* file;
  const char* title;
  const char* about;
};
constexpr std::array kPresets{
    Preset{
        "demo", QT_TRANSLATE_NOOP("StartPage", "Four web servers on a host for two"),
        QT_TRANSLATE_NOOP("StartPage",
                          "Their memory adds up to twice the host's. Watch it being taken back: shared, ballooned, compressed, swapped.")},
    Preset{"a-limit-bites", QT_TRANSLATE_NOOP("StartPage", "A limit bites on an empty host"),
           QT_TRANSLATE_NOOP("StartPage", "Half of the host is free, and yet one VM is swapped: its limit is below its memory.")},
    Preset{"double-paging", QT_TRANSLATE_NOOP("StartPage", "Double paging"),
           QT_TRANSLATE_NOOP("StartPage", "The hypervisor swaps what the guest is about to swap too: one page goes to the disk twice.")},
    Preset{"sixty-four-vms", QT_TRANSLATE_NOOP("StartPage", "Sixty-four VMs"),
           QT_TRANSLATE_NOOP("StartPage", "A whole host at a glance, from first touch to hard.")},
};
struct Vintage {
  const char* profile;
  const char* name;
};
constexpr std::array kVintages{Vintage{"esx2", "ESX 2"}, Vintage{"esx3", "ESX 3"}, Vintage{"esx4", "ESX 4"}, Vintage{"esx5", "ESXi 5"},
                               Vintage{"esx6", "ESXi 6"}};
constexpr int kPathRole = Qt::UserRole, kLabRole = Qt::UserRole + 1;

QLabel* newLabel(const char* objectName) {
  auto* label = new QLabel;
  label->setObjectName(QString::fromLatin1(objectName));
  label->setWordWrap(true);
  label->setMinimumWidth(260);
  label->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  return label;
}

}  // namespace

StartPage::StartPage(Theme& theme)
    : theme_(theme),
      title_(newLabel("startTitle")),
      lead_(newLabel("startLead")),
      beginHead_(newLabel("startBegin")),
      vintageHead_(newLabel("startVintages")),
      vintageLead_(newLabel("startVintageLead")),
      listHead_(newLabel("startScenarios")),
      recentHead_(newLabel("startRecent")),
      about_(newLabel("startAbout")),
      list_(new QTreeWidget),
      run_(new QPushButton(tr("Run it"))),
      recent_(new QListWidget),
      open_(new QPushButton(tr("Open a trace or a scenario …"))) {
  setObjectName(QStringLiteral("startPage"));
  setAccessibleName(tr("Start"));
  title_->setText(tr("Overcommit"));
  lead_->setText(
      tr("A hypervisor gives its virtual machines more memory than there is. See how it takes pages back, forwards, backwards, and why."));
  beginHead_->setText(tr("Begin here"));
  vintageHead_->setText(tr("The same four web servers, by vintage"));
  vintageLead_->setText(tr("Techniques, thresholds and defaults as they were in:"));
  listHead_->setText(tr("Labs and scenarios"));
  recentHead_->setText(tr("Seen lately"));

  // Spacing is said everywhere: a layout without its own takes that of the columns.
  constexpr int kSpacing = 8;
  auto* left = new QVBoxLayout;
  left->setSpacing(kSpacing);
  left->addWidget(title_);
  left->addWidget(lead_);
  left->addSpacing(12);
  left->addWidget(beginHead_);
  for (const Preset& preset : kPresets) {
    auto* button = new PresetButton(theme_, tr(preset.title), tr(preset.about));
    button->setObjectName(QStringLiteral("preset.%1").arg(QLatin1String(preset.file)));
    connect(button, &PresetButton::clicked, this, [this, file = QString::fromLatin1(preset.file)] { choose(named(file), QString()); });
    presets_.push_back(button);
    left->addWidget(button);
  }
  left->addSpacing(12);
  left->addWidget(vintageHead_);
  left->addWidget(vintageLead_);
  auto* row = new QHBoxLayout;
  row->setSpacing(kSpacing);
  for (const Vintage& vintage : kVintages) {
    auto* button = new QPushButton(QString::fromLatin1(vintage.name));
    button->setObjectName(QStringLiteral("vintage.%1").arg(QLatin1String(vintage.profile)));
    button->setAccessibleName(tr("Four web servers under %1").arg(QLatin1String(vintage.name)));
    connect(button, &QPushButton::clicked, this,
            [this, profile = QString::fromLatin1(vintage.profile)] { choose(named(QStringLiteral("demo")), profile); });
    vintages_.push_back(button);
    row->addWidget(button);
  }
  row->addStretch(1);
  left->addLayout(row);
  left->addStretch(1);

  list_->setObjectName(QStringLiteral("scenarioList"));
  list_->setAccessibleName(tr("Scenarios by topic"));
  list_->setHeaderHidden(true);
  list_->setUniformRowHeights(true);
  list_->setFrameShape(QFrame::StyledPanel);
  run_->setObjectName(QStringLiteral("runScenario"));
  run_->setAccessibleName(tr("Run the chosen scenario"));
  run_->setEnabled(false);
  about_->setAlignment(Qt::AlignTop);
  recent_->setObjectName(QStringLiteral("recentList"));
  recent_->setAccessibleName(tr("Traces that were open lately"));
  open_->setObjectName(QStringLiteral("openTrace"));
  open_->setAccessibleName(tr("Open a trace or a scenario from a file"));
  connect(list_, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) { showAbout(item); });
  connect(list_, &QTreeWidget::itemActivated, this, &StartPage::runItem);
  connect(run_, &QPushButton::clicked, this, [this] { runItem(list_->currentItem()); });
  connect(recent_, &QListWidget::itemActivated, this,
          [this](const QListWidgetItem* item) { Q_EMIT traceChosen(item->data(kPathRole).toString()); });
  connect(recent_, &QListWidget::itemClicked, this,
          [this](const QListWidgetItem* item) { Q_EMIT traceChosen(item->data(kPathRole).toString()); });
  connect(open_, &QPushButton::clicked, this, &StartPage::openWanted);

  auto* right = new QVBoxLayout;
  right->setSpacing(kSpacing);
  right->addWidget(listHead_);
  right->addWidget(list_, 4);
  right->addWidget(about_);
  auto* runRow = new QHBoxLayout;
  runRow->addStretch(1);
  runRow->addWidget(run_);
  right->addLayout(runRow);
  right->addWidget(recentHead_);
  right->addWidget(recent_, 2);
  auto* openRow = new QHBoxLayout;
  openRow->addStretch(1);
  openRow->addWidget(open_);
  right->addLayout(openRow);

  auto* page = new QWidget;
  page_ = page;
  setWidget(page);
  setWidgetResizable(true);
  setFrameShape(QFrame::NoFrame);
  auto* columns = new QHBoxLayout(page);
  columns->setContentsMargins(48, 36, 48, 36);
  columns->setSpacing(56);
  columns->addLayout(left, 5);
  columns->addLayout(right, 4);
  connect(&theme_, &Theme::changed, this, &StartPage::restyle);
  restyle();
  setRecent({});
}

void StartPage::restyle() {
  QFont large = theme_.font(FontRole::Heading);
  large.setPixelSize(theme_.px(34));
  title_->setFont(large);
  QFont lead = theme_.font(FontRole::Body);
  lead.setPixelSize(theme_.px(16));
  lead_->setFont(lead);
  lead_->setStyleSheet(QStringLiteral("color: %1").arg(theme_.colour(Hue::Dim).name()));
  QFont head = theme_.font(FontRole::Strong);
  head.setPixelSize(theme_.px(15));
  for (QLabel* label : {beginHead_, vintageHead_, listHead_, recentHead_}) label->setFont(head);
  for (QLabel* label : {vintageLead_, about_}) {
    label->setFont(theme_.font(FontRole::Body));
    label->setStyleSheet(QStringLiteral("color: %1").arg(theme_.colour(Hue::Dim).name()));
  }
  for (PresetButton* button : presets_) {
    button->updateGeometry();
    button->update();
  }
  for (QPushButton* button : vintages_) button->setFont(theme_.font(FontRole::Body));
  for (QWidget* widget : std::initializer_list<QWidget*>{list_, run_, recent_, open_}) widget->setFont(theme_.font(FontRole::Body));
  open_->setMinimumWidth(theme_.buttonWidth(open_->text()));
  page_->setAutoFillBackground(true);
  QPalette ground = palette();
  ground.setColor(QPalette::Window, theme_.colour(Hue::Ground));
  page_->setPalette(ground);
}

void StartPage::setScenarios(const std::vector<ScenarioEntry>& scenarios) {
  scenarios_ = scenarios;
  list_->clear();
  labTopic_ = nullptr;
  QTreeWidgetItem* topic = nullptr;
  for (const ScenarioEntry& entry : scenarios_) {
    if (topic == nullptr || topic->text(0) != entry.topic) {
      topic = new QTreeWidgetItem(list_, {entry.topic});
      topic->setExpanded(true);
    }
    auto* item = new QTreeWidgetItem(topic, {entry.title});
    item->setData(0, kPathRole, entry.path);
    item->setToolTip(0, QFileInfo(entry.path).fileName());
  }
  for (std::size_t i = 0; i < presets_.size(); ++i) presets_[i]->setEnabled(named(QString::fromLatin1(kPresets[i].file)) != nullptr);
  for (QPushButton* button : vintages_) button->setEnabled(named(QStringLiteral("demo")) != nullptr);
  about_->setText(scenarios_.empty() ? tr("The shipped scenarios are not beside this program; OVERCOMMIT_SCENARIOS can name their folder.")
                                     : tr("Choose a scenario to read what it shows; Enter runs it."));
}

const ScenarioEntry* StartPage::named(const QString& file) const {
  const auto found =
      std::ranges::find_if(scenarios_, [&](const ScenarioEntry& entry) { return QFileInfo(entry.path).completeBaseName() == file; });
  return found == scenarios_.end() ? nullptr : &*found;
}

void StartPage::choose(const ScenarioEntry* entry, const QString& profile) {
  if (entry != nullptr) Q_EMIT scenarioChosen(entry->path, profile);
}

void StartPage::setLabs(const std::vector<LabEntry>& labs) {
  labs_ = labs;
  delete std::exchange(labTopic_, nullptr);
  if (labs_.empty()) return;
  labTopic_ = new QTreeWidgetItem({tr("Labs")});
  list_->insertTopLevelItem(0, labTopic_);
  labTopic_->setExpanded(true);
  for (const LabEntry& lab : labs_) {
    auto* item = new QTreeWidgetItem(labTopic_, {lab.heading()});
    item->setData(0, kLabRole, lab.name);
  }
  list_->scrollToTop();
}

void StartPage::runItem(const QTreeWidgetItem* item) {
  if (item == nullptr) return;
  const QString path = item->data(0, kPathRole).toString(), lab = item->data(0, kLabRole).toString();
  if (!lab.isEmpty()) Q_EMIT labChosen(lab);
  if (!path.isEmpty()) Q_EMIT scenarioChosen(path, QString());
}

void StartPage::showAbout(const QTreeWidgetItem* item) {
  const QString name = item == nullptr ? QString() : item->data(0, kLabRole).toString();
  if (const auto lab = std::ranges::find(labs_, name, &LabEntry::name); lab != labs_.end()) {
    run_->setText(tr("Begin it"));
    run_->setEnabled(true);
    return about_->setText(tr("%1 minutes. Afterwards you can %2.").arg(lab->minutes).arg(lab->outcomes.join(tr("; "))));
  }
  run_->setText(tr("Run it"));
  const QString path = item == nullptr ? QString() : item->data(0, kPathRole).toString();
  run_->setEnabled(!path.isEmpty());
  const auto found = std::ranges::find_if(scenarios_, [&](const ScenarioEntry& entry) { return entry.path == path; });
  if (found == scenarios_.end()) return;
  constexpr qsizetype kMostWords = 420;
  about_->setText(found->about.size() > kMostWords ? found->about.left(kMostWords) + QStringLiteral(" …") : found->about);
}

void StartPage::setRecent(const QStringList& traces) {
  recent_->clear();
  for (const QString& trace : traces) {
    auto* item = new QListWidgetItem(QFileInfo(trace).fileName(), recent_);
    item->setData(kPathRole, trace);
    item->setToolTip(trace);
  }
  recentHead_->setVisible(!traces.isEmpty());
  recent_->setVisible(!traces.isEmpty());
}

}  // namespace overcommit::gui
