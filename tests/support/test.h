// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>
#include <QTest>
#include <cstdint>
#include <memory>
#include <string>

namespace overcommit::test {

inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20, kGiB = std::uint64_t{1} << 30;

// The tests of one executable, by the name of their file. A static object of each test file adds itself before main() runs.
using TestFactory = std::unique_ptr<QObject> (*)();
void registerTest(const char* file, TestFactory factory);
// Before the application object is made.
void prepareTests();
// Runs the test classes of one executable: all of them, or the file named by the first argument (as CTest does). Further arguments go to
// Qt Test. Exit code: 0 all passed, 1 a test failed, 2 no such file.
int runTests(int argc, char** argv);

struct TestRegistration {
  TestRegistration(const char* file, TestFactory factory) { registerTest(file, factory); }
};

}  // namespace overcommit::test

// At the end of every test file, before its .moc include.
#define OVERCOMMIT_TEST(Class)                                         \
  static const overcommit::test::TestRegistration registration##Class( \
      __FILE__, []() -> std::unique_ptr<QObject> { return std::make_unique<Class>(); });

// Fails with the error's text if `result` (a Result<T>) holds an error.
#define VERIFY_OK(result)                                                                      \
  do {                                                                                         \
    const auto& verified = (result);                                                           \
    QVERIFY2(verified.has_value(), verified.has_value() ? "" : verified.error().text.c_str()); \
  } while (false)
