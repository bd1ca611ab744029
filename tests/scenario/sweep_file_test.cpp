// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/sweep_file.h"

#include "scenario/sweep_report.h"
#include "support/test.h"

using namespace overcommit;

namespace {

const std::string kSweptScenario = R"(title = "Swept"
duration = "2s"
[host]
memory = "12 MiB"
[[vm]]
name = "a"
memory = "8 MiB"
generator = "uniform"
[[vm]]
name = "b"
count = 2
memory = "8 MiB"
generator = "zipf"
[[at]]
time = "1s"
vm = "a"
set = { limit = "8 MiB" }
)";

Result<Sweep> sweepOf(const std::string& more, SweepExtent extent = SweepExtent::All) {
  return Sweep::parse(kSweptScenario + more, "s.toml", "/lab", extent);
}

}  // namespace

class SweepFileTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theFirstSettingChangesSlowest() {
    const auto sweep = sweepOf("[vary]\n\"host.memory\" = [\"12 MiB\", \"16 MiB\"]\nseed = { from = 3, to = 7, step = 2 }\n");
    VERIFY_OK(sweep);
    QCOMPARE(sweep->points(), std::size_t(6));
    QCOMPARE(sweep->describe(0), std::string("host.memory = 12 MiB, seed = 3"));
    QCOMPARE(sweep->describe(2), std::string("host.memory = 12 MiB, seed = 7"));
    QCOMPARE(sweep->describe(3), std::string("host.memory = 16 MiB, seed = 3"));
    QCOMPARE(bytesOf(sweep->scenario(3).config.host.memory).value(), std::uint64_t(16) << 20);
    QCOMPARE(sweep->scenario(4).config.seed, std::uint64_t(5));
  }

  void pathsReachEveryPartOfAScenario() {
    const auto sweep = sweepOf(R"([vary]
duration = ["3s"]
"host.options.IdleTax" = [33]
"cost.swap_read" = ["7ms"]
"vm.a.args.touches" = [5]
"vm.b.count" = [3]
"vm.shares" = ["high"]
"at.1.set.limit" = ["4 MiB"]
"limits.operations" = [9]
)");
    VERIFY_OK(sweep);
    const RunConfig config = sweep->scenario(0).config;
    QCOMPARE(config.duration, seconds(3));
    QCOMPARE(config.host.options.at("IdleTax"), std::uint64_t(33));
    QCOMPARE(config.costs.swapRead, milliseconds(7));
    QCOMPARE(config.vms.size(), std::size_t(4));
    QCOMPARE(config.vms[0].arguments.at(0).value, std::uint64_t(5));
    for (const VmConfig& vm : config.vms) QCOMPARE(vm.shares, std::uint64_t(160));
    QCOMPARE(*std::get<SetAction>(config.actions.at(0).what).value, std::uint64_t(1024));
    QCOMPARE(config.limits.operations, std::uint64_t(9));
  }

  void dottedPathsNeedNoQuotes() {
    const auto sweep = sweepOf("[vary]\nhost.options.IdleTax = [0, 75]\nvm.a.memory = [\"4 MiB\"]\n");
    VERIFY_OK(sweep);
    QCOMPARE(sweep->points(), std::size_t(2));
    QCOMPARE(sweep->describe(1), std::string("host.options.IdleTax = 75, vm.a.memory = 4 MiB"));
  }

  void rangesHaveUnitsAndBothEnds() {
    const auto sweep = sweepOf("[vary]\n\"vm.a.memory\" = { from = \"2 MiB\", to = \"8 MiB\", step = \"2 MiB\" }\n");
    VERIFY_OK(sweep);
    std::string all;
    for (const VariedValue& value : sweep->base().vary[0].values) all += value.text + " ";
    QCOMPARE(all, std::string("2 MiB 4 MiB 6 MiB 8 MiB "));
  }

  void aQuickLookTakesTheValuesCalledQuick() {
    const std::string vary = "[vary]\nseed = { from = 1, to = 10, step = 1, quick = [1, 10] }\n\"host.options.IdleTax\" = [0, 75]\n";
    const auto all = sweepOf(vary), quick = sweepOf(vary, SweepExtent::Quick);
    VERIFY_OK(all);
    VERIFY_OK(quick);
    QCOMPARE(all->points(), std::size_t(20));
    QCOMPARE(quick->points(), std::size_t(4));
    QCOMPARE(quick->describe(3), std::string("seed = 10, host.options.IdleTax = 75"));
  }

  // So that a point can be run, traced and looked into by itself.
  void theTextOfAPointIsThatScenario() {
    const auto sweep = sweepOf("[vary]\n\"host.options.CtlMaxPercent\" = [0, 65]\n\"vm.b.count\" = [1, 3]\n");
    VERIFY_OK(sweep);
    const Scenario point = sweep->scenario(1);
    const auto again = parseScenario(point.text, "point.toml", "/lab");
    VERIFY_OK(again);
    QVERIFY(again->vary.empty() && again->shapes.empty());
    QCOMPARE(again->config.vms.size(), std::size_t(4));
    QCOMPARE(again->config.host.options.at("CtlMaxPercent"), std::uint64_t(0));
    QCOMPARE(again->config.actions.size(), point.config.actions.size());
    QCOMPARE(again->config.title, std::string("Swept"));
  }

  void textsWithQuotesAndControlsSurvive() {
    const auto sweep = Sweep::parse(
        "title = \"a \\\"b\\\" \\\\ \\u0007 \\n ü\"\n" + kSweptScenario.substr(kSweptScenario.find('\n') + 1) + "[vary]\nseed = [1]\n",
        "s.toml", "/lab", SweepExtent::All);
    VERIFY_OK(sweep);
    const auto again = parseScenario(sweep->scenario(0).text, "point.toml", "/lab");
    VERIFY_OK(again);
    QCOMPARE(again->config.title, std::string("a \"b\" \\ \a \n ü"));
  }

  void aGroupIsSummedUpWhateverItsCount() {
    const auto sweep = sweepOf("[vary]\n\"vm.b.count\" = [1, 3]\n[[column]]\nmetric = \"vm.b.operations\"\n");
    VERIFY_OK(sweep);
    QCOMPARE(sweep->scenario(0).columns[0].figure.references.size(), std::size_t(1));
    QCOMPARE(sweep->scenario(1).columns[0].figure.references.size(), std::size_t(3));
  }

  void withoutColumnsThereAreAllMetricsOfAllVms() {
    const auto sweep = sweepOf("[vary]\n\"vm.b.count\" = [1, 2]\n");
    VERIFY_OK(sweep);
    const std::size_t vms = 4;  // a, b, b1 and b2
    QCOMPARE(sweep->names().size(), hostMetrics().size() + vms * vmMetrics().size());
    QVERIFY(std::ranges::find(sweep->names(), "vm.b2.swapped") != sweep->names().end());
  }

  void theTableIsWrittenAsNumbers() {
    const auto sweep =
        sweepOf("[vary]\n\"vm.a.memory\" = [\"4 MiB\", \"8 MiB\"]\n\"vm.a.salt\" = [\"x,y\"]\n[[column]]\nmetric = \"host.free\"\n");
    VERIFY_OK(sweep);
    SweepTable table = sweep->table();
    table.rows.push_back({{0, 0}, {4096}, "00ff", 0, ""});
    table.rows.push_back({{1, 0}, {std::nullopt}, "", 2, "refused"});
    QCOMPARE(sweepCsv(table),
             std::string("point,vm.a.memory,vm.a.salt,host.free,digest,exit\n1,4194304,\"x,y\",4096,00ff,0\n2,8388608,\"x,y\",,,2\n"));
    QVERIFY(sweepReport("t", table, {}).find("point 2, exit code 2: refused") != std::string::npos);
  }

  void mistakesAreNamedAtTheirPlace_data() {
    QTest::addColumn<QString>("more");
    QTest::addColumn<QString>("message");
    const QString vary =
        "[vary]\n\"host.options.IdleTax\" = [0, 75]\n\"vm.a.salt\" = [\"x\", \"y\"]\n[[column]]\nmetric = \"host.free\"\nname = \"free\"\n";
    QTest::newRow("nothing to vary") << ""
                                     << "it has no [vary]";
    QTest::newRow("empty") << "[vary]\n"
                           << "s.toml:18:1: [vary] varies nothing";
    QTest::newRow("no list") << "[vary]\nseed = 3\n"
                             << "s.toml:19:8: \"seed\" must have a list of values";
    QTest::newRow("no values") << "[vary]\nseed = []\n"
                               << "has no values";
    QTest::newRow("a value twice") << "[vary]\n\"vm.a.memory\" = [\"4 MiB\", \"4096 KiB\"]\n"
                                   << "s.toml:19:27: \"vm.a.memory\" has this value twice";
    QTest::newRow("unknown key") << "[vary]\n\"host.memroy\" = [\"8 MiB\"]\n"
                                 << "s.toml:19:1: unknown key \"memroy\" in [host]; did you mean \"memory\"?";
    QTest::newRow("unknown option") << "[vary]\n\"host.options.IdelTax\" = [1]\n"
                                    << "did you mean \"IdleTax\"?";
    QTest::newRow("unknown top") << "[vary]\n\"hots.memory\" = [\"8 MiB\"]\n"
                                 << "unknown key \"hots\" in the top of the file; did you mean \"host\"?";
    QTest::newRow("unknown VM") << "[vary]\n\"vm.aaa.memory\" = [\"8 MiB\"]\n"
                                << "s.toml:19:1: \"vm.aaa.memory\" leads nowhere: there is no [[vm]] \"aaa\"";
    QTest::newRow("no such action") << "[vary]\n\"at.2.time\" = [\"1s\"]\n"
                                    << "there are 1 tables [[at]]";
    QTest::newRow("through a value") << "[vary]\n\"host.memory.size\" = [1]\n"
                                     << "\"host.memory.size\" leads nowhere: host.memory is a text, not a table";
    QTest::newRow("of the sweep itself") << "[vary]\n\"shape.1.within\" = [1]\n"
                                         << "belongs to the sweep";
    QTest::newRow("path without end") << "[vary]\n\"a.b.c.d.e.f.g.h.i\" = [1]\n"
                                      << "a path has at most 8 parts";
    QTest::newRow("value out of range") << "[vary]\n\"host.options.IdleTax\" = [0, 100]\n"
                                        << "s.toml:19:30: IdleTax";
    QTest::newRow("names the point") << "[vary]\n\"host.options.IdleTax\" = [0, 100]\n"
                                     << "(at point 2 of the sweep: host.options.IdleTax = 100)";
    QTest::newRow("range without step") << "[vary]\nseed = { from = 1, to = 3 }\n"
                                        << "lacks step";
    QTest::newRow("range of nothing") << "[vary]\nseed = { from = 1, to = 3, step = 0 }\n"
                                      << "step cannot be 0";
    QTest::newRow("falling range") << "[vary]\nseed = { from = 3, to = 1, step = 1 }\n"
                                   << "from is greater than to";
    QTest::newRow("units mixed") << "[vary]\nseed = { from = 3, to = \"4s\", step = 1 }\n"
                                 << "to must have the same kind of unit as from";
    QTest::newRow("unknown key of a range") << "[vary]\nseed = { from = 1, to = 2, setp = 1 }\n"
                                            << "did you mean \"step\"?";
    QTest::newRow("too many values") << "[vary]\nseed = { from = 1, to = 5000, step = 1 }\n"
                                     << "more than 1000 values";
    QTest::newRow("too many points")
        << "[vary]\nseed = { from = 1, to = 500, step = 1 }\n\"host.options.IdleTax\" = { from = 0, to = 99, step = 1 }\n"
        << "more than 10000 points";
    QTest::newRow("not quick") << "[vary]\nseed = { values = [1, 2], quick = [3] }\n"
                               << "s.toml:19:36: this is not one of the values of \"seed\"";
    QTest::newRow("metric of a column") << "[vary]\nseed = [1]\n[[column]]\nmetric = \"host.fere\"\n"
                                        << "did you mean \"host.free\"?";
    QTest::newRow("columns of one name") << "[vary]\nseed = [1]\n[[column]]\nmetric = \"host.free\"\n[[column]]\nmetric = \"host.free\"\n"
                                         << "two columns named \"host.free\"";
    QTest::newRow("column after the end") << "[vary]\nseed = [1]\n[[column]]\nmetric = \"host.free\"\nat = \"9s\"\n"
                                          << "after the end of the run";
    QTest::newRow("empty window") << "[vary]\nseed = [1]\n[[column]]\nmetric = \"host.free\"\nat = \"1s\"\nsince = \"1s\"\n"
                                  << "since is not before the end";
    QTest::newRow("shape without a sweep") << "[[column]]\nmetric = \"host.free\"\n[[shape]]\ncolumn = \"host.free\"\nis = \"rising\"\n"
                                           << "there is no [vary]";
    QTest::newRow("shape of no column") << vary + "[[shape]]\ncolumn = \"fre\"\nalong = \"vm.a.salt\"\nis = \"rising\"\n"
                                        << "there is no [[column]] \"fre\"; did you mean \"free\"?";
    QTest::newRow("shape along nothing") << vary + "[[shape]]\ncolumn = \"free\"\nis = \"rising\"\n"
                                         << "must say along which";
    QTest::newRow("shape along a stranger") << vary + "[[shape]]\ncolumn = \"free\"\nalong = \"seed\"\nis = \"rising\"\n"
                                            << "[vary] does not vary \"seed\"";
    QTest::newRow("unknown shape") << vary + "[[shape]]\ncolumn = \"free\"\nalong = \"vm.a.salt\"\nis = \"lineer\"\n"
                                   << "did you mean \"linear\"?";
    QTest::newRow("linear in words") << vary + "[[shape]]\ncolumn = \"free\"\nalong = \"vm.a.salt\"\nis = \"linear\"\nwithin = 1\n"
                                     << "values that are no numbers";
    QTest::newRow("linear without tolerance") << vary + "[[shape]]\ncolumn = \"free\"\nalong = \"host.options.IdleTax\"\nis = \"linear\"\n"
                                              << "needs the key \"within\"";
    QTest::newRow("a key of others")
        << vary + "[[shape]]\ncolumn = \"free\"\nalong = \"host.options.IdleTax\"\nis = \"flat\"\nwithin = 1\nby = 3\n"
        << "by does not go with is = \"flat\"";
    QTest::newRow("ratio to a stranger")
        << vary + "[[shape]]\ncolumn = \"free\"\nalong = \"host.options.IdleTax\"\nis = \"ratio\"\nof = 74\nover = 0\nmin = 1\n"
        << "this is not one of the values of \"host.options.IdleTax\": 0, 75";
    QTest::newRow("range in units") << vary + "[[shape]]\ncolumn = \"free\"\nalong = \"host.options.IdleTax\"\nis = \"range\"\nmin = 3\n"
                                    << "min needs a unit";
  }
  void mistakesAreNamedAtTheirPlace() {
    QFETCH(QString, more);
    QFETCH(QString, message);
    const auto sweep = sweepOf(more.toStdString());
    QVERIFY(!sweep);
    QVERIFY2(sweep.error().text.find(message.toStdString()) != std::string::npos, sweep.error().text.c_str());
    QVERIFY2(sweep.error().text.starts_with("s.toml:"), sweep.error().text.c_str());
  }
};

OVERCOMMIT_TEST(SweepFileTest)
#include "sweep_file_test.moc"
