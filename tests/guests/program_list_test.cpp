// SPDX-License-Identifier: GPL-2.0-or-later
// The list of programs fits the boot block, and says what a scenario author needs to know.
#include <abi/overcommit_abi.h>

#include <set>
#include <string>
#include <vector>

#include "support/test.h"

namespace {

enum class Unit { Bytes, Time, Count, Permille };
// NOLINTNEXTLINE(readability-identifier-naming): these are the names of programs.inc
constexpr Unit BYTES = Unit::Bytes, TIME = Unit::Time, COUNT = Unit::Count, PERMILLE = Unit::Permille;

struct Program {
  std::string symbol, name, text;
};

struct Argument {
  std::string program, name;
  Unit unit;
  std::uint64_t value;
  std::string text;
};

const std::vector<Program>& programs() {
  static const std::vector<Program> kAll{
#define OC_PROGRAM(symbol, name, text) Program{#symbol, name, text},
#define OC_ARGUMENT(program, name, unit, value, text)
#include <abi/programs.inc>
#undef OC_PROGRAM
#undef OC_ARGUMENT
  };
  return kAll;
}

const std::vector<Argument>& arguments() {
  static const std::vector<Argument> kAll{
#define OC_PROGRAM(symbol, name, text)
#define OC_ARGUMENT(program, name, unit, value, text) Argument{program, name, unit, value, text},
#include <abi/programs.inc>
#undef OC_PROGRAM
#undef OC_ARGUMENT
  };
  return kAll;
}

}  // namespace

class ProgramListTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void hasThePromisedPrograms();
  void namesAreUniqueAndFitTheBootBlock();
  void argumentsFollowTheirProgram();
  void everyProgramTakesTime();
  void defaultSizesSuitAMachineOf64MiB();
};

void ProgramListTest::hasThePromisedPrograms() {
  std::set<std::string> names;
  for (const Program& program : programs()) names.insert(program.name);
  const std::set<std::string> promised{"idle", "toucher",   "webserver", "compile",        "database", "desktop",
                                       "leak", "java-heap", "boot-zero", "incompressible", "phases"};
  QVERIFY(names == promised);
}

void ProgramListTest::namesAreUniqueAndFitTheBootBlock() {
  std::set<std::string> names;
  for (const Program& program : programs()) {
    QVERIFY2(names.insert(program.name).second, program.name.c_str());
    QVERIFY2(program.name.size() < OC_NAME_SIZE, program.name.c_str());
    QVERIFY2(!program.text.empty(), program.name.c_str());
    std::set<std::string> own;
    for (const Argument& argument : arguments()) {
      if (argument.program != program.name) continue;
      QVERIFY2(own.insert(argument.name).second, argument.name.c_str());
      QVERIFY2(argument.name.size() < sizeof(oc_argument::name), argument.name.c_str());
      QVERIFY2(!argument.text.empty(), argument.name.c_str());
      QVERIFY2(argument.unit != Unit::Permille || argument.value <= 1000, argument.name.c_str());
    }
    QVERIFY(own.size() <= OC_MAX_ARGUMENTS);
  }
}

void ProgramListTest::argumentsFollowTheirProgram() {
  for (const Argument& argument : arguments()) {
    bool known = false;
    for (const Program& program : programs()) known = known || program.name == argument.program;
    QVERIFY2(known, argument.program.c_str());
  }
}

void ProgramListTest::everyProgramTakesTime() {
  for (const Program& program : programs()) {
    bool found = false;
    for (const Argument& argument : arguments()) {
      if (argument.program != program.name || argument.name != "op_work") continue;
      found = true;
      QVERIFY2(argument.unit == Unit::Time && argument.value > 0, program.name.c_str());
    }
    QVERIFY2(found, program.name.c_str());
  }
}

void ProgramListTest::defaultSizesSuitAMachineOf64MiB() {
  for (const Argument& argument : arguments()) {
    if (argument.unit != Unit::Bytes) continue;
    QVERIFY2(argument.value % OC_PAGE_SIZE == 0, argument.name.c_str());
    QVERIFY2(argument.value <= (64u << 20), argument.name.c_str());
  }
}

OVERCOMMIT_TEST(ProgramListTest)
#include "program_list_test.moc"
