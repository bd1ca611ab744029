// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/console_panel.h"

#include <QScrollBar>
#include <QVBoxLayout>

#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr std::size_t kMostConsoleLines = 500;

}  // namespace

ConsolePanel::ConsolePanel(const PanelContext& context)
    : Panel(context, QStringLiteral("console"), tr("Console"), Pace::Quarter), vm_(new QComboBox(this)), text_(new QPlainTextEdit(this)) {
  vm_->setObjectName(QStringLiteral("consoleVm"));
  vm_->setAccessibleName(tr("Whose console"));
  text_->setObjectName(QStringLiteral("consoleText"));
  text_->setAccessibleName(tr("What the guest printed"));
  text_->setReadOnly(true);
  text_->setMinimumHeight(40);
  text_->setFrameShape(QFrame::NoFrame);
  connect(vm_, &QComboBox::activated, this, [this] { refresh(Motion::Jumped); });
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(8, 4, 8, 4);
  column->addWidget(vm_, 0, Qt::AlignLeft);
  column->addWidget(text_, 1);
  setFocusProxy(text_);
}

void ConsolePanel::rebuild() {
  if (asked_ != run()) {
    asked_ = run();
    vm_->clear();
    text_->clear();
    if (run() != nullptr) {
      vm_->addItem(tr("All VMs"));
      for (const TraceVm& vm : run()->header().vms) vm_->addItem(qstring(vm.name));
      connect(&run()->inquiry(), &Inquiry::eventsAnswered, this, [this](EventsFor whom, const std::shared_ptr<const EventWindow>& window) {
        if (run() == nullptr || whom != EventsFor::Console) return;
        QStringList lines;
        if (!window->atBeginning) lines << tr("… (the %1 lines before are in the event log)").arg(kMostConsoleLines);
        for (const Event& event : window->events) {
          const QString name =
              event.vm.value() < run()->header().vms.size() ? qstring(run()->header().vms[event.vm.value()].name) : QString();
          lines << QStringLiteral("%1  %2  %3").arg(clockText(event.vmTime, TimeDetail::Micro), name, qstring(event.text));
        }
        const QString text = lines.isEmpty() ? tr("Nothing has been printed yet.") : lines.join(QLatin1Char('\n'));
        if (text == text_->toPlainText()) return;
        text_->setPlainText(text);
        text_->verticalScrollBar()->setValue(text_->verticalScrollBar()->maximum());
      });
    }
  }
  vm_->setFont(theme().font(FontRole::Body));
  text_->setFont(theme().font(FontRole::Mono));
  refresh(Motion::Jumped);
}

void ConsolePanel::refresh(Motion) {
  if (run() == nullptr) return;
  EventFilter filter;
  filter.want(EventKind::Console);
  if (vm_->currentIndex() > 0) filter.vm = VmId(static_cast<std::uint16_t>(vm_->currentIndex() - 1));
  run()->inquiry().askEvents(EventsFor::Console, filter, QString(), run()->playback().sequence(), kMostConsoleLines, 0);
}

// A VM that is selected anywhere is the one whose console is shown.
void ConsolePanel::selectionChanged() {
  const auto& vm = run()->selection().subject().vm;
  if (!vm) return;
  vm_->setCurrentIndex(static_cast<int>(vm->value()) + 1);
  refresh(Motion::Jumped);
}

}  // namespace overcommit::gui
