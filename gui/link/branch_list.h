// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QStringList>
#include <QVariant>
#include <vector>

#include "base/ids.h"

namespace overcommit::gui {

// A run that was made live, and where it came from.
struct Branch {
  QString trace;
  QString title;        // the scenario's
  QString parent;       // the trace that it branched off; empty: it began at the beginning
  VirtualTime from;     // where it branched off
  QStringList changes;  // what was changed in it while it was live, a line each
  VirtualTime reached;  // how far it went; 0: nobody knows
  friend bool operator==(const Branch&, const Branch&) = default;
};

// Runs that were made live, oldest first: a tree by their parents. Those whose trace is gone are left out.
class BranchList {
 public:
  void add(Branch branch);
  void setChanges(const QString& trace, const QStringList& changes);
  void setReached(const QString& trace, VirtualTime reached);
  [[nodiscard]] const std::vector<Branch>& all() const { return branches_; }
  [[nodiscard]] const Branch* find(const QString& trace) const;

  // To be kept in settings. What is wrong there is left out.
  [[nodiscard]] QVariantList stored() const;
  static BranchList fromStored(const QVariantList& stored);

 private:
  static constexpr std::size_t kMost = 100;
  std::vector<Branch> branches_;
};

}  // namespace overcommit::gui
