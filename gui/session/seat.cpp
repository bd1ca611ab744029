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
