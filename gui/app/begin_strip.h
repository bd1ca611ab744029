// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QWidget>

#include "base/ids.h"
#include "gui/theme/theme.h"

namespace overcommit::gui {

// What an engine is about to do for the window, how far it is, and a button that ends it.
class BeginStrip final : public QWidget {
  Q_OBJECT
 public:
  explicit BeginStrip(Theme& theme);
  // `until` 0: nobody knows how far it is.
  void show(const QString& what, VirtualTime now, VirtualTime until);

 Q_SIGNALS:
  void cancelled();

 private:
  void restyle();

  Theme& theme_;
  QLabel* what_;
  QProgressBar* bar_;
  QPushButton* cancel_;
};

}  // namespace overcommit::gui
