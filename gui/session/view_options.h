// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

#include "gui/map/map_geometry.h"
#include "gui/map/map_layer.h"
#include "gui/session/seat.h"

namespace overcommit::gui {

// How a person wants to look at a run, whichever run it is.
class ViewOptions final : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;
  [[nodiscard]] Seat seat() const { return seat_; }
  [[nodiscard]] MapOrder order() const { return order_; }
  [[nodiscard]] MapLayer layer() const { return layer_; }
  // What maps show: guests know states only.
  [[nodiscard]] MapLayer shownLayer() const { return seesMachine(seat_) ? layer_ : MapLayer::State; }
  void setLayer(MapLayer layer) { set(layer_, layer); }
  // A magnifying glass over the maps, at the pointer.
  [[nodiscard]] bool loupe() const { return loupe_; }
  void setLoupe(bool on) { set(loupe_, on); }
  void setSeat(Seat seat) { set(seat_, seat); }
  void setOrder(MapOrder order) { set(order_, order); }

 Q_SIGNALS:
  void changed();

 private:
  template <typename T>
  void set(T& option, T value) {
    if (option == value) return;
    option = value;
    Q_EMIT changed();
  }
  Seat seat_ = Seat::AllKnowing;
  MapOrder order_ = MapOrder::Auto;
  MapLayer layer_ = MapLayer::State;
  bool loupe_ = false;
};

}  // namespace overcommit::gui
