// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>

#include "gui/link/engine_link.h"
#include "gui/session/run.h"
#include "gui/theme/theme.h"

namespace overcommit::gui {

// The bytes of the page or frame that is selected, at the instant on the screen, in hexadecimal and text. A trace does not hold them: an
// engine is asked, which for a past instant executes the run again, when that is wanted.
class ContentsPage final : public QWidget {
  Q_OBJECT
 public:
  ContentsPage(Theme& theme, EngineLink& link);
  void setRun(Run* run);
  // Another instant or subject; asks for the bytes if that costs nothing.
  void renew();
  void restyle();

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  struct Key {
    Subject subject;
    std::uint64_t sequence = 0;
    VirtualTime now;
    friend bool operator==(const Key&, const Key&) = default;
  };
  [[nodiscard]] Key key() const;
  [[nodiscard]] int perLine() const;
  void ask();
  void show(const EngineAnswer& answer);
  void showBytes();
  void note(const QString& text);

  Theme& theme_;
  EngineLink& link_;
  Run* run_ = nullptr;
  QLabel* about_;
  QPushButton* look_;
  QPlainTextEdit* text_;
  Key shown_;
  bool has_ = false;  // that the answer for shown_ is here or on its way
  QByteArray bytes_;
  int width_ = 0;  // bytes a line, as shown
};

}  // namespace overcommit::gui
