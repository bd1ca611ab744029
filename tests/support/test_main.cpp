// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the test classes of one room: all of them, or the file named by the first argument (as CTest does). Further arguments go to
// Qt Test. Exit code: 0 all passed, 1 a test failed, 2 no such file.
#include <QCoreApplication>
#include <cstdio>
#include <filesystem>
#include <map>
#include <vector>

#include "support/test.h"

namespace overcommit::test {
namespace {
std::map<std::string, TestFactory>& tests() {
  static std::map<std::string, TestFactory> all;
  return all;
}
}  // namespace

void registerTest(const char* file, TestFactory factory) { tests().emplace(std::filesystem::path(file).stem().string(), factory); }

}  // namespace overcommit::test

int main(int argc, char** argv) {
  // CTest has the time limit; and a debugger's dump of a broken test takes longer than the tests.
  qputenv("QTEST_DISABLE_STACK_DUMP", "1");
  qputenv("QTEST_FUNCTION_TIMEOUT", "1800000");
  const QCoreApplication application(argc, argv);
  using overcommit::test::tests;
  std::vector<std::string> chosen;
  int rest = 1;
  if (argc > 1 && argv[1][0] != '-') {
    if (!tests().contains(argv[1])) {
      std::fprintf(stderr, "no test file named %s in this executable\n", argv[1]);
      return 2;
    }
    chosen.emplace_back(argv[1]);
    rest = 2;
  } else {
    for (const auto& [file, factory] : tests()) chosen.push_back(file);
  }
  QStringList arguments{QString::fromLocal8Bit(argv[0])};
  for (int i = rest; i < argc; ++i) arguments << QString::fromLocal8Bit(argv[i]);

  bool failed = false;
  for (const std::string& file : chosen) {
    const auto test = tests().at(file)();
    if (QTest::qExec(test.get(), arguments) != 0) failed = true;
  }
  return failed ? 1 : 0;
}
