// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/script.h"

#include <map>

#include "abi/overcommit_abi.h"
#include "cpu/script_content.h"
#include "support/test.h"

using namespace overcommit;
using ExitKind = VmExit::Kind;
using StepKind = ScriptStep::Kind;
using Content = ScriptStep::Content;

namespace {

constexpr Pages kScriptMemory{64};

// Pages that come into being when touched.
class Memory final : public GuestAccess {
 public:
  std::byte* resolve(Gfn gfn, Access access) override {
    touches.emplace_back(gfn.value(), access);
    if (failAt && gfn == *failAt) return nullptr;
    return pages[gfn.value()].data();
  }
  std::map<std::uint64_t, std::array<std::byte, kPageSize>> pages;
  std::vector<std::pair<std::uint64_t, Access>> touches;
  std::optional<Gfn> failAt;
};

std::unique_ptr<ScriptSource> parsed(std::string_view text) { return parseScript(text, "test.script", kScriptMemory).value(); }
std::unique_ptr<Vcpu> playing(std::string_view text, Memory& memory, std::uint64_t seed = 0) {
  return createScriptVcpu(parsed(text), memory, kScriptMemory, seed);
}

}  // namespace

class ScriptTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everyKindOfStepIsRead();
  void commentsAndBlankLinesAreSkipped();
  void loopGoesBackToTheStart();
  void endOfTheFileIsAHalt();
  void mistakesAreReportedWithLineAndColumn_data();
  void mistakesAreReportedWithLineAndColumn();

  void stepsComeBackAsHypercalls();
  void haltStays();
  void pagesAreTouchedInOrder();
  void readChecksWhatWasWritten();
  void readOfAPageNeverWrittenChecksNothing();
  void lastWriteCounts();
  void budgetCountsPagesAndGoesOnExactly();
  void endlessScriptWithoutOperationsSpendsItsBudget();
  void stopIsHonouredBeforeTheNextPage();
  void failedMemoryStopsTheScript();
  void sameContentIsEqualInAllVmsOthersDiffer();
  void textAndCodeRepeatThemselves();
};

void ScriptTest::everyKindOfStepIsRead() {
  const auto source = parsed(
      "read 5\nread 0x10 3\nwrite 7 zero\nwrite 8 2 same 9\nwrite 8 random\nwrite 8 text 0xff\nwrite 1 code 1\nwork 10us\n"
      "wait 2ms\noperation 5 1s\noperation 7ns\nhalt\n");
  const auto expect = [&](StepKind kind, std::uint64_t gfn, std::uint64_t count, Content content, std::uint64_t value, VirtualTime time) {
    const auto step = source->next();
    return step && step->kind == kind && step->gfn == Gfn(gfn) && step->count == count && step->value == value && step->time == time &&
           (kind != StepKind::Write || step->content == content);
  };
  const VirtualTime none;
  QVERIFY(expect(StepKind::Read, 5, 1, {}, 0, none));
  QVERIFY(expect(StepKind::Read, 16, 3, {}, 0, none));
  QVERIFY(expect(StepKind::Write, 7, 1, Content::Zero, 0, none));
  QVERIFY(expect(StepKind::Write, 8, 2, Content::Same, 9, none));
  QVERIFY(expect(StepKind::Write, 8, 1, Content::Random, 0, none));
  QVERIFY(expect(StepKind::Write, 8, 1, Content::Text, 255, none));
  QVERIFY(expect(StepKind::Write, 1, 1, Content::Code, 1, none));
  QVERIFY(expect(StepKind::Work, 0, 1, {}, 0, microseconds(10)));
  QVERIFY(expect(StepKind::Wait, 0, 1, {}, 0, milliseconds(2)));
  QVERIFY(expect(StepKind::Operation, 0, 5, {}, 0, seconds(1)));
  QVERIFY(expect(StepKind::Operation, 0, 1, {}, 0, nanoseconds(7)));
  QVERIFY(expect(StepKind::Halt, 0, 1, {}, 0, none));
}

void ScriptTest::commentsAndBlankLinesAreSkipped() {
  const auto source = parsed("# a script\n\n   \t\r\n  read 1 # the first page\n#halt\nread 2");
  QCOMPARE(source->next()->gfn, Gfn(1));
  QCOMPARE(source->next()->gfn, Gfn(2));
  QVERIFY(!source->next());
}

