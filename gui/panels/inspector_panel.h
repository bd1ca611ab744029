// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTextBrowser>
#include <memory>

#include "gui/panels/panel.h"

namespace overcommit::gui {

// What is selected: where it is, what happened to it, and why; every link leads to an instant or to another subject.
class InspectorPanel final : public Panel {
  Q_OBJECT
 public:
  explicit InspectorPanel(const PanelContext& context);

 protected:
  void rebuild() override;
  void refresh(Motion motion) override;
  void selectionChanged() override;

 private:
  void ask();
  void show();
  void follow(const QUrl& link);

  QTextBrowser* text_;
  Run* asked_ = nullptr;
  std::shared_ptr<const PageStory> story_;
  QString shown_;
};

}  // namespace overcommit::gui
