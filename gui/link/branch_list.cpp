// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/link/branch_list.h"

#include <QFileInfo>
#include <algorithm>

namespace overcommit::gui {

void BranchList::add(Branch branch) {
  std::erase_if(branches_, [&](const Branch& old) { return old.trace == branch.trace; });
  branches_.push_back(std::move(branch));
  if (branches_.size() > kMost) branches_.erase(branches_.begin());
}

void BranchList::setChanges(const QString& trace, const QStringList& changes) {
  const auto found = std::ranges::find(branches_, trace, &Branch::trace);
  if (found != branches_.end()) found->changes = changes;
}

void BranchList::setReached(const QString& trace, VirtualTime reached) {
  const auto found = std::ranges::find(branches_, trace, &Branch::trace);
  if (found != branches_.end()) found->reached = reached;
}

const Branch* BranchList::find(const QString& trace) const {
  const auto found = std::ranges::find(branches_, trace, &Branch::trace);
  return found == branches_.end() ? nullptr : &*found;
}

QVariantList BranchList::stored() const {
  QVariantList list;
  for (const Branch& branch : branches_)
    list.append(QVariantMap{{QStringLiteral("trace"), branch.trace},
                            {QStringLiteral("title"), branch.title},
                            {QStringLiteral("parent"), branch.parent},
                            {QStringLiteral("from"), static_cast<qulonglong>(branch.from.value())},
                            {QStringLiteral("changes"), branch.changes},
                            {QStringLiteral("reached"), static_cast<qulonglong>(branch.reached.value())}});
  return list;
}

BranchList BranchList::fromStored(const QVariantList& stored) {
  BranchList list;
  for (const QVariant& entry : stored) {
    const QVariantMap map = entry.toMap();
    Branch branch{map[QStringLiteral("trace")].toString(),       map[QStringLiteral("title")].toString(),
                  map[QStringLiteral("parent")].toString(),      VirtualTime(map[QStringLiteral("from")].toULongLong()),
                  map[QStringLiteral("changes")].toStringList(), VirtualTime(map[QStringLiteral("reached")].toULongLong())};
    if (QFileInfo::exists(branch.trace)) list.add(std::move(branch));
  }
  return list;
}

}  // namespace overcommit::gui
