// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "support/test.h"

using namespace overcommit;

class ErrorTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void systemErrorsGoOnAfterAColon() {
    QCOMPARE(systemErrorText(ENOSPC), std::string("no space left on device"));
    QCOMPARE(systemErrorText(ENOENT), std::string("no such file or directory"));
  }

  void aFailureCarriesItsSentence() {
    const Result<int> result = failure("cannot open {}: {}", "web1.vswp", systemErrorText(EACCES));
    QVERIFY(!result.has_value());
    QCOMPARE(result.error().text, std::string("cannot open web1.vswp: permission denied"));
  }

  void aBrokenInvariantNamesItselfAndEndsTheProcessWithSix() {
    std::array<int, 2> ends{};
    QCOMPARE(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    QVERIFY(child >= 0);
    if (child == 0) {
      ::dup2(ends[1], STDERR_FILENO);
      invariant(1 + 1 == 3, "frames are conserved");
      ::_exit(0);
    }
    ::close(ends[1]);
    std::string said;
    std::array<char, 512> buffer{};
    for (ssize_t n = 0; (n = ::read(ends[0], buffer.data(), buffer.size())) > 0;) said.append(buffer.data(), static_cast<std::size_t>(n));
    ::close(ends[0]);
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(WIFEXITED(status));
    QCOMPARE(WEXITSTATUS(status), kExitInvariantBroken);
    QVERIFY2(said.find("frames are conserved") != std::string::npos, said.c_str());
  }
};

OVERCOMMIT_TEST(ErrorTest)
#include "error_test.moc"
