// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/app.h"

#include <QApplication>
#include <QEventLoop>
#include <QFileInfo>
#include <QFontDatabase>
#include <QPixmap>
#include <QStyleFactory>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <span>

#include "gui/app/main_window.h"
#include "gui/app/options.h"
#include "gui/app/session_store.h"
#include "gui/app/system_shade.h"
#include "gui/lab/lab_work.h"
#include "gui/theme/icons.h"

namespace overcommit::gui {
namespace {

constexpr int kWell = 0, kWrong = 2;

int refuse(const Error& error) {
  std::fprintf(stderr, "overcommit-gui: %s\n", error.text.c_str());
  return kWrong;
}

// Pictures and texts need no screen, whatever is set for windows, unless a platform is named.
bool needsNoScreen(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    for (const char* option : {"--screenshot", "--help", "-h", "--version"}) {
      if (std::strncmp(argv[i], option, std::strlen(option)) == 0) return true;
    }
  }
  return false;
}

// Qt itself would end the process, with a text for who packages it.
bool hasNoDisplay(int argc, char** argv) {
  for (const char* variable : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}) {
    if (!qEnvironmentVariableIsEmpty(variable)) return false;
  }
  const std::span words(argv, static_cast<std::size_t>(argc));
  return std::ranges::none_of(words,
                              [](const char* word) { return std::strcmp(word, "-platform") == 0 || std::strcmp(word, "--platform") == 0; });
}

bool isScenario(const QString& file) { return file.endsWith(QStringLiteral(".toml"), Qt::CaseInsensitive); }

// In a window a scenario begins and the rest follows; a picture waits until the run is where it is to be shown.
Result<void> begin(const AppOptions& options, MainWindow& window) {
  EngineLink& link = window.link();
  QEventLoop loop;
  QString trouble;
  const bool picture = !options.screenshot.isEmpty();
  if (picture) {
    QObject::connect(&link, &EngineLink::failed, &loop, [&](const QString& why) {
      trouble = why;
      loop.quit();
    });
    QObject::connect(&link, &EngineLink::begun, &loop, &QEventLoop::quit);
  }
  window.beginScenario(options.file, QString());
  if (!picture) return {};
  if (trouble.isEmpty()) loop.exec();
  if (!trouble.isEmpty()) return failure("{}", trouble.toStdString());
  LiveRun* live = link.live();
  Run* run = window.run();
  if (live == nullptr || run == nullptr) return failure("the trace of {} cannot be opened", options.file.toStdString());
  run->playback().stop();
  live->pause();
  const VirtualTime to = options.at.value_or(run->header().duration);
  QObject::connect(&link, &EngineLink::liveChanged, &loop, [&] {
    if (live->state() != LiveRun::State::Runs) loop.quit();
  });
  live->advanceTo(to);
  while (live->state() == LiveRun::State::Runs) loop.exec();
  return {};
}

Result<void> apply(const AppOptions& options, Theme& theme, ViewOptions& view, MainWindow& window) {
  if (options.theme) theme.choose(*options.theme);
  if (options.zoom) theme.setZoom(*options.zoom);
  if (options.projector) theme.setProjector(true);
  if (options.seat) view.setSeat(*options.seat);
  if (options.layer) view.setLayer(*options.layer);
  if (options.size) window.resize(*options.size);
  if (!options.file.isEmpty()) {
    if (isScenario(options.file)) {
      if (auto begun = begin(options, window); !begun) return begun;
    } else if (QFileInfo(options.file).isDir()) {
      if (auto opened = window.openLab(options.file); !opened) return opened;
    } else if (auto opened = window.openTrace(options.file.toStdString()); !opened) {
      return opened;
    }
  }
  if (!options.panel.isEmpty() && options.panel != QStringLiteral("start") && !window.showPanel(options.panel)) {
    QStringList names{QStringLiteral("start"), window.machineRoom().objectName()};
    for (const PanelEntry& entry : panelTable()) names << entry.id;
    return failure("--panel: there is no panel \"{}\"; it is one of {}", options.panel.toStdString(),
                   names.join(QStringLiteral(", ")).toStdString());
  }
  return {};
}

Result<void> takePicture(const AppOptions& options, MainWindow& window) {
  window.labWork().waitForList();
  window.show();
  QApplication::processEvents();
  if (!options.panel.isEmpty()) window.showPanel(options.panel);  // a dock among tabs comes to the front only in a window that is shown
  if (Run* run = window.run()) {
    run->waitForHistory();
    // A live engine was sent there, and stands at the end of a quantum.
    const bool there = !options.at || window.link().live() != nullptr;
    run->playback().seek(there ? run->playback().end() : *options.at);
  }
  QApplication::processEvents();
  if (Run* run = window.run()) run->waitForAnswers();
  QApplication::processEvents();
  const QPixmap picture = window.grab();
  if (!picture.save(options.screenshot, "PNG"))
    return failure("cannot write the picture {}: is its folder there, and may you write to it?", options.screenshot.toStdString());
  return {};
}

}  // namespace

int runApp(int argc, char** argv) {
  if (needsNoScreen(argc, argv) && qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  if (hasNoDisplay(argc, argv))
    return refuse(Error{
        "there is no display here (neither DISPLAY, WAYLAND_DISPLAY nor QT_QPA_PLATFORM is set): log in with ssh -X, take a picture "
        "with QT_QPA_PLATFORM=offscreen overcommit-gui --screenshot OUT.png FILE, or look in characters with overcommit map FILE --at T"});
  QApplication application(argc, argv);
  QApplication::setApplicationName(QStringLiteral("overcommit-gui"));
  QApplication::setApplicationDisplayName(QStringLiteral("Overcommit"));
  QApplication::setApplicationVersion(QStringLiteral(OVERCOMMIT_VERSION));
  QApplication::setOrganizationName(QStringLiteral("overcommit"));
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  const auto parsed = parseOptions(QApplication::arguments());
  if (!parsed) return refuse(parsed.error());
  if (const auto* wanted = std::get_if<AppTextWanted>(&*parsed)) {
    std::fputs(wanted->text.toUtf8().constData(), stdout);
    return kWell;
  }
  const auto& options = std::get<AppOptions>(*parsed);
  if (QFontDatabase::families().isEmpty())
    return refuse(
        Error{"this machine has no fonts, so that no text could be read; install the packages fonts-noto-core and fonts-noto-mono"});
  Theme theme;
  if (const auto shade = systemShade()) theme.setSystemShade(*shade);
  ViewOptions view;
  MainWindow window(theme, view);
  // A picture shows what its options say, whatever was arranged before.
  const bool picture = !options.screenshot.isEmpty();
  const StoredSession stored = picture ? StoredSession() : loadSession();
  if (!picture) window.restore(stored);
  window.labWork().list();
  if (auto applied = apply(options, theme, view, window); !applied) return refuse(applied.error());
  if (!options.screenshot.isEmpty()) {
    if (auto taken = takePicture(options, window); !taken) return refuse(taken.error());
    return kWell;
  }
  if (window.run() != nullptr && options.at) window.run()->playback().seek(*options.at);
  if (options.file.isEmpty() && !stored.trace.isEmpty() && options.panel.isEmpty()) {
    // What was open is opened again; if it has gone, the start page says nothing of it.
    if (window.openTrace(stored.trace.toStdString())) window.run()->playback().seek(stored.at);
  }
  QObject::connect(&window, &MainWindow::closing, &window, [&window] { saveSession(window.session()); });
  window.show();
  return QApplication::exec();
}

}  // namespace overcommit::gui
