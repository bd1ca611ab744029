// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/unicorn_exception.h"

#include <cstring>
#include <vector>

#include "support/test.h"

using namespace overcommit;

namespace {

constexpr std::uint64_t kExceptionRoot = 0x1000, kExceptionPointers = 0x2000, kExceptionDirectory = 0x3000, kExceptionTable = 0x4000,
                        kIdt = 0x6000, kStack = 0x8000;

// 64 KiB of guest memory, identity mapped but for what a test changes, with a handler for every vector.
struct Guest {
  Guest() {
    put(kExceptionRoot, kExceptionPointers | 3);
    put(kExceptionPointers, kExceptionDirectory | 3);
    put(kExceptionDirectory, kExceptionTable | 3);
    for (std::uint64_t page = 1; page < 16; ++page) put(kExceptionTable + page * 8, page << kPageShift | 3);
    for (unsigned vector = 0; vector < 256; ++vector) setGate(vector, 0x8e);
  }
  void put(std::uint64_t at, std::uint64_t value) { std::memcpy(&ram[at], &value, sizeof value); }
  [[nodiscard]] std::uint64_t get(std::uint64_t at) const {
    std::uint64_t value;
    std::memcpy(&value, &ram[at], sizeof value);
    return value;
  }
  void setGate(std::uint64_t vector, std::uint64_t type) {
    put(kIdt + vector * 16, 0x5678 | 0x08u << 16 | type << 40 | std::uint64_t{0x1234} << 48);
    put(kIdt + vector * 16 + 8, 0x7fff);
  }
  [[nodiscard]] static ExceptionState at(std::uint32_t vector) {
    ExceptionState state;
    state.vector = vector;
    state.errorCode = 7;
    state.rip = 0x1111;
    state.rflags = 0x50302;  // NT is off, IF and TF are on
    state.rsp = kStack + 0x808;
    state.cr2 = 0xdead;
    state.cr3 = kExceptionRoot;
    state.cs = 0x08;
    state.ss = 0x10;
    state.idtBase = kIdt;
    state.idtLimit = 0xfff;
    return state;
  }
  tl::expected<ExceptionEntry, std::string> deliver(const ExceptionState& state) {
    GuestVirtualMemory memory(ram);
    return deliverException(state, memory);
  }
  std::vector<std::byte> ram = std::vector<std::byte>(0x10000);
};

}  // namespace

class UnicornExceptionTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void frameIsWhatTheProcessorPushes();
  void vectorsWithAnErrorCodePushIt();
  void faultsArePushedWithTheResumeFlagTrapsAreNot();
  void gateTypeDecidesAboutInterrupts();
  void frameMayStraddlePagesThatAreApart();
  void pushMarksTheGuestsTables();
  void halfAFrameIsNeverWritten();
  void descriptionNamesWhatHappened_data();
  void descriptionNamesWhatHappened();
};

void UnicornExceptionTest::frameIsWhatTheProcessorPushes() {
  Guest guest;
  const ExceptionState state = Guest::at(14);
  const auto entry = guest.deliver(state);
  QVERIFY(entry.has_value());
  QCOMPARE(entry->rip, std::uint64_t{0x7fff'1234'5678});
  QCOMPARE(entry->rsp, kStack + 0x800 - 48);  // aligned to 16 first
  const std::array<std::uint64_t, 6> expected{7, state.rip, 0x08, state.rflags, state.rsp, 0x10};
  for (std::size_t i = 0; i < expected.size(); ++i) QCOMPARE(guest.get(entry->rsp + i * 8), expected[i]);
}

void UnicornExceptionTest::vectorsWithAnErrorCodePushIt() {
  for (std::uint32_t vector = 0; vector < 256; ++vector) {
    const bool has = vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
    Guest guest;
    const auto entry = guest.deliver(Guest::at(vector));
    QVERIFY(entry.has_value());
    QCOMPARE(entry->rsp, kStack + 0x800 - (has ? 48u : 40u));
    QCOMPARE(guest.get(entry->rsp), has ? std::uint64_t{7} : std::uint64_t{0x1111});
  }
}

