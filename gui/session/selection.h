// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>
#include <optional>

#include "base/ids.h"

namespace overcommit::gui {

// One thing of the world: a VM, a page of a VM, or a machine frame.
struct Subject {
  std::optional<VmId> vm;
  std::optional<Gfn> gfn;  // with vm
  std::optional<Mfn> mfn;  // without vm
  [[nodiscard]] bool empty() const { return !vm && !mfn; }
  friend bool operator==(const Subject&, const Subject&) = default;
};

struct TimeRange {
  VirtualTime from, to;
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

// What the person points at: everything that shows it marks it.
class Selection final : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;
  [[nodiscard]] const Subject& subject() const { return subject_; }
  [[nodiscard]] const std::optional<TimeRange>& range() const { return range_; }

  void select(const Subject& subject) {
    if (subject == subject_) return;
    subject_ = subject;
    Q_EMIT changed();
  }
  void selectVm(VmId vm) { select({vm, std::nullopt, std::nullopt}); }
  void selectPage(VmId vm, Gfn gfn) { select({vm, gfn, std::nullopt}); }
  void selectFrame(Mfn mfn) { select({std::nullopt, std::nullopt, mfn}); }
  void clear() { select({}); }
  void setRange(const std::optional<TimeRange>& range) {
    if (range == range_) return;
    range_ = range;
    Q_EMIT rangeChanged();
  }

 Q_SIGNALS:
  void changed();
  void rangeChanged();

 private:
  Subject subject_;
  std::optional<TimeRange> range_;
};

}  // namespace overcommit::gui
