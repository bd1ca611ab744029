// SPDX-License-Identifier: GPL-2.0-or-later
// Tests of the desktop app run without a screen, and leave no settings behind.
#include <QApplication>
#include <QStandardPaths>

#include "support/test.h"

int main(int argc, char** argv) {
  overcommit::test::prepareTests();
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QStandardPaths::setTestModeEnabled(true);
  const QApplication application(argc, argv);
  QApplication::setApplicationName(QStringLiteral("overcommit-gui-tests"));
  QApplication::setOrganizationName(QStringLiteral("overcommit-tests"));
  return overcommit::test::runTests(argc, argv);
}
