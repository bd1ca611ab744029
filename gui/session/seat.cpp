// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/seat.h"

#include <QCoreApplication>

namespace overcommit::gui {

QString nameOf(Seat seat) {
  switch (seat) {
    case Seat::Application: return QCoreApplication::translate("Seat", "Application");
    case Seat::GuestOs: return QCoreApplication::translate("Seat", "Guest OS");
    case Seat::Hypervisor: return QCoreApplication::translate("Seat", "Hypervisor");
    case Seat::AllKnowing: return QCoreApplication::translate("Seat", "All-knowing");
  }
  return {};
}

QString optionOf(Seat seat) {
  switch (seat) {
    case Seat::Application: return QStringLiteral("application");
    case Seat::GuestOs: return QStringLiteral("guest");
    case Seat::Hypervisor: return QStringLiteral("hypervisor");
    case Seat::AllKnowing: return QStringLiteral("all");
  }
  return {};
}

std::bitset<kEventKinds> eventsOf(Seat seat) {
  std::bitset<kEventKinds> kinds;
  if (seesMachine(seat)) return kinds;
  for (const EventKind kind : {EventKind::Operations, EventKind::Latency, EventKind::Phase, EventKind::ResultChecksum, EventKind::Console,
                               EventKind::PowerOn, EventKind::PowerOff, EventKind::Crash})
    kinds.set(indexOf(kind));
  if (seat == Seat::Application) return kinds;
  // The guest's own memory, and what its balloon driver was told; which pages that gave up the uses of its frames tell.
  for (const EventKind kind : {EventKind::GuestFrame, EventKind::GuestSwappedOut, EventKind::BalloonTarget, EventKind::BalloonDriver})
    kinds.set(indexOf(kind));
  return kinds;
}

QString knowledgeOf(Seat seat) {
  switch (seat) {
    case Seat::Application:
      return QCoreApplication::translate("Seat",
                                         "A program knows its own memory and how long its operations take. It cannot see that the guest "
                                         "pages, or that there is a hypervisor.");
    case Seat::GuestOs:
      return QCoreApplication::translate(
          "Seat",
          "A guest kernel knows what it uses each of its frames for. Which of them have a machine frame behind them it cannot see.");
    case Seat::Hypervisor:
      return QCoreApplication::translate(
          "Seat",
          "The hypervisor knows which pages were touched and where they are. A page that the guest has freed still looks used to it.");
    case Seat::AllKnowing:
      return QCoreApplication::translate("Seat",
                                         "Nobody in a real system knows all this: places, uses, and which held pages the guest has freed.");
  }
  return {};
}

}  // namespace overcommit::gui
