// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/actions.h"

#include <QWidget>
#include <algorithm>

namespace overcommit::gui {

QAction* Actions::add(Group group, const QString& name, const QString& text, const QList<QKeySequence>& keys, std::function<void()> act) {
  auto* action = new QAction(text, window_);
  action->setObjectName(name);
  action->setShortcuts(keys);
  QString tip = text;
  tip.remove(QLatin1Char('&'));
  if (!keys.isEmpty()) tip += QStringLiteral(" (%1)").arg(keys.front().toString(QKeySequence::NativeText));
  action->setToolTip(tip);
  connect(action, &QAction::triggered, this, [act = std::move(act)] { act(); });
  window_->addAction(action);
  entries_.push_back({group, action});
  return action;
}

QAction* Actions::find(const QString& name) const {
  const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.action->objectName() == name; });
  return found == entries_.end() ? nullptr : found->action;
}

QString Actions::nameOf(Group group) {
  switch (group) {
    case Group::File: return tr("&File");
    case Group::Play: return tr("&Play");
    case Group::Until: return tr("Run &until");
    case Group::Live: return tr("&Live");
    case Group::View: return tr("&View");
    case Group::Window: return tr("&Window");
    case Group::Help: return tr("&Help");
  }
  return {};
}

}  // namespace overcommit::gui
