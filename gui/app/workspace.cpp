// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/workspace.h"

#include <QCoreApplication>

namespace overcommit::gui {

QString nameOf(Workspace workspace) {
  switch (workspace) {
    case Workspace::Lecture: return QCoreApplication::translate("Workspace", "Lecture");
    case Workspace::Lab: return QCoreApplication::translate("Workspace", "Lab");
    case Workspace::Investigate: return QCoreApplication::translate("Workspace", "Investigate");
    case Workspace::Engineer: return QCoreApplication::translate("Workspace", "Engineer");
  }
  return {};
}

QStringList panelsOf(Workspace workspace) {
  switch (workspace) {
    case Workspace::Lecture: return {QStringLiteral("freeState"), QStringLiteral("timeline")};
    case Workspace::Lab:
      return {QStringLiteral("lab"), QStringLiteral("freeState"), QStringLiteral("vms"), QStringLiteral("inspector"),
              QStringLiteral("timeline")};
    case Workspace::Investigate:
      return {QStringLiteral("freeState"), QStringLiteral("vms"), QStringLiteral("inspector"), QStringLiteral("timeline")};
    case Workspace::Engineer:
      return {QStringLiteral("freeState"), QStringLiteral("inspector"), QStringLiteral("vms"),    QStringLiteral("timeline"),
              QStringLiteral("costs"),     QStringLiteral("charts"),    QStringLiteral("esxtop"), QStringLiteral("events")};
  }
  return {};
}

}  // namespace overcommit::gui
