// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/options.h"

#include <QCommandLineParser>
#include <QCoreApplication>

#include "base/units.h"

namespace overcommit::gui {
namespace {

QString explain(const char* text) { return QCoreApplication::translate("AppOptions", text); }

}  // namespace

Result<std::variant<AppOptions, AppTextWanted>> parseOptions(const QStringList& arguments) {
  QCommandLineParser parser;
  parser.setApplicationDescription(
      explain("Shows runs of Overcommit, live or recorded: every page, every gate, at any instant, both ways."));
  const QCommandLineOption help(QStringList{QStringLiteral("h"), QStringLiteral("help")}, explain("Shows this text."));
  const QCommandLineOption version(QStringLiteral("version"), explain("Shows the version."));
  const QCommandLineOption screenshot(QStringLiteral("screenshot"),
                                      explain("Writes a picture of the window to this PNG file, without a screen, and ends."),
                                      QStringLiteral("OUT.png"));
  const QCommandLineOption at(QStringLiteral("at"), explain("The instant to show, such as 20s or 5.05s."), QStringLiteral("TIME"));
  const QCommandLineOption panel(QStringLiteral("panel"), explain("The panel to bring to the front."), QStringLiteral("NAME"));
  const QCommandLineOption seat(QStringLiteral("seat"), explain("Who looks: application, guest, hypervisor or all."),
                                QStringLiteral("SEAT"));
  const QCommandLineOption layer(QStringLiteral("layer"), explain("What maps show: state, heat, sharers, age or owner."),
                                 QStringLiteral("LAYER"));
  const QCommandLineOption theme(QStringLiteral("theme"), explain("light, dark or system."), QStringLiteral("THEME"));
  const QCommandLineOption size(QStringLiteral("size"), explain("The window's size, such as 1600x900."), QStringLiteral("WxH"));
  const QCommandLineOption zoom(QStringLiteral("zoom"), explain("The text's size in percent, 80 to 250."), QStringLiteral("PERCENT"));
  const QCommandLineOption projector(QStringLiteral("projector"), explain("Large text and the light theme, for a lecture hall."));
  parser.addOptions({help, version, screenshot, at, panel, seat, layer, theme, size, zoom, projector});
  parser.addPositionalArgument(
      QStringLiteral("FILE"),
      explain(
          "A scenario (*.toml), which begins live; a trace (*.octrace), as `overcommit run --trace` writes it; or the folder of the work "
          "on a lab."),
      QStringLiteral("[FILE]"));

  if (!parser.parse(arguments)) return failure("{}; overcommit-gui --help lists the options", parser.errorText().toStdString());
  if (parser.isSet(help)) return AppTextWanted{parser.helpText()};
  if (parser.isSet(version)) return AppTextWanted{QStringLiteral("overcommit-gui " OVERCOMMIT_VERSION "\n")};

  AppOptions options;
  const QStringList files = parser.positionalArguments();
  if (files.size() > 1) return failure("one file at a time: {} were given", files.size());
  options.file = files.value(0);
  options.screenshot = parser.value(screenshot);
  options.panel = parser.value(panel);
  options.projector = parser.isSet(projector);
  if (!options.screenshot.isEmpty() && options.file.isEmpty() && options.panel != QStringLiteral("start"))
    return failure("--screenshot needs a trace, a scenario or a lab to show: overcommit-gui --screenshot {} FILE.octrace",
                   options.screenshot.toStdString());
  if (parser.isSet(at)) {
    const auto time = parseTime(parser.value(at).toStdString());
    if (!time) return failure("--at: {}", time.error().text);
    options.at = *time;
  }
  if (parser.isSet(seat)) {
    for (const Seat one : kSeats) {
      if (parser.value(seat) == optionOf(one)) options.seat = one;
    }
    if (!options.seat)
      return failure("--seat: there is no seat \"{}\"; it is one of application, guest, hypervisor, all", parser.value(seat).toStdString());
  }
  if (parser.isSet(layer)) {
    for (const MapLayer one : kMapLayers) {
      if (parser.value(layer) == optionOf(one)) options.layer = one;
    }
    if (!options.layer)
      return failure("--layer: there is no layer \"{}\"; it is one of state, heat, sharers, age, owner", parser.value(layer).toStdString());
  }
  if (parser.isSet(theme)) {
    const QString name = parser.value(theme);
    if (name == QStringLiteral("light")) options.theme = ThemeChoice::Light;
    if (name == QStringLiteral("dark")) options.theme = ThemeChoice::Dark;
    if (name == QStringLiteral("system")) options.theme = ThemeChoice::System;
    if (!options.theme) return failure("--theme: there is no theme \"{}\"; it is one of light, dark, system", name.toStdString());
  }
  if (parser.isSet(size)) {
    const QStringList parts = parser.value(size).split(QLatin1Char('x'));
    bool wide = false, high = false;
    const int width = parts.value(0).toInt(&wide), height = parts.value(1).toInt(&high);
    if (parts.size() != 2 || !wide || !high || width < 640 || height < 480 || width > 16384 || height > 16384)
      return failure("--size: \"{}\" is no size; it is WIDTHxHEIGHT, from 640x480 to 16384x16384", parser.value(size).toStdString());
    options.size = QSize(width, height);
  }
  if (parser.isSet(zoom)) {
    bool number = false;
    const int percent = parser.value(zoom).toInt(&number);
    if (!number || percent < 80 || percent > 250) return failure("--zoom: \"{}\" is not from 80 to 250", parser.value(zoom).toStdString());
    options.zoom = percent;
  }
  return options;
}

}  // namespace overcommit::gui
