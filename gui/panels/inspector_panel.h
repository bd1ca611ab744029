// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QTabWidget>
#include <QTextBrowser>
#include <memory>

#include "gui/panels/panel.h"

namespace overcommit::gui {

class ContentsPage;
class WalkPage;

// What is selected: where it is, what happened to it, and why, where every link leads to an instant or to another subject; what it contains;
// and the walk by which the hardware finds it.
class InspectorPanel final : public Panel {
  Q_OBJECT
 public:
  explicit InspectorPanel(const PanelContext& context);

 protected:
  void rebuild() override;
  void refresh(Motion motion) override;
  void settled() override;
  void selectionChanged() override;

 private:
  void ask();
  void show();
  void follow(const QUrl& link);
  QWidget* makePastRow();

  QTextBrowser* text_;
  QTabWidget* tabs_;
  ContentsPage* contents_;
  WalkPage* walk_;
  QLabel* pastWhat_ = nullptr;
  QProgressBar* pastBar_ = nullptr;
  QWidget* pastRow_;
  Run* asked_ = nullptr;
  std::shared_ptr<const PageStory> story_;
  QString shown_;
};

}  // namespace overcommit::gui
