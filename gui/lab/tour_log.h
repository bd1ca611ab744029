// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>
#include <utility>
#include <vector>

#include "base/error.h"

namespace overcommit::gui {

// What somebody did in a tour, as it is handed in: tour.toml (docs/reference/lab.md). The same thing twice is written once.
class TourLog {
 public:
  // `what` first.
  using Deed = std::vector<std::pair<QString, QString>>;

  // A file that is not there is an empty log; what is no deed in it is left out.
  static TourLog read(const QString& path);
  // False: it is known.
  bool add(Deed deed);
  [[nodiscard]] bool has(const QJsonObject& did) const;
  [[nodiscard]] const std::vector<Deed>& deeds() const { return deeds_; }
  // Adds to the file what was added here.
  Result<void> write();

 private:
  static constexpr std::size_t kMostDeeds = 1000;  // more nobody does on a tour
  QString path_;
  std::vector<Deed> deeds_;
  std::size_t written_ = 0;  // that stand in the file
};

}  // namespace overcommit::gui
