// SPDX-License-Identifier: GPL-2.0-or-later
#include <QStringList>
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

void prepareTests() {
  // CTest has the time limit; and a debugger's dump of a broken test takes longer than the tests.
  qputenv("QTEST_DISABLE_STACK_DUMP", "1");
  qputenv("QTEST_FUNCTION_TIMEOUT", "1800000");
}

int runTests(int argc, char** argv) {
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

}  // namespace overcommit::test