void ScriptTest::loopGoesBackToTheStart() {
  const auto source = parsed("read 1\nread 2\nloop\n");
  for (int round = 0; round < 3; ++round) {
    QCOMPARE(source->next()->gfn, Gfn(1));
    QCOMPARE(source->next()->gfn, Gfn(2));
    QCOMPARE(source->next()->kind, StepKind::Loop);
  }
}

void ScriptTest::endOfTheFileIsAHalt() {
  Memory memory;
  QCOMPARE(playing("", memory)->run({}).kind, ExitKind::Halt);
}

void ScriptTest::mistakesAreReportedWithLineAndColumn_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("error");
  const auto row = [](const char* text, const char* error) { QTest::newRow(error) << text << error; };
  row("read 1\n  raed 2\n", "test.script:2:3: there is no step \"raed\"; did you mean \"read\"?");
  row("read", "test.script:1:5: the number of the first page is missing");
  row("read x", "test.script:1:6: \"x\" is not a number: the number of the first page is wanted");
  row("read 64", "test.script:1:6: page 64 lies outside the VM's memory of 64 pages");
  row("read 60 5", "test.script:1:9: 5 pages from page 60 on reach beyond the VM's memory of 64 pages");
  row("read 1 0", "test.script:1:8: at least one page must be touched");
  row("read 1 2 3", "test.script:1:10: \"3\" is one word too many for read");
  row("read 99999999999999999999", "test.script:1:6: the number of the first page \"99999999999999999999\" is too large");
  row("read 0x", "test.script:1:6: \"0x\" is not a number: the number of the first page is wanted");
  row("read -1", "test.script:1:6: \"-1\" is not a number: the number of the first page is wanted");
  row("write 1", "test.script:1:8: what is written is missing: zero, same, random, text or code");
  row("write 1 txt", "test.script:1:9: there is no content \"txt\"; did you mean \"text\"?");
  row("write 1 zero 4", "test.script:1:14: zero takes no value");
  row("write 1 same x", "test.script:1:14: \"x\" is not a number: the value is wanted");
  row("work", "test.script:1:5: a time is missing, for example 10us");
  row("work 10", "test.script:1:6: the time \"10\" has no unit: write one of ns, us, ms, s, min, h, for example \"30s\"");
  row("operation 0 1us", "test.script:1:11: at least one operation must be completed");
  row("operation 3", "test.script:1:12: a time is missing, for example 10us");
  row("loop", "test.script:1:1: loop needs a step to go back to");
  row("read 1\nloop\n read 2", "test.script:3:2: a step behind loop is never reached");
  row("halt\nhalt", "test.script:2:1: a step behind halt is never reached");
}

void ScriptTest::mistakesAreReportedWithLineAndColumn() {
  QFETCH(QString, text);
  QFETCH(QString, error);
  const auto result = parseScript(text.toStdString(), "test.script", kScriptMemory);
  QVERIFY(!result);
  QCOMPARE(QString::fromStdString(result.error().text), error);
}

