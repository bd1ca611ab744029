// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/places.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

namespace overcommit::gui {
namespace {

QString firstFolder(const QStringList& places) {
  for (const QString& place : places) {
    if (!place.isEmpty() && QFileInfo(place).isDir()) return QDir::cleanPath(place);
  }
  return {};
}

// A folder of the source tree that this program was built from; "" in packages, which know none.
QString inTheSource(const QString& relative) {
  const QString tree = QStringLiteral(OVERCOMMIT_SOURCE_TREE);
  return tree.isEmpty() ? QString() : QDir(tree).filePath(relative);
}

QString besideTheApp(const QString& relative) { return QDir(QCoreApplication::applicationDirPath()).filePath(relative); }

}  // namespace

Result<QString> enginePath() {
  const QString wanted = qEnvironmentVariable("OVERCOMMIT_ENGINE");
  if (!wanted.isEmpty()) {
    if (QFileInfo(wanted).isExecutable()) return wanted;
    return failure("OVERCOMMIT_ENGINE is {}, which is no program", wanted.toStdString());
  }
  const QString beside = besideTheApp(QStringLiteral("overcommit"));
  if (QFileInfo(beside).isExecutable() && QFileInfo(beside).isFile()) return beside;
  const QString found = QStandardPaths::findExecutable(QStringLiteral("overcommit"));
  if (!found.isEmpty()) return found;
  return failure(
      "there is no engine: the command `overcommit` is neither beside this program ({}) nor in PATH; install it, or name it in "
      "OVERCOMMIT_ENGINE. "
      "Recorded traces can be opened without it",
      beside.toStdString());
}

QString scenarioFolder() {
  return firstFolder({qEnvironmentVariable("OVERCOMMIT_SCENARIOS"), besideTheApp(QStringLiteral("../share/overcommit/labs/scenarios")),
                      inTheSource(QStringLiteral("labs/scenarios"))});
}

QString docsFolder() { return firstFolder({besideTheApp(QStringLiteral("../share/doc/overcommit")), inTheSource(QStringLiteral("docs"))}); }

Result<QString> runsFolder() {
  const QString folder = QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/runs");
  if (!QDir().mkpath(folder))
    return failure("cannot make the folder {} for recorded runs: is the disk full, or may you not write there?", folder.toStdString());
  return folder;
}

}  // namespace overcommit::gui
