// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/step.h"

#include <QCoreApplication>

namespace overcommit::gui {

std::bitset<kEventKinds> eventsOf(StepKind step) {
  std::bitset<kEventKinds> kinds;
  const auto want = [&kinds](std::initializer_list<EventKind> wanted) {
    for (const EventKind kind : wanted) kinds.set(indexOf(kind));
  };
  switch (step) {
    case StepKind::Event:
    case StepKind::Millisecond: break;
    case StepKind::NestedFault:
      want({EventKind::FirstTouch, EventKind::LargeMap, EventKind::Break, EventKind::Revert, EventKind::Unzip, EventKind::SwapIn,
            EventKind::Pop});
      break;
    case StepKind::Scan: want({EventKind::Scan}); break;
    case StepKind::StateChange: want({EventKind::FreeStateChange}); break;
    case StepKind::Mark: want({EventKind::Mark, EventKind::SettingChange, EventKind::Fault, EventKind::Phase}); break;
  }
  return kinds;
}

QString nameOf(StepKind step) {
  switch (step) {
    case StepKind::Event: return QCoreApplication::translate("StepKind", "Event");
    case StepKind::NestedFault: return QCoreApplication::translate("StepKind", "Nested fault");
    case StepKind::Scan: return QCoreApplication::translate("StepKind", "Scan for equal pages");
    case StepKind::StateChange: return QCoreApplication::translate("StepKind", "Free-state change");
    case StepKind::Millisecond: return QCoreApplication::translate("StepKind", "Virtual millisecond");
    case StepKind::Mark: return QCoreApplication::translate("StepKind", "Mark or setting");
  }
  return {};
}

}  // namespace overcommit::gui