void UnicornExceptionTest::faultsArePushedWithTheResumeFlagTrapsAreNot() {
  for (std::uint32_t vector = 0; vector < 256; ++vector) {
    const bool fault = vector < 32 && vector != 1 && vector != 2 && vector != 3 && vector != 4 && vector != 8 && vector != 18;
    const bool has = vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
    Guest guest;
    ExceptionState state = Guest::at(vector);
    state.rflags = 0x202;
    const auto entry = guest.deliver(state);
    QVERIFY(entry.has_value());
    QCOMPARE(guest.get(entry->rsp + (has ? 24u : 16u)), fault ? std::uint64_t{0x10202} : std::uint64_t{0x202});
  }
}

void UnicornExceptionTest::gateTypeDecidesAboutInterrupts() {
  Guest guest;
  QCOMPARE(guest.deliver(Guest::at(14))->rflags, std::uint64_t{0x40002});  // IF, TF and RF cleared
  guest.setGate(14, 0x8f);
  QCOMPARE(guest.deliver(Guest::at(14))->rflags, std::uint64_t{0x40202});
}

void UnicornExceptionTest::frameMayStraddlePagesThatAreApart() {
  Guest guest;
  guest.put(kExceptionTable + 72, 0xc000 | 3);  // page 9 is frame 12, page 8 is itself
  ExceptionState state = Guest::at(14);
  state.rsp = 0x9010;
  const auto entry = guest.deliver(state);
  QVERIFY(entry.has_value());
  QCOMPARE(entry->rsp, std::uint64_t{0x9010 - 48});
  QCOMPARE(guest.get(0x9000 - 32), std::uint64_t{7});
  QCOMPARE(guest.get(0x9000 - 8), state.rflags);
  QCOMPARE(guest.get(0xc000), state.rsp);
  QCOMPARE(guest.get(0xc008), std::uint64_t{0x10});
}

void UnicornExceptionTest::pushMarksTheGuestsTables() {
  Guest guest;
  QVERIFY(guest.deliver(Guest::at(14)).has_value());
  QCOMPARE(guest.get(kExceptionTable + 64), kStack | 3 | kPteAccessed | kPteDirty);
  QCOMPARE(guest.get(kExceptionDirectory), kExceptionTable | 3 | kPteAccessed);
  QCOMPARE(guest.get(kExceptionRoot), kExceptionPointers | 3 | kPteAccessed);
}

void UnicornExceptionTest::halfAFrameIsNeverWritten() {
  Guest guest;
  guest.put(kExceptionTable + 72, 0x9000 | 1);  // read-only
  const std::vector<std::byte> before = guest.ram;
  ExceptionState state = Guest::at(14);
  state.rsp = 0x9010;
  const auto entry = guest.deliver(state);
  QVERIFY(!entry.has_value());
  QVERIFY(entry.error().find("cannot push on the stack") != std::string::npos);
  QVERIFY(guest.ram == before);
}

void UnicornExceptionTest::descriptionNamesWhatHappened_data() {
  QTest::addColumn<int>("vector");
  QTest::addColumn<qulonglong>("errorCode");
  QTest::addColumn<QString>("text");
  QTest::newRow("read") << 14 << 0ULL << "#PF at rip 0x1111, cr2 0xdead (read, page not present)";
  QTest::newRow("write") << 14 << 2ULL << "#PF at rip 0x1111, cr2 0xdead (write, page not present)";
  QTest::newRow("write to read-only") << 14 << 3ULL << "#PF at rip 0x1111, cr2 0xdead (write, not allowed)";
  QTest::newRow("user fetch") << 14 << 20ULL << "#PF at rip 0x1111, cr2 0xdead (user fetch, page not present)";
  QTest::newRow("reserved bit") << 14 << 9ULL << "#PF at rip 0x1111, cr2 0xdead (read, reserved bit set)";
  QTest::newRow("protection") << 13 << 0x30ULL << "#GP at rip 0x1111, error code 0x30";
  QTest::newRow("protection without a code") << 13 << 0ULL << "#GP at rip 0x1111";
  QTest::newRow("division") << 0 << 7ULL << "#DE at rip 0x1111";
  QTest::newRow("software") << 128 << 7ULL << "interrupt at rip 0x1111 (vector 128)";
}

void UnicornExceptionTest::descriptionNamesWhatHappened() {
  QFETCH(int, vector);
  QFETCH(qulonglong, errorCode);
  QFETCH(QString, text);
  ExceptionState state = Guest::at(static_cast<std::uint32_t>(vector));
  state.errorCode = errorCode;
  QCOMPARE(QString::fromStdString(describeException(state)), text);
}

OVERCOMMIT_TEST(UnicornExceptionTest)
#include "unicorn_exception_test.moc"
