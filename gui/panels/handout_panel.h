// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QComboBox>
#include <QTextBrowser>

#include "gui/panels/panel.h"

namespace overcommit::gui {

// The handout of a lab, beside the run that it is about.
class HandoutPanel final : public Panel {
  Q_OBJECT
 public:
  explicit HandoutPanel(const PanelContext& context);

 protected:
  void rebuild() override;
  void refresh(Motion) override {}

 private:
  void showHandout();

  QComboBox* lab_;
  QTextBrowser* text_;
};

}  // namespace overcommit::gui
