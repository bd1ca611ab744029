// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QComboBox>
#include <QCoreApplication>
#include <algorithm>
#include <optional>

#include "gui/session/run.h"
#include "gui/session/text.h"

namespace overcommit::gui {

// Which VM a panel tells of: one of the run's, or all.
class VmChoice final : public QComboBox {
 public:
  enum class All : std::uint8_t { Offered, NotOffered };
  VmChoice(const QString& objectName, const QString& accessibleName, All all, QWidget* parent) : QComboBox(parent), all_(all) {
    setObjectName(objectName);
    setAccessibleName(accessibleName);
    // Not AdjustToContents: that makes the box another size for a moment, 20 ms after its items came.
    setSizeAdjustPolicy(AdjustToMinimumContentsLengthWithIcon);
  }
  void setRun(const Run* run) {
    clear();
    if (run == nullptr) return;
    if (all_ == All::Offered) addItem(QCoreApplication::translate("VmChoice", "All VMs"));
    for (const TraceVm& vm : run->header().vms) addItem(qstring(vm.name));
    int longest = 0;
    for (int i = 0; i < count(); ++i) longest = std::max(longest, static_cast<int>(itemText(i).size()));
    setMinimumContentsLength(longest);
  }
  // Nothing: all, or there is none.
  [[nodiscard]] std::optional<VmId> vm() const {
    const int at = currentIndex() - (all_ == All::Offered ? 1 : 0);
    return at < 0 ? std::nullopt : std::optional(VmId(static_cast<std::uint16_t>(at)));
  }
  void choose(VmId vm) { setCurrentIndex(vm.value() + (all_ == All::Offered ? 1 : 0)); }

 private:
  All all_;
};

}  // namespace overcommit::gui
