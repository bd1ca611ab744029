// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QAction>
#include <QKeySequence>
#include <QObject>
#include <functional>
#include <vector>

namespace overcommit::gui {

// Everything that the window can do, by name: menus, key map and command palette are all made from this list.
class Actions final : public QObject {
  Q_OBJECT
 public:
  enum class Group : std::uint8_t { File, Play, Until, Live, View, Window, Help };
  struct Entry {
    Group group;
    QAction* action;
  };
  explicit Actions(QWidget* window) : QObject(nullptr), window_(window) {}

  // `name`: the action's object name, for tests and settings.
  QAction* add(Group group, const QString& name, const QString& text, const QList<QKeySequence>& keys, std::function<void()> act);
  [[nodiscard]] const std::vector<Entry>& all() const { return entries_; }
  [[nodiscard]] QAction* find(const QString& name) const;
  static QString nameOf(Group group);

 private:
  QWidget* window_;
  std::vector<Entry> entries_;
};

}  // namespace overcommit::gui
