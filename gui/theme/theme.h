// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QObject>
#include <QPalette>

#include "gui/theme/palette.h"

namespace overcommit::gui {

enum class ThemeChoice : std::uint8_t { System, Light, Dark };

enum class FontRole : std::uint8_t {
  Body,     // 13 px
  Strong,   // 13 px, bold
  Small,    // 12 px: second rank
  Chip,     // 11 px, the smallest there is
  Clock,    // 20 px
  Heading,  // 22 px
  Mono,     // 12 px: addresses
};

// Where every colour, font and length on the screen comes from: palette, text zoom, projector mode.
class Theme final : public QObject {
  Q_OBJECT
 public:
  explicit Theme(QObject* parent = nullptr);

  [[nodiscard]] ThemeChoice choice() const { return choice_; }
  void choose(ThemeChoice choice);
  // What the desktop says; counts while System is chosen.
  void setSystemShade(Shade shade);
  [[nodiscard]] Shade shade() const {
    return choice_ == ThemeChoice::System ? system_ : choice_ == ThemeChoice::Light ? Shade::Light : Shade::Dark;
  }

  // Text zoom in percent, 80 to 250.
  [[nodiscard]] int zoom() const { return zoom_; }
  void setZoom(int percent);
  // For a lecture hall: the light theme, and text half as large again.
  [[nodiscard]] bool projector() const { return projector_; }
  void setProjector(bool on);
  // Without flights and fading.
  [[nodiscard]] bool reduceMotion() const { return reduceMotion_; }
  void setReduceMotion(bool on);

  [[nodiscard]] const Palette& palette() const;
  [[nodiscard]] QRgb rgb(Hue hue) const { return palette().at(hue); }
  [[nodiscard]] QColor colour(Hue hue) const { return QColor::fromRgb(rgb(hue)); }
  [[nodiscard]] QColor line() const;  // hairlines and borders
  [[nodiscard]] QFont font(FontRole role) const;
  // A length that grows with the text.
  [[nodiscard]] int px(int length) const { return length * scale() / 100; }
  // Of a button that does not stretch, so that its text does not touch its rim.
  [[nodiscard]] int buttonWidth(const QString& text) const;
  [[nodiscard]] QPalette widgetPalette() const;
  [[nodiscard]] QString styleSheet() const;

 Q_SIGNALS:
  void changed();

 private:
  [[nodiscard]] int scale() const { return projector_ ? zoom_ * 3 / 2 : zoom_; }

  ThemeChoice choice_ = ThemeChoice::System;
  Shade system_ = Shade::Light;
  int zoom_ = 100;
  bool projector_ = false;
  bool reduceMotion_ = false;
};

}  // namespace overcommit::gui
