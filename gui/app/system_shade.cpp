// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/system_shade.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusVariant>
#include <QGuiApplication>
#include <QPalette>

namespace overcommit::gui {
namespace {

constexpr int kPatienceMilliseconds = 200;  // a portal that hangs must not keep the window

std::optional<Shade> askPortal() {
  if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS")) return std::nullopt;
  const QDBusConnection bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return std::nullopt;
  QDBusMessage question =
      QDBusMessage::createMethodCall(QStringLiteral("org.freedesktop.portal.Desktop"), QStringLiteral("/org/freedesktop/portal/desktop"),
                                     QStringLiteral("org.freedesktop.portal.Settings"), QStringLiteral("Read"));
  question << QStringLiteral("org.freedesktop.appearance") << QStringLiteral("color-scheme");
  const QDBusMessage answer = bus.call(question, QDBus::Block, kPatienceMilliseconds);
  if (answer.type() != QDBusMessage::ReplyMessage || answer.arguments().isEmpty()) return std::nullopt;
  QVariant value = answer.arguments().constFirst();
  // A variant in a variant.
  while (value.canConvert<QDBusVariant>()) value = value.value<QDBusVariant>().variant();
  const uint scheme = value.toUInt();
  if (scheme == 1) return Shade::Dark;
  if (scheme == 2) return Shade::Light;
  return std::nullopt;
}

}  // namespace

std::optional<Shade> systemShade() {
  if (const auto shade = askPortal()) return shade;
  const QPalette palette = QGuiApplication::palette();
  return palette.color(QPalette::WindowText).lightness() > palette.color(QPalette::Window).lightness() ? Shade::Dark : Shade::Light;
}

}  // namespace overcommit::gui
