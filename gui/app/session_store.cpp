// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/session_store.h"

#include <QSettings>
#include <algorithm>

#include "gui/session/speed.h"

namespace overcommit::gui {
namespace {

// Of an enumeration with values 0 to `last`.
template <typename E>
E stored(const QSettings& settings, const char* key, E last, E otherwise) {
  bool number = false;
  const int value = settings.value(QString::fromLatin1(key)).toInt(&number);
  return number && value >= 0 && value <= static_cast<int>(last) ? static_cast<E>(value) : otherwise;
}

// The view of the group that the settings are in.
StoredView loadView(const QSettings& settings) {
  StoredView view;
  view.docks = settings.value(QStringLiteral("window/docks")).toByteArray();
  view.workspace = stored(settings, "window/workspace", Workspace::Engineer, Workspace::Investigate);
  view.zoom = std::clamp(settings.value(QStringLiteral("view/zoom"), 100).toInt(), 80, 250);
  view.seat = stored(settings, "view/seat", Seat::AllKnowing, Seat::AllKnowing);
  view.order = stored(settings, "view/order", MapOrder::Sorted, MapOrder::Auto);
  view.layer = stored(settings, "view/layer", MapLayer::Owner, MapLayer::State);
  const auto speed = settings.value(QStringLiteral("run/speed")).toULongLong();
  if (settings.contains(QStringLiteral("run/speed")) && std::ranges::find(kSpeeds, speed) != kSpeeds.end()) view.speed = speed;
  return view;
}

void saveView(QSettings& settings, const StoredView& view) {
  settings.setValue(QStringLiteral("window/docks"), view.docks);
  settings.setValue(QStringLiteral("window/workspace"), static_cast<int>(view.workspace));
  settings.setValue(QStringLiteral("view/zoom"), view.zoom);
  settings.setValue(QStringLiteral("view/seat"), static_cast<int>(view.seat));
  settings.setValue(QStringLiteral("view/order"), static_cast<int>(view.order));
  settings.setValue(QStringLiteral("view/layer"), static_cast<int>(view.layer));
  settings.setValue(QStringLiteral("run/speed"), QVariant::fromValue(static_cast<qulonglong>(view.speed)));
}

}  // namespace

StoredSession loadSession() {
  QSettings settings;
  StoredSession session;
  session.view = loadView(settings);
  session.geometry = settings.value(QStringLiteral("window/geometry")).toByteArray();
  session.theme = stored(settings, "view/theme", ThemeChoice::Dark, ThemeChoice::System);
  session.reduceMotion = settings.value(QStringLiteral("view/reduceMotion")).toBool();
  settings.beginGroup(QStringLiteral("labs"));
  for (const QString& lab : settings.childGroups().mid(0, kMostLabViews)) {
    settings.beginGroup(lab);
    session.labViews.insert(lab, loadView(settings));
    settings.endGroup();
  }
  settings.endGroup();
  session.recent = settings.value(QStringLiteral("run/recent")).toStringList().mid(0, kMostRecent);
  session.trace = settings.value(QStringLiteral("run/trace")).toString();
  session.at = VirtualTime(settings.value(QStringLiteral("run/at")).toULongLong());
  session.lab = settings.value(QStringLiteral("lab/folder")).toString();
  session.branches = settings.value(QStringLiteral("run/branches")).toList();
  return session;
}

void saveSession(const StoredSession& session) {
  QSettings settings;
  saveView(settings, session.view);
  settings.setValue(QStringLiteral("window/geometry"), session.geometry);
  settings.setValue(QStringLiteral("view/theme"), static_cast<int>(session.theme));
  settings.setValue(QStringLiteral("view/reduceMotion"), session.reduceMotion);
  for (const auto& [lab, view] : session.labViews.asKeyValueRange()) {
    settings.beginGroup(QStringLiteral("labs/") + lab);
    saveView(settings, view);
    settings.endGroup();
  }
  settings.setValue(QStringLiteral("run/recent"), session.recent);
  settings.setValue(QStringLiteral("run/trace"), session.trace);
  settings.setValue(QStringLiteral("lab/folder"), session.lab);
  settings.setValue(QStringLiteral("run/branches"), session.branches);
  settings.setValue(QStringLiteral("run/at"), QVariant::fromValue(static_cast<qulonglong>(session.at.value())));
}

}  // namespace overcommit::gui
