// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gui/map/cell_state.h"
#include "gui/models/figure_table.h"
#include "gui/session/view_options.h"
#include "gui/views/picture.h"

namespace overcommit::gui {

// What the colours mean, from the seat that is taken. A menu bar or a tool bar holds it.
class Legend final : public Picture {
  Q_OBJECT
 public:
  Legend(const Theme& theme, const ViewOptions& options, const QString& objectName, QWidget* parent);
  [[nodiscard]] QAbstractItemModel& table() override { return table_; }
  // The names of the run's VMs, for the layer of owners.
  void setVms(const QStringList& names);
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  struct Entry {
    QRgb colour;
    QString name;
    bool hatched = false;
  };
  [[nodiscard]] std::vector<Entry> entries() const;
  void fillTable();
  void renew();

  const ViewOptions& options_;
  QStringList vms_;
  FigureTable table_;
};

}  // namespace overcommit::gui
