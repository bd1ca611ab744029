// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu/unicorn_vcpu.h"
#include "support/test.h"

using namespace overcommit;

class UnicornProbeTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void installedUnicornCanBeUsed();
  void probingAgainFindsTheSame();
  void tooLittleAddressSpaceIsAnErrorNotAnExit();
};

void UnicornProbeTest::installedUnicornCanBeUsed() {
  const auto info = probeUnicorn();
  VERIFY_OK(info);
  QVERIFY(info->version.starts_with("2."));
  QVERIFY(info->inFlightAt != 0 && info->errorCodeAt != 0 && info->inFlightAt != info->errorCodeAt);
  QCOMPARE(info->kind, info->version.starts_with("2.0.") ? UnicornKind::UsesVirtualAddresses : UnicornKind::Translates);
}

void UnicornProbeTest::probingAgainFindsTheSame() {
  const auto one = probeUnicorn(), two = probeUnicorn();
  VERIFY_OK(one);
  VERIFY_OK(two);
  QCOMPARE(one->inFlightAt, two->inFlightAt);
  QCOMPARE(one->errorCodeAt, two->errorCodeAt);
}

void UnicornProbeTest::tooLittleAddressSpaceIsAnErrorNotAnExit() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  QSKIP("a sanitizer needs more address space than any limit");
#endif
  // In a child, because the limit cannot be raised again.
  constexpr int kRefusedWithAdvice = 42;
  const pid_t child = fork();
  if (child == 0) {
    const rlimit limit{std::uint64_t{1} << 30, std::uint64_t{1} << 30};
    setrlimit(RLIMIT_AS, &limit);
    const auto info = probeUnicorn();
    _exit(!info && info.error().text.find("ulimit -v") != std::string::npos ? kRefusedWithAdvice : 1);
  }
  int status = 0;
  QVERIFY(child > 0 && waitpid(child, &status, 0) == child);
  QVERIFY(WIFEXITED(status));
  QCOMPARE(WEXITSTATUS(status), kRefusedWithAdvice);
}

OVERCOMMIT_TEST(UnicornProbeTest)
#include "unicorn_probe_test.moc"
