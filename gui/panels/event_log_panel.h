// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QTableView>
#include <QToolButton>
#include <bitset>

#include "gui/models/event_log_model.h"
#include "gui/panels/panel.h"

namespace overcommit::gui {

// Every event around the instant, filtered by kind, VM, text, selection and the timeline's range. A row leads to its instant, its last
// column to what it came of.
class EventLogPanel final : public Panel {
  Q_OBJECT
 public:
  explicit EventLogPanel(const PanelContext& context);
  // Shows only these kinds: those of a gate, of the free state, one, or none, which is all; of one VM or of all.
  void showKinds(const std::bitset<kEventKinds>& kinds, std::optional<VmId> vm = {});
  void focusSearch() { search_->setFocus(); }
  [[nodiscard]] EventLogModel& model() { return model_; }

 protected:
  void rebuild() override;
  void refresh(Motion motion) override;
  void selectionChanged() override;

 private:
  struct KindChoice {
    QString name;
    std::bitset<kEventKinds> kinds;
  };
  void fillChoices();
  void ask();
  void onAnswer(const EventWindow& window);
  void showNow();
  void jumpTo(const QModelIndex& index);
  [[nodiscard]] EventFilter filter() const;

  EventLogModel model_;
  QLineEdit* search_;
  QComboBox* kind_;
  QComboBox* vm_;
  QToolButton* selected_;
  QLabel* note_;
  QTableView* view_;
  std::vector<KindChoice> choices_;
  Run* asked_ = nullptr;
  std::uint64_t from_ = 1, to_ = 0;  // the events that the model covers
  bool atBeginning_ = false, atEnd_ = false;
  bool waiting_ = false;
};

}  // namespace overcommit::gui