void ScriptTest::stepsComeBackAsHypercalls() {
  Memory memory;
  const auto vcpu = playing("work 10us\nwait 2ms\noperation 5 1s\n", memory);
  VmExit exit = vcpu->run({});
  QCOMPARE(exit.kind, ExitKind::Hypercall);
  QCOMPARE(exit.number, std::uint64_t{OC_CALL_WORK});
  QCOMPARE(exit.argument1, std::uint64_t{10'000});
  exit = vcpu->run({});
  QCOMPARE(exit.number, std::uint64_t{OC_CALL_WAIT});
  QCOMPARE(exit.argument1, std::uint64_t{2'000'000});
  exit = vcpu->run({});
  QCOMPARE(exit.number, std::uint64_t{OC_CALL_OPERATION});
  QCOMPARE(exit.argument1, std::uint64_t{5});
  QCOMPARE(exit.argument2, std::uint64_t{1'000'000'000});
}

void ScriptTest::haltStays() {
  Memory memory;
  const auto vcpu = playing("halt", memory);
  QCOMPARE(vcpu->run({}).kind, ExitKind::Halt);
  QCOMPARE(vcpu->run({}).kind, ExitKind::Halt);
}

void ScriptTest::pagesAreTouchedInOrder() {
  Memory memory;
  playing("write 3 2 same 1\nread 4\nread 9 2", memory)->run({});
  const std::vector<std::pair<std::uint64_t, Access>> expected{
      {3, Access::Write}, {4, Access::Write}, {4, Access::Read}, {9, Access::Read}, {10, Access::Read}};
  QVERIFY(memory.touches == expected);
}

void ScriptTest::readChecksWhatWasWritten() {
  for (const char* content : {"zero", "same 3", "random 3", "text 3", "code 3"}) {
    Memory memory;
    const auto vcpu = playing("write 7 " + std::string(content) + "\nwork 1us\nread 7\nwork 1us\nread 7\n", memory);
    vcpu->run({});
    QCOMPARE(vcpu->run({}).kind, ExitKind::Hypercall);
    memory.pages[7][4095] ^= std::byte{1};
    const VmExit exit = vcpu->run({});
    QCOMPARE(exit.kind, ExitKind::Crash);
    QVERIFY2(exit.reason.find("page 7 does not hold what was written: byte 4095 is") == 0, exit.reason.c_str());
  }
}

void ScriptTest::readOfAPageNeverWrittenChecksNothing() {
  Memory memory;
  memory.pages[7].fill(std::byte{42});
  QCOMPARE(playing("read 7", memory)->run({}).kind, ExitKind::Halt);
}

void ScriptTest::lastWriteCounts() {
  Memory memory;
  QCOMPARE(playing("write 7 random 1\nwrite 7 same 2\nread 7", memory)->run({}).kind, ExitKind::Halt);
}

void ScriptTest::budgetCountsPagesAndGoesOnExactly() {
  Memory memory;
  const auto vcpu = playing("write 0 5 same 1\nread 0 5\noperation 1us\n", memory);
  std::uint64_t blocks = 0;
  VmExit exit;
  do {
    exit = vcpu->run({3});
    QVERIFY(exit.blocks <= 3);
    blocks += exit.blocks;
  } while (exit.kind == ExitKind::BudgetSpent);
  QCOMPARE(exit.kind, ExitKind::Hypercall);
  QCOMPARE(blocks, std::uint64_t{11});
  QCOMPARE(memory.touches.size(), std::size_t{10});
}

void ScriptTest::endlessScriptWithoutOperationsSpendsItsBudget() {
  Memory memory;
  const VmExit exit = playing("read 1\nloop", memory)->run({1000});
  QCOMPARE(exit.kind, ExitKind::BudgetSpent);
  QCOMPARE(exit.blocks, std::uint64_t{1000});
}

void ScriptTest::stopIsHonouredBeforeTheNextPage() {
  Memory memory;
  const auto vcpu = playing("read 1 10", memory);
  vcpu->run({4});
  vcpu->requestStop();
  QCOMPARE(vcpu->run({}).kind, ExitKind::Stopped);
  QCOMPARE(memory.touches.size(), std::size_t{4});
  QCOMPARE(vcpu->run({}).kind, ExitKind::Halt);
  QCOMPARE(memory.touches.size(), std::size_t{10});
}

void ScriptTest::failedMemoryStopsTheScript() {
  Memory memory;
  memory.failAt = Gfn(3);
  QCOMPARE(playing("read 1 10", memory)->run({}).kind, ExitKind::Stopped);
}

void ScriptTest::sameContentIsEqualInAllVmsOthersDiffer() {
  for (const char* content : {"same", "random", "text", "code"}) {
    const std::string script = "write 1 2 " + std::string(content) + " 5\nwrite 3 " + content + " 6\n";
    Memory one, two;
    playing(script, one, 1)->run({});
    playing(script, two, 2)->run({});
    const bool same = std::string_view(content) == "same";
    QCOMPARE(one.pages[1] == two.pages[1], same);
    QCOMPARE(one.pages[1] == one.pages[2], same);
    QVERIFY(one.pages[1] != one.pages[3]);
  }
}

void ScriptTest::textAndCodeRepeatThemselves() {
  // A crude measure of what compresses: how many of the 4-byte groups occur a second time.
  const auto repeats = [](Content content) {
    std::array<std::byte, kPageSize> page;
    fillPage(page, {content, 1}, Gfn(1), 1);
    std::map<std::uint32_t, int> groups;
    for (std::size_t at = 0; at + 4 <= page.size(); ++at) {
      std::uint32_t group;
      std::memcpy(&group, &page[at], sizeof group);
      ++groups[group];
    }
    int repeated = 0;
    for (const auto& [group, count] : groups) repeated += count > 1 ? count : 0;
    return repeated;
  };
  QVERIFY(repeats(Content::Random) < 10);
  QVERIFY(repeats(Content::Code) > 300);
  QVERIFY(repeats(Content::Text) > 2000);
}

OVERCOMMIT_TEST(ScriptTest)
#include "script_test.moc"
