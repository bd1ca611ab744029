// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QDockWidget>
#include <memory>

#include "gui/app/main_window.h"
#include "support/test.h"

namespace overcommit::test {

// A window that shows a trace, and what it needs.
struct ShownWindow {
  gui::Theme theme;
  gui::ViewOptions options;
  gui::MainWindow window{theme, options};

  explicit ShownWindow(QSize size = QSize(1600, 900)) {
    window.resize(size);
    window.show();
  }
  Result<void> open(const std::filesystem::path& trace) {
    auto opened = window.openTrace(trace);
    if (opened) window.run()->waitForHistory();
    return opened;
  }
  [[nodiscard]] gui::Run& run() { return *window.run(); }
  [[nodiscard]] gui::Playback& playback() { return run().playback(); }
  // What one turn of events asks to be laid out is done in the next.
  static void settle() {
    for (int turn = 0; turn < 3; ++turn) QCoreApplication::processEvents();
  }
  // A control or picture by its object name.
  template <typename T>
  [[nodiscard]] T* find(const char* name) {
    return window.findChild<T*>(QString::fromLatin1(name));
  }
  void show(const char* panel) {
    window.showPanel(QString::fromLatin1(panel));
    settle();
  }
};

}  // namespace overcommit::test
