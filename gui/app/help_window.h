// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QDialog>
#include <QTextBrowser>

#include "gui/theme/theme.h"

namespace overcommit::gui {

// The manual's own pages, as they lie in docs/.
class HelpWindow final : public QDialog {
  Q_OBJECT
 public:
  HelpWindow(Theme& theme, QWidget* parent);
  // The page on the app, at the section with this heading.
  void showTopic(const QString& heading);

 private:
  Theme& theme_;
  QTextBrowser* text_;
};

}  // namespace overcommit::gui
