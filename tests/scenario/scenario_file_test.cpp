// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/scenario_file.h"

#include "support/test.h"

using namespace overcommit;

namespace {

const std::string kWhole = R"(title = "Four web servers on a host for two"
seed = 7
duration = "60s"
[host]
memory = "128 MiB"
represents = "8 GiB"
time_scale = 60
profile = "esx4"
console = "2 MiB"
quantum = "1ms"
[host.options]
CtlMaxPercent = 50
[cost]
swap_read = "6ms"
[disk]
queues = "separate"
service_time = "4ms"
bandwidth = "80 MiB/s"
swap_space = "96 MiB"
[limits]
time = "50s"
nested_faults = 1000000
operations = 5000
watchdog_blocks = 1000
[[vm]]
name = "web"
count = 4
memory = "64 MiB"
reservation = "8 MiB"
limit = "48 MiB"
shares = "high"
sharing = false
salt = "a"
balloon = false
balloon_max = "10 MiB"
tools_start = "2s"
program = "webserver"
ops = 99
image = "linux-a"
image_size = "32 MiB"
guest_swap = "64 MiB"
start = "1s"
[vm.args]
working_set = "40 MiB"
[[vm]]
name = "own"
memory = "16 MiB"
shares = 12
kernel = "kernels/my.elf"
image = "disk.img"
start = "never"
args = { pages = 3, size = "2 MiB", pause = "10ms", fast = true }
[[vm]]
name = "plain"
memory = "4 MiB"
script = "plain.script"
[[at]]
time = "30s"
vm = "web2"
set = { limit = "32 MiB", shares = "low" }
[[at]]
time = "10s"
vm = "web"
action = "signal"
[[at]]
time = "20s"
host = true
set = { CtlMaxPercent = 0 }
[[at]]
time = "40s"
vm = "own"
action = "fault"
fault = "swap_read_error"
fault_count = 3
[[mark]]
time = "31s"
text = "the limit bites"
[[expect]]
metric = "vm.web1.swapped"
at = "end"
min = "1 MiB"
max = "60 MiB"
[[expect]]
metric = "host.swap_outs"
at = "30s"
max = 100
[[expect]]
metric = "vm.web4.latency_p95"
at = "always"
max = "3s"
)";

const std::string kHead = "duration = \"60s\"\n[host]\nmemory = \"128 MiB\"\n";             // lines 1 to 3
const std::string kVm = "[[vm]]\nname = \"a\"\nmemory = \"64 MiB\"\nprogram = \"idle\"\n";  // lines 4 to 7
const std::string kStart = kHead + kVm;                                                     // what follows is line 8

Result<Scenario> parse(const std::string& text) { return parseScenario(text, "s.toml", "/lab/week1"); }

}  // namespace

class ScenarioFileTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyKeyArrivesInTheConfiguration() {
    const auto scenario = parse(kWhole);
    VERIFY_OK(scenario);
    const RunConfig& config = scenario->config;
    QCOMPARE(config.title, std::string("Four web servers on a host for two"));
    QCOMPARE(config.seed, std::uint64_t{7});
    QVERIFY(config.duration == seconds(60));
    QVERIFY(config.host.memory == Pages(32768));
    QVERIFY(config.host.represents == Bytes(8ull << 30));
    QCOMPARE(config.host.timeScale, std::uint64_t{60});
    QCOMPARE(config.host.profile, std::string("esx4"));
    QVERIFY(config.host.console == Pages(512));
    QVERIFY(config.host.quantum == milliseconds(1));
    QCOMPARE(config.host.options.at("CtlMaxPercent"), std::uint64_t{50});
    QVERIFY(config.costs.swapRead == milliseconds(6));
    QVERIFY(config.costs.swapWrite == defaultCosts().swapWrite);
    QVERIFY(config.disk.queues == DiskQueues::Separate);
    QVERIFY(config.disk.serviceTime == milliseconds(4));
    QCOMPARE(config.disk.bandwidth, std::uint64_t{80u << 20});
    QVERIFY(config.disk.swapSpace == Pages(24'576));
    QVERIFY(config.limits.time == seconds(50));
    QCOMPARE(config.limits.nestedFaults, std::uint64_t{1'000'000});
    QCOMPARE(config.limits.operations, std::uint64_t{5000});
    QCOMPARE(config.limits.watchdogBlocks, std::uint64_t{1000});
    QCOMPARE(scenario->text, kWhole);
  }

  void everyKeyOfAVmArrives() {
    const auto scenario = parse(kWhole);
    VERIFY_OK(scenario);
    QCOMPARE(scenario->config.vms.size(), std::size_t{6});
    const VmConfig& web = scenario->config.vms[3];
    QCOMPARE(web.name, std::string("web4"));
    QVERIFY(web.memory == Pages(16384));
    QVERIFY(web.reservation == Pages(2048));
    QVERIFY(web.limit == Pages(12288));
    QCOMPARE(web.shares, std::uint64_t{1280});
    QVERIFY(!web.sharing);
    QVERIFY(web.salt == "a");
    QVERIFY(!web.balloon);
    QVERIFY(web.balloonMax == Pages(2560));
    QVERIFY(web.toolsStart == seconds(2));
    QCOMPARE(web.program, std::string("webserver"));
    QCOMPARE(web.operations, std::uint64_t{99});
    QCOMPARE(web.image.id, std::string("linux-a"));
    QVERIFY(web.image.size == Bytes(32u << 20));
    QVERIFY(web.guestSwap == Pages(16384));
    QVERIFY(web.start == seconds(1));
    QCOMPARE(web.arguments.size(), std::size_t{1});
    QCOMPARE(web.arguments[0].name, std::string("working_set"));
    QCOMPARE(web.arguments[0].value, std::uint64_t{40u << 20});
  }

  void pathsAreRelativeToTheScenario() {
    const auto scenario = parse(kWhole);
    VERIFY_OK(scenario);
    const VmConfig& own = scenario->config.vms[4];
    QCOMPARE(own.kernelPath, std::string("/lab/week1/kernels/my.elf"));
    QCOMPARE(own.image.path, std::string("/lab/week1/disk.img"));
    QVERIFY(own.image.id.empty());
    QCOMPARE(scenario->config.vms[5].scriptPath, std::string("/lab/week1/plain.script"));
    QVERIFY(!own.start);
    QCOMPARE(own.shares, std::uint64_t{12});
    std::vector<std::pair<std::string, std::uint64_t>> arguments;
    for (const NamedArgument& argument : own.arguments) arguments.emplace_back(argument.name, argument.value);
    const std::vector<std::pair<std::string, std::uint64_t>> expected{{"pages", 3}, {"size", 2u << 20}, {"pause", 10'000'000}, {"fast", 1}};
    QVERIFY(arguments == expected);
  }

  void timelineIsSortedAndGroupsAreExpanded() {
    const auto scenario = parse(kWhole);
    VERIFY_OK(scenario);
    const auto& actions = scenario->config.actions;
    QCOMPARE(actions.size(), std::size_t{8});
    for (std::size_t i = 0; i < 4; ++i) {
      QVERIFY(actions[i].time == seconds(10));
      QVERIFY(actions[i].vm == i);
      QVERIFY(std::holds_alternative<SignalAction>(actions[i].what));
    }
    QVERIFY(!actions[4].vm);
    QCOMPARE(std::get<SetAction>(actions[4].what).setting, std::string("CtlMaxPercent"));
    QCOMPARE(std::get<SetAction>(actions[5].what).setting, std::string("limit"));
    QVERIFY(std::get<SetAction>(actions[5].what).value == 8192u);
    QVERIFY(actions[5].vm == 1u);
    QVERIFY(std::get<SetAction>(actions[6].what).value == 5u * 64);
    QVERIFY(std::get<FaultAction>(actions[7].what).fault == DeviceFault::SwapReadError);
    QCOMPARE(std::get<FaultAction>(actions[7].what).count, std::uint64_t{3});
    QCOMPARE(scenario->config.marks.size(), std::size_t{1});
    QCOMPARE(scenario->config.marks[0].text, std::string("the limit bites"));
  }

  void expectationsKnowTheirMetricAndUnit() {
    const auto scenario = parse(kWhole);
    VERIFY_OK(scenario);
    QCOMPARE(scenario->expectations.size(), std::size_t{3});
    QCOMPARE(scenario->expectations[0].wanted(), std::string("1 MiB to 60 MiB at the end"));
    QVERIFY(scenario->expectations[0].reference.vm == VmId(0));
    QCOMPARE(scenario->expectations[1].wanted(), std::string("at most 100 at 30 s"));
    QCOMPARE(scenario->expectations[2].wanted(), std::string("always at most 3 s"));
    QVERIFY(scenario->expectations[2].reference.vm == VmId(3));
  }

  void absentKeysHaveTheDocumentedDefaults() {
    const auto scenario = parse(kStart);
    VERIFY_OK(scenario);
    const RunConfig& config = scenario->config;
    QCOMPARE(config.seed, std::uint64_t{1});
    QVERIFY(config.host.represents == Bytes(128u << 20));
    QCOMPARE(config.host.timeScale, std::uint64_t{1});
    QCOMPARE(config.host.profile, std::string("esx5"));
    QVERIFY(config.host.console == Pages(0));
    QVERIFY(!config.host.quantum);
    QVERIFY(config.disk.queues == DiskQueues::Shared);
    QVERIFY(!config.disk.swapSpace);
    QCOMPARE(config.limits.watchdogBlocks, std::uint64_t{50'000'000});
    const VmConfig& vm = config.vms.at(0);
    QCOMPARE(vm.name, std::string("a"));
    QVERIFY(vm.reservation == Pages(0));
    QVERIFY(!vm.limit);
    QCOMPARE(vm.shares, std::uint64_t{640});
    QVERIFY(vm.sharing && vm.balloon && !vm.salt && !vm.balloonMax);
    QVERIFY(vm.start == VirtualTime());
    QVERIFY(vm.image.id.empty() && vm.image.path.empty());
    QCOMPARE(vm.operations, std::uint64_t{0});
  }

  void mistakesAreNamedWithTheirPlace_data() {
    QTest::addColumn<std::string>("text");
    QTest::addColumn<std::string>("error");
    const auto row = [](const char* name, const std::string& text, const std::string& error) {
      QTest::newRow(name) << text << "s.toml:" + error;
    };
    const auto hostRow = [&](const char* name, const std::string& line, const std::string& error) {
      row(name, kHead + line + "\n" + kVm, error);
    };
    // The lines of a VM behind the four of kVm: line 8.
    const auto vmRow = [&](const char* name, const std::string& line, const std::string& error) { row(name, kStart + line + "\n", error); };

    row("empty", "", "1:1: the scenario has no duration: write duration = \"60s\" at its top");
    row("no host", "duration = \"1s\"\n" + kVm, "1:1: the scenario has no [host]");
    row("no vm", kHead, "1:1: the scenario has no [[vm]]");
    row("unknown key", "sed = 1\n" + kStart, "1:1: unknown key \"sed\" in the top of the file; did you mean \"seed\"?");
    row("unknown section", kStart + "[hots]\n", "8:2: unknown key \"hots\" in the top of the file; did you mean \"host\"?");
    row("a misspelt key explains a missing one", "duraton = \"60s\"\n[host]\nmemory = \"1 MiB\"\n" + kVm,
        "1:1: unknown key \"duraton\" in the top of the file; did you mean \"duration\"?");
    row("host as a list", "duration = \"1s\"\n[[host]]\n" + kVm, "2:1: there is only one host: write [host] with single brackets");
    row("host as a number", "duration = \"1s\"\nhost = 3\n" + kVm,
        "2:8: host must be a table: write [host] and its keys on the lines below");
    row("vm as a table", kHead + "[vm]\nname = \"a\"\n", "4:1: there may be several vm: write [[vm]] with double brackets");
    row("ask without what it needs", kStart + "[[ask]]\nid = \"a\"\ntime = \"1s\"\ntext = \"why?\"\n",
        "8:1: [[ask]] lacks the key \"metric\"");
    row("ask that gives itself away",
        kStart + "[[ask]]\nid = \"a\"\ntime = \"1s\"\nabout = \"2s\"\ntext = \"{host.free@about}?\"\nmetric = \"host.free\"\n",
        "12:8: {host.free@about} in the question gives the answer away");
    row("ask about the past", kStart + "[[ask]]\nid = \"a\"\ntime = \"2s\"\nabout = \"1s\"\ntext = \"?\"\nmetric = \"host.free\"\n",
        "11:9: about is before time: nobody predicts what has been");
    row("negative seed", "seed = -1\n" + kStart, "1:8: seed cannot be negative");
    row("seed as a text", "seed = \"1\"\n" + kStart, "1:8: seed must be a whole number, not a text");
    row("decimal seed", "seed = 1.5\n" + kStart, "1:8: seed must be a whole number, not a number with decimals");
    row("title as a number", "title = 1\n" + kStart, "1:9: title must be a text in quotes, not a whole number");
    row("duration without a unit", "duration = 60\n[host]\nmemory = \"1 MiB\"\n" + kVm,
        "1:12: duration needs a unit: write a time such as \"60s\"");
    row("duration 0", "duration = \"0s\"\n[host]\nmemory = \"1 MiB\"\n" + kVm, "1:12: duration cannot be 0");
    row("duration too long", "duration = \"9000h\"\n[host]\nmemory = \"1 MiB\"\n" + kVm, "1:12: duration is more than a year (8760 h)");
    row("duration as a date", "duration = 1979-05-27\n[host]\nmemory = \"1 MiB\"\n" + kVm,
        "1:12: duration must be a time such as \"64s\", not a date or time of day");

    row("host without memory", "duration = \"1s\"\n[host]\n" + kVm, "2:1: [host] lacks the key \"memory\"");
    row("memory without a unit", "duration = \"1s\"\n[host]\nmemory = 64\n" + kVm,
        "3:10: memory needs a unit: write a size such as \"64 MiB\"");
    row("memory with a bad unit", "duration = \"1s\"\n[host]\nmemory = \"64 MB\"\n" + kVm,
        "3:10: memory: the size \"64 MB\" has an unknown unit \"MB\": use one of B, KiB, MiB, GiB, TiB, pages");
    row("memory not whole pages", "duration = \"1s\"\n[host]\nmemory = \"1048577 B\"\n" + kVm,
        "3:10: memory must be whole pages: a multiple of 4 KiB");
    row("memory too small", "duration = \"1s\"\n[host]\nmemory = \"512 KiB\"\n" + kVm,
        "3:10: memory is 512 KiB: a host has 1 MiB to 1 TiB");
    row("memory too large", "duration = \"1s\"\n[host]\nmemory = \"2 TiB\"\n" + kVm, "3:10: memory is 2 TiB: a host has 1 MiB to 1 TiB");
    row("memory overflows", "duration = \"1s\"\n[host]\nmemory = \"99999999 TiB\"\n" + kVm,
        "3:10: memory: the size \"99999999 TiB\" is too large or no whole number of B");
    hostRow("unknown host key", "memroy = \"1 MiB\"", "4:1: unknown key \"memroy\" in [host]; did you mean \"memory\"?");
    hostRow(
        "quite unknown host key", "colour = 1",
        "4:1: unknown key \"colour\" in [host]: its keys are memory, represents, time_scale, cpu_mhz, profile, console, quantum, options");
    hostRow("represents too small", "represents = \"64 MiB\"",
            "4:14: represents is 64 MiB, less than memory (128 MiB): a host stands for one that is at least as large");
    hostRow("time_scale 0", "time_scale = 0", "4:14: time_scale = 0 is out of range: 1 to 1000000");
    hostRow("time_scale negative", "time_scale = -3", "4:14: time_scale = -3 is out of range: 1 to 1000000");
    hostRow("unknown profile", "profile = \"esx7\"", "4:11: profile = \"esx7\" is not one of esx2, esx3, esx4, esx5, esx6");
    hostRow("console too large", "console = \"128 MiB\"", "4:11: console is 128 MiB: nothing is left of memory (128 MiB)");
    hostRow("quantum too short", "quantum = \"10ns\"", "4:11: quantum is 10 ns: it can be 1 us to 10 s");
    hostRow("unknown option", "options = { CtlMaxPerzent = 3 }",
            "4:13: unknown host option \"CtlMaxPerzent\"; did you mean \"CtlMaxPercent\"?");
    hostRow("option out of range", "options = { CtlMaxPercent = 100 }", "4:29: CtlMaxPercent = 100 is out of range: 0 to 99");
    hostRow("option as a text", "options = { IdleTax = \"75\" }", "4:23: IdleTax must be a whole number, not a text");
    hostRow("negative option", "options = { IdleTax = -1 }", "4:23: IdleTax cannot be negative");

    hostRow("unknown cost", "[cost]\nswap_reed = \"1ms\"", "5:1: unknown cost \"swap_reed\"; did you mean \"swap_read\"?");
    hostRow("cost without a unit", "[cost]\nswap_read = 5", "5:13: swap_read needs a unit: write a time such as \"5s\"");
    hostRow("cost too large", "[cost]\nswap_read = \"2h\"", "5:13: swap_read is more than an hour");
    hostRow("unknown queues", "[disk]\nqueues = \"both\"", "5:10: queues = \"both\" is not one of shared, separate");
    hostRow("bandwidth as a size", "[disk]\nbandwidth = \"80 MiB\"",
            "5:13: bandwidth = \"80 MiB\" must be a size a second such as \"80 MiB/s\", or \"none\"");
    hostRow("bandwidth as a number", "[disk]\nbandwidth = 80",
            "5:13: bandwidth must be a size a second such as \"80 MiB/s\", not a whole number");
    hostRow("swap space as a number", "[disk]\nswap_space = 80", "5:14: swap_space needs a unit: write a size such as \"80 MiB\"");
    hostRow("bandwidth 0", "[disk]\nbandwidth = \"0 B/s\"", "5:13: bandwidth cannot be 0: write \"none\" for no limit");
    hostRow("negative limit", "[limits]\noperations = -1", "5:14: operations cannot be negative");
    hostRow("unknown limit", "[limits]\noperation = 1", "5:1: unknown key \"operation\" in [limits]; did you mean \"operations\"?");

    row("vm without a name", kHead + "[[vm]]\nmemory = \"64 MiB\"\nprogram = \"idle\"\n", "4:1: [[vm]] lacks the key \"name\"");
    row("vm without memory", kHead + "[[vm]]\nname = \"a\"\nprogram = \"idle\"\n", "4:1: [[vm]] lacks the key \"memory\"");
    row("vm without a program", kHead + "[[vm]]\nname = \"a\"\nmemory = \"64 MiB\"\n",
        "4:1: [[vm]] does not say what it runs: add one of program, kernel, script, generator");
    row("bad name", kHead + "[[vm]]\nname = \"a.b\"\nmemory = \"64 MiB\"\nprogram = \"idle\"\n",
        "5:8: name = \"a.b\" must begin with a letter and hold only letters, digits, - and _");
    row("name too long", kHead + "[[vm]]\nname = \"a234567890123456789012345678901\"\ncount = 2\nmemory = \"64 MiB\"\nprogram = \"idle\"\n",
        "5:8: the name of a VM has at most 31 characters, its number included");
    row("two of a name", kStart + kVm, "9:8: there are two VMs named \"a\": the other is in line 5");
    row("a counted name taken",
        kHead + "[[vm]]\nname = \"a2\"\nmemory = \"64 MiB\"\nprogram = \"idle\"\n" +
            "[[vm]]\nname = \"a\"\ncount = 2\nmemory = \"64 MiB\"\nprogram = \"idle\"\n",
        "9:8: there are two VMs named \"a2\": the other is in line 5");
    row("vm memory not in steps of 2 MiB", kHead + "[[vm]]\nname = \"a\"\nmemory = \"63 MiB\"\nprogram = \"idle\"\n",
        "6:10: memory must be a multiple of 2 MiB, at least 2 MiB");
    row("vm memory 0", kHead + "[[vm]]\nname = \"a\"\nmemory = \"0 MiB\"\nprogram = \"idle\"\n",
        "6:10: memory must be a multiple of 2 MiB, at least 2 MiB");
    row("vm memory too large", kHead + "[[vm]]\nname = \"a\"\nmemory = \"128 GiB\"\nprogram = \"idle\"\n",
        "6:10: memory is 128 GiB, more than a VM can have (64 GiB)");
    row("unknown program", kHead + "[[vm]]\nname = \"a\"\nmemory = \"64 MiB\"\nprogram = \"webservr\"\n",
        "7:11: there is no program \"webservr\"; did you mean \"webserver\"?");
    row("unknown generator", kHead + "[[vm]]\nname = \"a\"\nmemory = \"64 MiB\"\ngenerator = \"zipff\"\n",
        "7:13: there is no generator \"zipff\"; did you mean \"zipf\"?");
    row("arguments of a script", kHead + "[[vm]]\nname = \"a\"\nmemory = \"64 MiB\"\nscript = \"x.script\"\n[vm.args]\na = 1\n",
        "8:1: a script takes no arguments");
    row("argument of a kernel too odd", kHead + "[[vm]]\nname = \"a\"\nmemory = \"64 MiB\"\nkernel = \"x.elf\"\n[vm.args]\na = \"yes\"\n",
        "9:5: a = \"yes\" is neither a number, nor a size (\"40 MiB\"), nor a time (\"10ms\")");
    row("argument with a long name",
        kHead + "[[vm]]\nname = \"a\"\nmemory = \"64 MiB\"\nkernel = \"x.elf\"\n[vm.args]\na23456789012345678901234 = 1\n",
        "9:1: the name of an argument has 1 to 23 bytes");
    vmRow("two things to run", "script = \"x.script\"", "8:10: a VM runs either a program or a script, not both");
    vmRow("a kernel and a script", "kernel = \"x.elf\"\nscript = \"x.script\"", "9:10: a VM runs either a kernel or a script, not both");
    vmRow("count 0", "count = 0", "8:9: count = 0 is out of range: 1 to 4096");
    vmRow("count too large", "count = 5000", "8:9: count = 5000 is out of range: 1 to 4096");
    vmRow("reservation too large", "reservation = \"65 MiB\"", "8:15: reservation is 65 MiB, more than memory (64 MiB)");
    vmRow("limit below reservation", "reservation = \"32 MiB\"\nlimit = \"16 MiB\"",
          "9:9: limit is 16 MiB, less than the reservation (32 MiB)");
    vmRow("limit 0", "limit = \"0 B\"", "8:9: limit cannot be 0: write \"none\" for no limit");
    vmRow("limit misspelt", "limit = \"nine\"", "8:9: limit: \"nine\" is not a size: write a number and a unit, for example \"64 MiB\"");
    vmRow("shares misspelt", "shares = \"hi\"", "8:10: shares = \"hi\" is neither low, normal, high nor a number");
    vmRow("shares too many", "shares = 100000001", "8:10: shares = 100000001 is out of range: 0 to 100000000");
    vmRow("sharing as a text", "sharing = \"on\"", "8:11: sharing must be true or false, not a text");
    vmRow("balloon_max too large", "balloon_max = \"1 GiB\"", "8:15: balloon_max is 1 GiB, more than memory (64 MiB)");
    vmRow("negative ops", "ops = -5", "8:7: ops cannot be negative");
    vmRow("odd image", "image = \"linux a\"",
          "8:9: image = \"linux a\" is neither an id (letters, digits, - and _) nor a path (with a / or a point in it)");
    vmRow("size of a file image", "image = \"a.img\"\nimage_size = \"1 MiB\"",
          "9:14: image_size is for images given by id: a file has its own size");
    vmRow("size of no image", "image_size = \"1 MiB\"", "8:14: image_size without an image");
    vmRow("image of size 0", "image = \"a\"\nimage_size = \"0 B\"", "9:14: image_size cannot be 0");
    vmRow("guest_swap too large", "guest_swap = \"2 TiB\"", "8:14: guest_swap is 2 TiB, more than a disk can have (1 TiB)");
    vmRow("start after the end", "start = \"60s\"",
          "8:9: start is 60 s, not before the end of the run (60 s): write \"never\" for a VM that an action starts");
    vmRow("unknown vm key", "memmory = \"1 MiB\"", "8:1: unknown key \"memmory\" in [[vm]]; did you mean \"memory\"?");
    vmRow("argument of a program unknown", "[vm.args]\nworking_sat = \"1 MiB\"",
          "9:1: the program \"idle\" has no argument \"working_sat\"; did you mean \"working_set\"?");
    vmRow("argument without a unit", "[vm.args]\nworking_set = 4096", "9:15: working_set needs a unit: write a size such as \"4096 MiB\"");
    vmRow("too many VMs", "count = 4000\n[[vm]]\nname = \"b\"\ncount = 97\nmemory = \"2 MiB\"\nprogram = \"idle\"",
          "9:1: more than 4096 VMs");

    vmRow("at without a time", "[[at]]\nvm = \"a\"\naction = \"signal\"", "8:1: [[at]] lacks the key \"time\"");
    vmRow("at after the end", "[[at]]\ntime = \"61s\"\nvm = \"a\"\naction = \"signal\"",
          "9:8: time is 61 s, after the end of the run (60 s)");
    vmRow("at of nobody", "[[at]]\ntime = \"1s\"\naction = \"signal\"",
          "8:1: [[at]] must say whom it concerns: either vm = \"name\" or host = true");
    vmRow("at of both", "[[at]]\ntime = \"1s\"\nvm = \"a\"\nhost = true\naction = \"signal\"",
          "8:1: [[at]] must say whom it concerns: either vm = \"name\" or host = true");
    vmRow("host = false", "[[at]]\ntime = \"1s\"\nhost = false\nset = { IdleTax = 1 }",
          "10:8: host = false says nothing: write host = true or vm = \"name\"");
    vmRow("unknown vm", "[[at]]\ntime = \"1s\"\nvm = \"b7\"\naction = \"signal\"", "10:6: there is no VM \"b7\"");
    vmRow("at without a deed", "[[at]]\ntime = \"1s\"\nvm = \"a\"",
          "8:1: [[at]] must say what happens: either set = { … } or action = \"…\"");
    vmRow("unknown action", "[[at]]\ntime = \"1s\"\nvm = \"a\"\naction = \"poweron\"",
          "11:10: action = \"poweron\" is not one of power_on, power_off, signal, fault; did you mean \"power_on\"?");
    vmRow("action on the host", "[[at]]\ntime = \"1s\"\nhost = true\naction = \"signal\"",
          "11:10: an action concerns a VM: write vm = \"name\" instead of host = true");
    vmRow("fault without a kind", "[[at]]\ntime = \"1s\"\nvm = \"a\"\naction = \"fault\"",
          "11:10: action = \"fault\" needs the key \"fault\": one of swap_disk_full, swap_read_error, swap_short_write, swap_corrupt_slot, "
          "guest_disk_error");
    vmRow("unknown fault", "[[at]]\ntime = \"1s\"\nvm = \"a\"\naction = \"fault\"\nfault = \"swap_disk_fool\"",
          "12:9: fault = \"swap_disk_fool\" is not one of swap_disk_full, swap_read_error, swap_short_write, swap_corrupt_slot, "
          "guest_disk_error; "
          "did you mean \"swap_disk_full\"?");
    vmRow("fault with another action", "[[at]]\ntime = \"1s\"\nvm = \"a\"\naction = \"signal\"\nfault = \"swap_disk_full\"",
          "12:9: fault goes with action = \"fault\" only");
    vmRow("empty set", "[[at]]\ntime = \"1s\"\nvm = \"a\"\nset = {}",
          "11:7: set is empty: name a setting and its new value, as in set = { limit = \"32 MiB\" }");
    vmRow("unknown setting", "[[at]]\ntime = \"1s\"\nvm = \"a\"\nset = { limmit = \"1 MiB\" }",
          "11:9: unknown key \"limmit\" in set; did you mean \"limit\"?");
    vmRow("setting too large", "[[at]]\ntime = \"1s\"\nvm = \"a\"\nset = { reservation = \"65 MiB\" }",
          "11:23: reservation is 65 MiB, more than the memory of a (64 MiB)");
    vmRow("option out of range in set", "[[at]]\ntime = \"1s\"\nhost = true\nset = { IdleTax = 100 }",
          "11:19: IdleTax = 100 is out of range: 0 to 99");
    vmRow("unknown option in set", "[[at]]\ntime = \"1s\"\nhost = true\nset = { IdleTux = 1 }",
          "11:9: unknown host option \"IdleTux\"; did you mean \"IdleTax\"?");

    vmRow("mark without a text", "[[mark]]\ntime = \"1s\"", "8:1: [[mark]] lacks the key \"text\"");
    vmRow("mark after the end", "[[mark]]\ntime = \"2min\"\ntext = \"x\"", "9:8: time is 120 s, after the end of the run (60 s)");
    vmRow("mark too long", "[[mark]]\ntime = \"1s\"\ntext = \"" + std::string(1025, 'x') + "\"",
          "10:8: the text of a mark has at most 1024 bytes");

    vmRow("expect without a metric", "[[expect]]\nmin = 1", "8:1: [[expect]] lacks the key \"metric\"");
    vmRow("expect without a bound", "[[expect]]\nmetric = \"host.free\"", "8:1: [[expect]] needs min, max or both");
    vmRow("unknown metric", "[[expect]]\nmetric = \"vm.a.swaped\"\nmin = 1",
          "9:10: there is no metric \"vm.a.swaped\"; did you mean \"vm.a.swapped\"?; `overcommit metrics` lists all");
    vmRow("bound without a unit", "[[expect]]\nmetric = \"vm.a.swapped\"\nmin = 1",
          "10:7: min needs a unit: write a size such as \"1 MiB\"");
    vmRow("bound with a wrong unit", "[[expect]]\nmetric = \"vm.a.swapped\"\nmin = \"1 s\"",
          "10:7: min: the size \"1 s\" has an unknown unit \"s\": use one of B, KiB, MiB, GiB, TiB, pages");
    vmRow("time bound without a unit", "[[expect]]\nmetric = \"vm.a.latency_p95\"\nmax = 5",
          "10:7: max needs a unit: write a time such as \"5s\"");
    vmRow("count with a unit", "[[expect]]\nmetric = \"vm.a.operations\"\nmin = \"5 MiB\"", "10:7: min must be a plain number, not a text");
    vmRow("min above max", "[[expect]]\nmetric = \"vm.a.operations\"\nmin = 5\nmax = 4",
          "10:7: min is greater than max: nothing can fulfil this");
    vmRow("at misspelt", "[[expect]]\nmetric = \"vm.a.operations\"\nat = \"ende\"\nmin = 5",
          "10:6: at = \"ende\" is neither a time (\"30s\") nor end, always or ever");
    vmRow("expected after the end", "[[expect]]\nmetric = \"vm.a.operations\"\nat = \"61s\"\nmin = 5",
          "10:6: at is 61 s, after the end of the run (60 s)");
  }
  void mistakesAreNamedWithTheirPlace() {
    QFETCH(std::string, text);
    QFETCH(std::string, error);
    const auto scenario = parse(text);
    QVERIFY(!scenario);
    QCOMPARE(QString::fromStdString(scenario.error().text), QString::fromStdString(error));
  }

  // What is wrong is told in the words of the TOML library, which differ between its versions; where, in ours.
  void syntaxErrorsCarryTheirLine_data() {
    QTest::addColumn<std::string>("text");
    QTest::addColumn<std::string>("place");
    QTest::newRow("value missing") << std::string("seed = 1\nduration = \n") << std::string("s.toml:2:12: ");
    QTest::newRow("what the library took for impossible") << std::string("\xef\xbb\xbb = 1\n") << std::string("s.toml:1:");
    QTest::newRow("not UTF-8") << std::string("title = \"\xff\"\n") << std::string("s.toml:1:");
    QTest::newRow("key twice") << std::string("seed = 1\nseed = 2\n") << std::string("s.toml:2:");
    QTest::newRow("number too large") << std::string("seed = 9223372036854775808\n") << std::string("s.toml:1:");
    QTest::newRow("text not closed") << std::string("\n\ntitle = \"x\n") << std::string("s.toml:3:");
    QTest::newRow("a zero byte") << std::string("title = \"a\0b\"\n", 14) << std::string("s.toml:1:");
  }
  void syntaxErrorsCarryTheirLine() {
    QFETCH(std::string, text);
    QFETCH(std::string, place);
    const auto scenario = parse(text);
    QVERIFY(!scenario);
    QVERIFY2(scenario.error().text.starts_with(place), scenario.error().text.c_str());
    QVERIFY(scenario.error().text.size() > place.size());
  }

  void theEarliestOfSeveralMistakesIsShown() {
    const auto scenario = parse("seed = -1\n" + kStart + "ops = -1\n");
    QVERIFY(!scenario);
    QCOMPARE(scenario.error().text, std::string("s.toml:1:8: seed cannot be negative"));
  }

  void aTextAboveTheLimitIsRefused() {
    const auto scenario = parse(std::string(kStart) + "#" + std::string(1u << 20, 'x'));
    QVERIFY(!scenario);
    QCOMPARE(scenario.error().text, std::string("s.toml: the file is larger than 1 MiB: no scenario is that long"));
  }

  void deepNestingIsRefusedNotFollowed() {
    const auto scenario = parse("a = " + std::string(100'000, '[') + "\n");
    QVERIFY(!scenario);
    QVERIFY(scenario.error().text.starts_with("s.toml:1:"));
  }

  void aGroupTooLargeForItsActionsIsRefused() {
    std::string text = kHead + "[[vm]]\nname = \"a\"\ncount = 4096\nmemory = \"2 MiB\"\nprogram = \"idle\"\n";
    for (int i = 0; i < 25; ++i) text += "[[at]]\ntime = \"1s\"\nvm = \"a\"\naction = \"signal\"\n";
    const auto scenario = parse(text);
    QVERIFY(!scenario);
    QCOMPARE(scenario.error().text, std::string("s.toml:105:1: more than 100000 actions"));
  }

  void anAbsentFileIsNamed() {
    const auto scenario = loadScenario("/nowhere/at/all.toml");
    QVERIFY(!scenario);
    QCOMPARE(scenario.error().text, std::string("cannot open the scenario /nowhere/at/all.toml: no such file or directory"));
  }

  void aFolderIsNoScenario() {
    const auto scenario = loadScenario("/");
    QVERIFY(!scenario);
    QCOMPARE(scenario.error().text, std::string("cannot read the scenario /: is a directory"));
  }
};

OVERCOMMIT_TEST(ScenarioFileTest)
#include "scenario_file_test.moc"
