// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QByteArray>
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

#include "support/script_scenario.h"

namespace overcommit::test {

inline const QString kCommand = QStringLiteral(OVERCOMMIT_BINARY_DIR "/overcommit");
inline const QString kSource = QStringLiteral(OVERCOMMIT_SOURCE_DIR);

struct Outcome {
  int code = -1;  // -1: did not end by itself
  QByteArray out, err;
};

inline QProcessEnvironment environmentWith(const QMap<QString, QString>& variables) {
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  for (auto variable = variables.begin(); variable != variables.end(); ++variable) environment.insert(variable.key(), variable.value());
  return environment;
}

// Runs the built command to its end, without a terminal and without input.
inline Outcome overcommitCommand(const QStringList& arguments, const QMap<QString, QString>& variables = {}) {
  QProcess process;
  process.setProcessEnvironment(environmentWith(variables));
  process.setStandardInputFile(QProcess::nullDevice());
  process.start(kCommand, arguments);
  Outcome outcome;
  if (process.waitForFinished(300'000) && process.exitStatus() == QProcess::NormalExit) outcome.code = process.exitCode();
  outcome.out = process.readAllStandardOutput();
  outcome.err = process.readAllStandardError();
  return outcome;
}

// A folder of scenarios for one test class; gone at its end.
class ScenarioFolder {
 public:
  // The file's path.
  QString write(const QString& name, const QByteArray& text) const {
    QFile file(path(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("cannot write %s", qPrintable(file.fileName()));
    return file.fileName();
  }
  [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }
  [[nodiscard]] static QByteArray read(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }

 private:
  QTemporaryDir folder_;
};

// Of script_scenario.h, as these tests write files.
inline QByteArray overcommittedScenario(const QByteArray& more = {}) {
  return QByteArray::fromStdString(scriptScenario(more.toStdString()));
}

}  // namespace overcommit::test
