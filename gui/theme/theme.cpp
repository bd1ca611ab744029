// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/theme/theme.h"

#include <QFontMetrics>
#include <algorithm>

namespace overcommit::gui {
namespace {

struct FontForm {
  int pixels;
  QFont::Weight weight;
};
FontForm formOf(FontRole role) {
  switch (role) {
    case FontRole::Body: return {13, QFont::Normal};
    case FontRole::Strong: return {13, QFont::DemiBold};
    case FontRole::Small: return {12, QFont::Normal};
    case FontRole::Chip: return {11, QFont::Normal};
    case FontRole::Clock: return {20, QFont::DemiBold};
    case FontRole::Heading: return {22, QFont::DemiBold};
    case FontRole::Mono: return {12, QFont::Normal};
  }
  return {13, QFont::Normal};
}

}  // namespace

Theme::Theme(QObject* parent) : QObject(parent) {}

void Theme::choose(ThemeChoice choice) {
  if (choice == choice_) return;
  choice_ = choice;
  Q_EMIT changed();
}

void Theme::setSystemShade(Shade shade) {
  if (shade == system_) return;
  system_ = shade;
  if (choice_ == ThemeChoice::System) Q_EMIT changed();
}

void Theme::setZoom(int percent) {
  percent = std::clamp(percent, 80, 250);
  if (percent == zoom_) return;
  zoom_ = percent;
  Q_EMIT changed();
}

void Theme::setProjector(bool on) {
  if (on == projector_) return;
  projector_ = on;
  Q_EMIT changed();
}

void Theme::setReduceMotion(bool on) {
  if (on == reduceMotion_) return;
  reduceMotion_ = on;
  Q_EMIT changed();
}

const Palette& Theme::palette() const { return paletteOf(projector_ ? Shade::Light : shade()); }

QColor Theme::line() const { return QColor::fromRgb(mixed(rgb(Hue::Panel), rgb(Hue::Text), 46)); }

QFont Theme::font(FontRole role) const {
  const FontForm form = formOf(role);
  QFont font(role == FontRole::Mono
                 ? QStringList{QStringLiteral("Noto Sans Mono"), QStringLiteral("DejaVu Sans Mono"), QStringLiteral("monospace")}
                 : QStringList{QStringLiteral("Noto Sans"), QStringLiteral("DejaVu Sans"), QStringLiteral("sans-serif")});
  font.setPixelSize(px(form.pixels));
  font.setWeight(form.weight);
  return font;
}

QPalette Theme::widgetPalette() const {
  const QColor ground = colour(Hue::Ground), panel = colour(Hue::Panel), text = colour(Hue::Text), dim = colour(Hue::Dim);
  const QColor accent = colour(Hue::Accent);
  QPalette colours;
  colours.setColor(QPalette::Window, panel);
  colours.setColor(QPalette::Base, ground);
  colours.setColor(QPalette::AlternateBase, panel);
  colours.setColor(QPalette::Button, panel);
  colours.setColor(QPalette::ToolTipBase, ground);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText}) colours.setColor(role, text);
  colours.setColor(QPalette::BrightText, text);
  colours.setColor(QPalette::PlaceholderText, dim);
  colours.setColor(QPalette::Highlight, accent);
  colours.setColor(QPalette::HighlightedText, QColor::fromRgb(readableOn(accent.rgb())));
  colours.setColor(QPalette::Link, accent);
  colours.setColor(QPalette::Mid, line());
  colours.setColor(QPalette::Midlight, line());
  colours.setColor(QPalette::Dark, line());
  colours.setColor(QPalette::Light, ground);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    colours.setColor(QPalette::Disabled, role, QColor::fromRgb(mixed(dim.rgb(), panel.rgb(), 96)));
  return colours;
}

int Theme::buttonWidth(const QString& text) const { return QFontMetrics(font(FontRole::Body)).horizontalAdvance(text) + px(28); }

QString Theme::styleSheet() const {
  return QStringLiteral(
             "QToolTip { color: %1; background: %2; border: 1px solid %3; padding: 4px; }"
             "QMainWindow::separator { background: %3; width: 1px; height: 1px; margin: 2px; }"
             "QToolBar { border: 0; border-bottom: 1px solid %3; spacing: 4px; padding: 3px 6px; }"
             "QStatusBar { border-top: 1px solid %3; } QStatusBar::item { border: 0; }"
             "QDockWidget { font-size: %5px; } QDockWidget::title { padding: 4px 8px; background: %4; }"
             "QHeaderView::section { background: %4; color: %1; border: 0; border-right: 1px solid %3; border-bottom: 1px solid %3; "
             "padding: 3px 6px; }"
             "QTableView { gridline-color: %3; }")
      .arg(colour(Hue::Text).name(), colour(Hue::Ground).name(), line().name(), colour(Hue::Panel).name())
      .arg(px(12));
}

}  // namespace overcommit::gui
