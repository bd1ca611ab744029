// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/handouts.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include "gui/session/places.h"

namespace overcommit::gui {

QString labsFolder() {
  const QString scenarios = scenarioFolder();
  return scenarios.isEmpty() ? QString() : QDir::cleanPath(QDir(scenarios).filePath(QStringLiteral("..")));
}

std::vector<Handout> handoutsIn(const QString& folder) {
  std::vector<Handout> handouts;
  if (folder.isEmpty()) return handouts;
  const QDir labs(folder);
  for (const QString& lab : labs.entryList({QStringLiteral("lab-*")}, QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name)) {
    const QString path = labs.filePath(lab + QStringLiteral("/handout.md"));
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) continue;
    constexpr qint64 kLongestTitle = 200;
    QString title = lab;
    while (!file.atEnd()) {
      const QString line = QString::fromUtf8(file.readLine(kLongestTitle)).trimmed();
      if (!line.startsWith(QStringLiteral("# "))) continue;
      title = line.mid(2).trimmed();
      break;
    }
    handouts.push_back({title, path});
  }
  return handouts;
}

QString handoutOf(const QString& scenario, const QString& folder) {
  if (scenario.isEmpty() || folder.isEmpty()) return {};
  const QString lab = QFileInfo(scenario).dir().dirName();
  const QString path = QDir(folder).filePath(lab + QStringLiteral("/handout.md"));
  return lab.startsWith(QStringLiteral("lab-")) && QFileInfo::exists(path) ? path : QString();
}

}  // namespace overcommit::gui
