// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QComboBox>
#include <QPlainTextEdit>

#include "gui/panels/panel.h"

namespace overcommit::gui {

// What a guest has printed up to the instant.
class ConsolePanel final : public Panel {
  Q_OBJECT
 public:
  explicit ConsolePanel(const PanelContext& context);

 protected:
  void rebuild() override;
  void refresh(Motion motion) override;
  void selectionChanged() override;
  void settled() override { refresh(Motion::Jumped); }

 private:
  QComboBox* vm_;
  QPlainTextEdit* text_;
  Run* asked_ = nullptr;
};

}  // namespace overcommit::gui
