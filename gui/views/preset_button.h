// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QAbstractButton>

#include "gui/theme/theme.h"

namespace overcommit::gui {

// A button that says what will happen: a title, and below it a sentence.
class PresetButton final : public QAbstractButton {
  Q_OBJECT
 public:
  PresetButton(const Theme& theme, const QString& title, const QString& about, QWidget* parent = nullptr);
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void enterEvent(QEnterEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  const Theme& theme_;
  QString about_;
};

}  // namespace overcommit::gui
