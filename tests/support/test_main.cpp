// SPDX-License-Identifier: GPL-2.0-or-later
#include <QCoreApplication>

#include "support/test.h"

int main(int argc, char** argv) {
  overcommit::test::prepareTests();
  const QCoreApplication application(argc, argv);
  return overcommit::test::runTests(argc, argv);
}
