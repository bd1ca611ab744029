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

}  // namespace

StoredSession loadSession() {
  const QSettings settings;
  StoredSession session;
  session.geometry = settings.value(QStringLiteral("window/geometry")).toByteArray();
  session.docks = settings.value(QStringLiteral("window/docks")).toByteArray();
  session.workspace = stored(settings, "window/workspace", Workspace::Engineer, Workspace::Investigate);
  session.theme = stored(settings, "view/theme", ThemeChoice::Dark, ThemeChoice::System);
  session.zoom = std::clamp(settings.value(QStringLiteral("view/zoom"), 100).toInt(), 80, 250);
  session.reduceMotion = settings.value(QStringLiteral("view/reduceMotion")).toBool();
  session.seat = stored(settings, "view/seat", Seat::AllKnowing, Seat::AllKnowing);
  session.order = stored(settings, "view/order", MapOrder::Sorted, MapOrder::Auto);
  session.layer = stored(settings, "view/layer", MapLayer::Owner, MapLayer::State);
  const auto speed = settings.value(QStringLiteral("run/speed")).toULongLong();
  if (settings.contains(QStringLiteral("run/speed")) && std::ranges::find(kSpeeds, speed) != kSpeeds.end()) session.speed = speed;
  session.recent = settings.value(QStringLiteral("run/recent")).toStringList().mid(0, kMostRecent);
  session.trace = settings.value(QStringLiteral("run/trace")).toString();
  session.at = VirtualTime(settings.value(QStringLiteral("run/at")).toULongLong());
  session.lab = settings.value(QStringLiteral("lab/folder")).toString();
  session.branches = settings.value(QStringLiteral("run/branches")).toList();
  return session;
}

void saveSession(const StoredSession& session) {
  QSettings settings;
  settings.setValue(QStringLiteral("window/geometry"), session.geometry);
  settings.setValue(QStringLiteral("window/docks"), session.docks);
  settings.setValue(QStringLiteral("window/workspace"), static_cast<int>(session.workspace));
  settings.setValue(QStringLiteral("view/theme"), static_cast<int>(session.theme));
  settings.setValue(QStringLiteral("view/zoom"), session.zoom);
  settings.setValue(QStringLiteral("view/reduceMotion"), session.reduceMotion);
  settings.setValue(QStringLiteral("view/seat"), static_cast<int>(session.seat));
  settings.setValue(QStringLiteral("view/order"), static_cast<int>(session.order));
  settings.setValue(QStringLiteral("view/layer"), static_cast<int>(session.layer));
  settings.setValue(QStringLiteral("run/speed"), QVariant::fromValue(static_cast<qulonglong>(session.speed)));
  settings.setValue(QStringLiteral("run/recent"), session.recent);
  settings.setValue(QStringLiteral("run/trace"), session.trace);
  settings.setValue(QStringLiteral("lab/folder"), session.lab);
  settings.setValue(QStringLiteral("run/branches"), session.branches);
  settings.setValue(QStringLiteral("run/at"), QVariant::fromValue(static_cast<qulonglong>(session.at.value())));
}

}  // namespace overcommit::gui
