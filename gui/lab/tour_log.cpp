// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/lab/tour_log.h"

#include <QFile>
#include <QRegularExpression>
#include <QSaveFile>
#include <algorithm>

namespace overcommit::gui {

TourLog TourLog::read(const QString& path) {
  TourLog log;
  log.path_ = path;
  QFile file(path);
  constexpr qint64 kLargestLog = 1 << 20;
  if (!file.open(QIODevice::ReadOnly) || file.size() > kLargestLog) return log;
  static const QRegularExpression kPair(QStringLiteral(R"re(^([a-z_-]+)\s*=\s*"([^"\\]*)"\s*(#.*)?$)re"));
  Deed deed;
  const auto finish = [&] {
    if (!deed.empty()) log.add(std::exchange(deed, {}));
  };
  for (const QString& line : QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'))) {
    if (line.trimmed() == QStringLiteral("[[did]]")) finish();
    const auto pair = kPair.match(line.trimmed());
    if (pair.hasMatch()) deed.emplace_back(pair.captured(1), pair.captured(2));
  }
  finish();
  log.written_ = log.deeds_.size();
  return log;
}

bool TourLog::add(Deed deed) {
  // As they can stand between quotes.
  static const QRegularExpression kUnfit(QStringLiteral("[\\x00-\\x1f\\x7f\"\\\\]"));
  for (auto& [key, value] : deed) value.remove(kUnfit);
  if (deeds_.size() >= kMostDeeds || std::ranges::find(deeds_, deed) != deeds_.end()) return false;
  deeds_.push_back(std::move(deed));
  return true;
}

bool TourLog::has(const QJsonObject& did) const {
  return std::ranges::any_of(deeds_, [&did](const Deed& deed) {
    for (auto wanted = did.begin(); wanted != did.end(); ++wanted) {
      const std::pair<QString, QString> pair(wanted.key(), wanted.value().toVariant().toString());
      if (std::ranges::find(deed, pair) == deed.end()) return false;
    }
    return true;
  });
}

// Behind what stands in the file already: somebody may have written there by hand.
Result<void> TourLog::write() {
  QByteArray bytes;
  QFile before(path_);
  if (before.exists() && !before.open(QIODevice::ReadOnly))
    return failure("cannot read {}: {}. What you do in this tour is not noted", path_.toStdString(), before.errorString().toStdString());
  if (before.isOpen()) bytes = before.readAll();
  static const QRegularExpression kList(QStringLiteral("^did\\s*="), QRegularExpression::MultilineOption);
  if (kList.match(QString::fromUtf8(bytes)).hasMatch())
    return failure("{} has its deeds as a list, to which none can be added: write each as [[did]]", path_.toStdString());
  if (bytes.isEmpty()) bytes = "# What was done in the app, as it wrote it down.\n";
  if (!bytes.endsWith('\n')) bytes += '\n';
  for (std::size_t i = written_; i < deeds_.size(); ++i) {
    bytes += "\n[[did]]\n";
    for (const auto& [key, value] : deeds_[i]) bytes += QStringLiteral("%1 = \"%2\"\n").arg(key, value).toUtf8();
  }
  QSaveFile file(path_);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
    return failure("cannot write {}: {}. What you do in this tour is not noted: is the disk full, or may you not write there?",
                   path_.toStdString(), file.errorString().toStdString());
  written_ = deeds_.size();
  return {};
}

}  // namespace overcommit::gui
