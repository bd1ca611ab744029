// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <QWidget>

namespace overcommit::gui {

// A widget with its two names: the one that tests and style sheets find it by, and the one that a screen reader says.
template <typename W>
W* named(W* widget, const char* objectName, const QString& accessibleName) {
  widget->setObjectName(QString::fromLatin1(objectName));
  widget->setAccessibleName(accessibleName);
  return widget;
}

}  // namespace overcommit::gui
