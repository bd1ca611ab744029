// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/command_table.h"

#include <algorithm>
#include <array>

#include "cli/commands.h"

namespace overcommit {
namespace {

using std::string_view;

constexpr ArgumentInfo kScenarioFile{"FILE", "a scenario (docs/reference/scenario.md)"};
constexpr ArgumentInfo kTraceFile{"TRACE", "a trace, as `overcommit run --trace` writes it"};
constexpr OptionInfo kSeed{"--seed", "N", "the seed of all random choices, instead of the scenario's"};
constexpr OptionInfo kBackend{"--backend",
                              "NAME",
                              "what runs the guests: auto, unicorn, kvm or script; auto, the default, is unicorn on every machine, so that "
                              "results do not depend on it. A backend that cannot be had ends the command with exit code 77",
                              Presence::Optional,
                              Repetition::Once,
                              "auto unicorn kvm script"};
constexpr OptionInfo kAt{"--at", "T", "the instant of virtual time, for example 30s; it is rounded up to the end of a quantum",
                         Presence::Required};

constexpr std::array kRunArguments{kScenarioFile};
constexpr std::array kRunOptions{
    kSeed,
    OptionInfo{"--duration", "T", "how much virtual time to run, for example 10s, instead of the scenario's duration"},
    kBackend,
    OptionInfo{"--trace", "OUT", "writes everything that happens to the trace OUT"},
    OptionInfo{"--json", "OUT", "writes the result as one JSON object to OUT; - is standard output, which then carries nothing else"},
    OptionInfo{"--csv", "OUT", "writes all metrics over time to OUT, a row for each virtual second"},
    OptionInfo{"--audit", "",
               "checks after every event that every page is in exactly one place and that frames are conserved; fills freed frames with "
               "junk. Much slower; the digest stays the same"},
    OptionInfo{
        "--policy", "KIND=FILE",
        "lets a program of your own decide; KIND is match, victim, zip, free-state, targets or walk, FILE a .cpp or .py file, or a folder "
        "with KIND.cpp or KIND.py in it. It is built, and runs in a process of its own that sees nothing else of this machine "
        "(docs/reference/student-policies.md). Can be given once for each kind",
        Presence::Optional, Repetition::AnyNumber},
    OptionInfo{
        "--walks", "VM@TIME:COUNT",
        "asks a policy of KIND walk at TIME where COUNT addresses of a running guest lead, for example guest@300ms:500, and holds its "
        "answers and the references that it made against the engine's own walk"},
    OptionInfo{"--driver", "FILE.c",
               "builds the guest kernel with a balloon driver of your own, and runs it wherever the scenario names no kernel "
               "(docs/reference/student-policies.md)"},
    OptionInfo{
        "--sabotage", "NAME",
        "breaks the engine on purpose, in a way that is to be found: missing-break, hash-only-match, unpinned-balloon, no-fit-check, "
        "stale-window, wrong-threshold-direction, no-hysteresis, ignored-tax or newest-evicted "
        "(docs/reference/saboteurs.md). The trace and all reports say so"},
    OptionInfo{"--debug-policy", "", "waits until a debugger is attached to each policy, and says how; nothing counts as hung then"},
    OptionInfo{"--policy-layout", "N", "moves the memory of policies: runs with different N must come to the same digest"},
    OptionInfo{"--policy-builds", "DIR", "keeps the programs of C++ policies in DIR, and takes those from there that were built before"},
    OptionInfo{"--unconfined", "", "runs policies even where this machine cannot confine them; only for programs that you trust"},
    OptionInfo{"--quiet", "", "prints neither the progress line nor the summary"},
};
constexpr std::array<string_view, 4> kRunExamples{
    "overcommit run labs/scenarios/demo.toml",
    "overcommit run demo.toml --trace demo.octrace --json result.json",
    "overcommit run demo.toml --policy victim=mine.cpp --trace mine.octrace",
    "overcommit run demo.toml --seed 7 --duration 10s --json - | jq .digest",
};

constexpr OptionInfo kDuration{"--duration", "T", "how much virtual time to run, for example 10s, instead of the scenario's duration"};

constexpr std::array kTwinArguments{kScenarioFile};
constexpr std::array kTwinOptions{
    kSeed,
    kDuration,
    OptionInfo{"--audit", "",
               "checks after every event of both runs that every page is in exactly one place and that frames are conserved"},
};
constexpr std::array<string_view, 1> kTwinExamples{"overcommit twin labs/scenarios/kvm-sharing.toml"};

constexpr std::array kDoctorOptions{
    OptionInfo{"--backend", "NAME", "judges the machine for this backend: unicorn, which is meant if none is given, or kvm",
               Presence::Optional, Repetition::Once, "unicorn kvm"},
};
constexpr std::array<string_view, 2> kDoctorExamples{"overcommit doctor", "overcommit doctor --backend kvm || echo no KVM here"};

constexpr std::array kTopArguments{ArgumentInfo{"FILE", "a scenario, which is run, or a trace of a run, which is played"}};
constexpr std::array kTopOptions{
    OptionInfo{"-b", "", "batch mode: writes CSV as `esxtop -b` does, a row for each refresh"},
    OptionInfo{"-d", "T", "virtual time between two refreshes, for example 500ms; a plain number is seconds. 5 s if not given"},
    OptionInfo{"-n", "N", "ends after so many refreshes"},
    OptionInfo{"--at", "T", "prints one screen, of this instant of virtual time"},
    OptionInfo{"--fields", "LIST",
               "the fields of VMs, by name or group and separated by commas, for example MEMSZ,GRANT,swap, or all "
               "(docs/reference/counters.md); as wide as they need where there is no terminal"},
    kSeed,
    kDuration,
    kBackend,
};
constexpr std::array<string_view, 4> kTopExamples{
    "overcommit top labs/scenarios/demo.toml -d 1",
    "overcommit top demo.octrace",
    "overcommit top demo.octrace --at 20s --fields mctl,swap,cow",
    "overcommit top demo.octrace -b -d 1 > demo.csv",
};

constexpr std::array<string_view, 2> kServeExamples{
    "overcommit serve < requests.jsonl",
    "python3 labs/clients/advance_to_hard.py labs/scenarios/demo.toml",
};

constexpr std::array kSweepArguments{ArgumentInfo{"FILE", "a scenario with a [vary] table"}};
constexpr std::array kSweepOptions{
    OptionInfo{"--jobs", "N", "so many runs at a time, each in a process of its own; as many as there are processors if not given"},
    OptionInfo{"--csv", "OUT", "writes the table to OUT; - is standard output, which then carries nothing else"},
    OptionInfo{"--quick", "", "fewer points: of each setting only the values that [vary] calls quick"},
    OptionInfo{"--point", "N", "runs nothing, and prints the scenario of this point (counted from 1), to be run by itself"},
    kSeed,
    kBackend,
    OptionInfo{"--audit", "", "as for run"},
    OptionInfo{"--quiet", "", "prints neither the progress line nor the tables"},
};
constexpr std::array<string_view, 3> kSweepExamples{
    "overcommit sweep labs/scenarios/e6-idle-tax-sweep.toml",
    "overcommit sweep e2.toml --jobs 4 --csv e2.csv",
    "overcommit sweep e2.toml --point 3 > point-3.toml",
};

constexpr ArgumentInfo kLab{"LAB", "a lab: its number, its name or its folder"};
constexpr ArgumentInfo kLabDirectory{"DIR", "a folder that is not there yet, or is empty"};
constexpr OptionInfo kSubmission{"--submission", "DIR", "the folder that a student hands in"};
constexpr OptionInfo kStudent{"--student", "ID",
                              "who it is: seeds and sizes come from it. Without it, as answers.toml says, or those of the lab itself"};
constexpr OptionInfo kDebugPolicy{
    "--debug-policy", "",
    "waits in every run until a debugger is attached to each policy, and says how. Runs are done once, and take as "
    "long as they like"};
constexpr std::array kGradeArguments{kLab};
constexpr std::array kGradeOptions{
    kSubmission,
    kStudent,
    OptionInfo{"--metadata", "FILE", "Gradescope's submission_metadata.json, which says who the student is"},
    OptionInfo{"--format", "NAME", "text (the default), json, gradescope, classroom50 or junit", Presence::Optional, Repetition::Once,
               "text json gradescope classroom50 junit"},
    OptionInfo{"--out", "FILE",
               "writes the result to FILE after every check, whole each time; with --many: a folder, with a file for each student"},
    OptionInfo{"--many", "DIR", "grades every folder in DIR, which is named after its student, instead of one submission"},
    OptionInfo{"--jobs", "N", "with --many: so many at a time, each in a process of its own; as many as there are processors if not given"},
    OptionInfo{"--gradebook", "CSV", "with --many: writes the points of all to CSV instead of standard output"},
    OptionInfo{
        "--exit-policy", "NAME",
        "pass (the default): 0 only if every mandatory check passed; ran: 0 whenever a result was made, as graders of platforms want it",
        Presence::Optional, Repetition::Once, "pass ran"},
    OptionInfo{"--open", "CHECK", "shows the run of a check in the app, at its moment, or says how if the app is not here"},
    OptionInfo{"--trace", "FILE", "with --open: writes the trace of that run to FILE, and opens nothing"},
    OptionInfo{"--verify", "FILE", "grades again and compares with the result in FILE, which --format json wrote"},
    kDebugPolicy,
    OptionInfo{"--color", "WHEN", "auto (the default: on a terminal), always or never", Presence::Optional, Repetition::Once,
               "auto always never"},
    OptionInfo{"--quiet", "", "prints no summary beside --out, and with --many no progress"},
};
constexpr std::array<string_view, 5> kGradeExamples{
    "overcommit grade 1 --submission my-lab-1",
    "overcommit grade 3 --submission . --open 2.1",
    "overcommit grade 5 --submission . --format gradescope --out results.json --exit-policy ran",
    "overcommit grade 5 --many submissions --jobs 8 --out results --gradebook lab-5.csv",
    "overcommit grade 5 --submission submissions/ada --verify results/ada.json",
};
constexpr std::array kLabStartArguments{kLab, kLabDirectory};
constexpr std::array kLabListOptions{
    OptionInfo{"--format", "NAME", "text (the default) or json", Presence::Optional, Repetition::Once, "text json"}};
constexpr std::array kLabStartOptions{kStudent};
constexpr std::array<string_view, 2> kLabStartExamples{"overcommit lab start 1 my-lab-1", "overcommit lab start 4 lab-4 --student ada"};
constexpr std::array kLabCheckArguments{kLab, ArgumentInfo{"CHECK", "the number of a check, for example 1.2"}};
constexpr std::array kLabCheckOptions{
    OptionInfo{"--submission", "DIR", "the folder that a student hands in", Presence::Required},
    kStudent,
    kDebugPolicy,
};
constexpr std::array<string_view, 2> kLabCheckExamples{"overcommit lab check 1 1.2 --submission my-lab-1",
                                                       "overcommit lab check 7 4.2 --submission my-lab-7 --debug-policy"};
constexpr std::array kLabLintArguments{
    ArgumentInfo{"LAB", "a lab: its number, its name or its folder; all labs if not given", Presence::Optional}};
constexpr std::array kLabExportArguments{kLab, kLabDirectory};
constexpr std::array kLabExportOptions{OptionInfo{
    "--student", "", "for students: without reference, saboteurs, hidden runs and the checks that look at them", Presence::Required}};
constexpr std::array<string_view, 1> kLabExportExamples{"overcommit lab export 3 lab-3-for-students --student"};
constexpr std::array kLabPackageArguments{kLab, kLabDirectory};
constexpr std::array kLabPackageOptions{
    OptionInfo{"--for", "PLATFORM", "gradescope or classroom50", Presence::Required, Repetition::Once, "gradescope classroom50"}};
constexpr std::array<string_view, 1> kLabPackageExamples{"overcommit lab package 3 autograder --for gradescope"};

constexpr std::array kMapArguments{ArgumentInfo{"FILE", "a scenario, which is run up to then, or a trace of a run"}};
constexpr std::array kMapOptions{
    kAt,
    OptionInfo{"--vm", "NAME", "only this VM's map, without the machine's"},
    OptionInfo{"--guest", "", "shows what the guests use their pages for, instead of where the pages are"},
    OptionInfo{"--pages", "N", "so many pages a character, instead of as many as make eight rows"},
    kSeed,
};
constexpr std::array<string_view, 2> kMapExamples{
    "overcommit map labs/scenarios/demo.toml --at 20s",
    "overcommit map demo.octrace --at 20s --vm web1 --guest",
};

constexpr std::array kWalkArguments{kScenarioFile};
constexpr std::array kWalkOptions{
    kAt,
    OptionInfo{"--vm", "NAME", "whose page tables are walked", Presence::Required},
    OptionInfo{"--gva", "ADDRESS", "the guest-virtual address, for example 0x10000000000", Presence::Required},
    kSeed,
};
constexpr std::array<string_view, 1> kWalkExamples{"overcommit walk labs/scenarios/demo.toml --at 20s --vm web1 --gva 0x10004000000"};

constexpr std::array kTraceArguments{kTraceFile};
constexpr std::array kTraceEventsOptions{
    OptionInfo{"--kind", "LIST", "only events of these kinds, for example swap-out,swap-in"},
    OptionInfo{"--vm", "NAME", "only events of this VM"},
    OptionInfo{"--gfn", "N", "only events of this guest page"},
    OptionInfo{"--mfn", "N", "only events of this machine frame"},
    OptionInfo{"--from", "T", "from this virtual time on"},
    OptionInfo{"--to", "T", "up to this virtual time"},
    OptionInfo{"--limit", "N", "at most so many events"},
    OptionInfo{"--format", "NAME", "text (the default), json (an object a line) or csv", Presence::Optional, Repetition::Once,
               "text json csv"},
};
constexpr std::array<string_view, 2> kTraceEventsExamples{
    "overcommit trace events demo.octrace --kind swap-out,swap-in --vm web1 --limit 20",
    "overcommit trace events demo.octrace --gfn 0x1a2 --vm web1",
};
constexpr std::array kTraceStateOptions{
    OptionInfo{"--at", "T", "the instant of virtual time; the end of the trace if not given"},
};

constexpr std::array kWhyOptions{
    OptionInfo{"--vm", "NAME", "whose page it is", Presence::Required},
    OptionInfo{"--gfn", "N", "the guest page, decimal or hexadecimal with 0x", Presence::Required},
    OptionInfo{"--at", "T", "the instant of virtual time; the end of the trace if not given"},
    OptionInfo{"--json", "", "prints the same as one JSON object (docs/reference/why.md)"},
};
constexpr std::array<string_view, 2> kWhyExamples{
    "overcommit why demo.octrace --vm web3 --gfn 0x1e00 --at 5s",
    "overcommit why demo.octrace --vm web3 --gfn 7680 --json | jq .chains",
};

constexpr std::array kMetricsOptions{
    OptionInfo{"--costs", "", "the cost table instead: what things cost in virtual time, and how that is known"},
    OptionInfo{"--options", "", "the host options instead, by their ESX names"},
};

constexpr std::array kProgramsArguments{ArgumentInfo{"NAME", "only this program", Presence::Optional}};
constexpr std::array<string_view, 2> kProgramsExamples{"overcommit programs", "overcommit programs webserver"};

constexpr std::array kHelpArguments{
    ArgumentInfo{"COMMAND", "the command, for example run", Presence::Optional},
    ArgumentInfo{"SUBCOMMAND", "the second word, of trace and lab", Presence::Optional},
};
constexpr std::array kHelpOptions{
    OptionInfo{"--man", "", "the whole reference as a manual page"},
    OptionInfo{"--markdown", "", "the whole reference as docs/reference/command.md"},
    OptionInfo{"--completion", "SHELL", "the script that completes command lines in bash, zsh or fish; packages install it",
               Presence::Optional, Repetition::Once, "bash zsh fish"},
};

constexpr std::array kCommands{
    CommandInfo{
        "run", "run a scenario",
        "Runs the scenario to its end and prints where every VM's memory went, how much work each got done, what that cost it, and "
        "which expectations held.\n\n"
        "On a terminal a progress line is shown meanwhile; in a pipe there is none. An output file that is there already is "
        "replaced; its directory must exist. An interrupt (Ctrl-C) ends the run at the next quantum, finishes all files and exits "
        "with 130; a second one ends the process at once. A run that is killed leaves no swap files behind, and a trace that can be "
        "read up to its last whole block.",
        kRunArguments, kRunOptions, kRunExamples, runCommand},
    CommandInfo{
        "top", "watch memory as on esxtop's memory screen",
        "Shows the memory screen of esxtop: the host's lines, and a row of fields for each VM. On a terminal it refreshes as virtual time "
        "goes "
        "along with the wall clock, and keys choose fields, sort, step back and forth in a trace, and more: h lists them. In a pipe it "
        "prints one screen for each refresh.\n\n"
        "Rates are over the time since the refresh before. What is not modelled is shown as -. The last refresh is at the end of the "
        "run.",
        kTopArguments, kTopOptions, kTopExamples, topCommand},
    CommandInfo{"serve",
                "serve a program that runs scenarios step by step",
                "Reads requests from standard input and writes answers to standard output, each a JSON object on a line of its own: "
                "JSON-RPC 2.0. A "
                "client opens a scenario, advances it as far as it likes, changes settings, looks at any page, frame or slot, and saves "
                "what it did "
                "as a scenario: docs/reference/serve.md. The desktop app steers its engine so, and any script can.\n\n"
                "However a run is paced and looked at, its digest is that of `overcommit run`. The end of the input, an interrupt or a "
                "client that is "
                "gone end the run and complete its trace.",
                {},
                {},
                kServeExamples,
                serveCommand},
    CommandInfo{
        "twin", "run a scenario on the emulator and on KVM, and compare",
        "Runs the scenario on both backends, quantum by quantum in turn, and compares what the guests' memory holds when they are powered "
        "off or the run ends, and the digests. Names the first event and the first page that differ. Memory is equal "
        "whatever the hypervisor did, digests are for guests that make hypercalls regularly. A VM can be compared only if it stopped at "
        "the same operation in both runs: give it "
        "ops, so that it stops by itself.\n\n"
        "Digests need not be equal where pages with code are sampled or taken away, as in labs/scenarios/kvm-swapping.toml; "
        "docs/how-to/run-on-kvm.md says why.\n\n"
        "KVM interprets guests slowly on some machines; labs/scenarios/kvm-*.toml are small enough for these. Exits with 1 if something "
        "differs, and with 77 if there is no KVM.",
        kTwinArguments, kTwinOptions, kTwinExamples, twinCommand},
    CommandInfo{
        "sweep", "run a scenario again and again with other settings",
        "Runs the scenario at every point of its [vary] table: every combination of the values that it gives to settings; the first "
        "setting of "
        "the table changes slowest. Prints what the [[column]]s say of each point, and which [[shape]]s hold.\n\n"
        "The table is the same whatever the number of jobs. A point whose run fails does not stop the others. The exit code is that of the "
        "first point that could not be judged (2 and above); else 1 if an expectation or a shape failed. An interrupt (Ctrl-C) ends the "
        "points that run, writes what there is and exits with 130.",
        kSweepArguments, kSweepOptions, kSweepExamples, sweepCommand},
    CommandInfo{
        "grade", "grade coursework",
        "Looks at a submission, check by check, and gives points. What fails is explained: what was looked at, what was expected, what "
        "came, why that matters and what usually causes it. Runs that code of the submission decides in are done twice, and one that is "
        "not the same twice is reported.\n\n"
        "The same submission gives the same result on every machine and under any load. Nothing of a submission is believed: its "
        "scenarios count for nothing, those of the lab do. What is wrong with a submission costs points; the command fails with 2 only if "
        "the lab or the machine is at fault. Without a single check that passed, nothing is passed.\n\n"
        "A policy that a submission has (docs/reference/student-policies.md) is built once and runs confined. If it is missing, does not "
        "build, crashes, hangs, prints without end, gives answers that cannot be used or is not the same twice, its checks get nothing and "
        "say "
        "why, and all others get what they deserve.\n\n"
        "Hidden seeds come from a secret and the student's id: docs/how-to/grade-a-class.md.",
        kGradeArguments, kGradeOptions, kGradeExamples, gradeCommand},
    CommandInfo{"lab list",
                "list the labs",
                "Lists the labs that are there with the time that they need and their points. As json with their folders, runs, steps and "
                "policies, too: an object a line.",
                {},
                kLabListOptions,
                {},
                labListCommand},
    CommandInfo{
        "lab start", "begin a lab",
        "Makes a folder with what a student starts from: the handout, the scenarios, and an answers.toml with the questions, some of which "
        "are asked from the state of a run and differ from student to student.",
        kLabStartArguments, kLabStartOptions, kLabStartExamples, labStartCommand},
    CommandInfo{"lab check", "look at one check of a lab", "Grades one check of a lab, and those that it needs, as grade does.",
                kLabCheckArguments, kLabCheckOptions, kLabCheckExamples, labCheckCommand},
    CommandInfo{"lab lint",
                "check a lab by its own solutions",
                "Grades the reference, an empty submission, the starter of a lab with policies and every saboteur, and prints which check "
                "tells which apart. The reference "
                "must "
                "pass every check, the empty submission and the starter must get nothing, and each saboteur must fail just the checks that "
                "it names. Exits with 1 "
                "if a lab should not be published.",
                kLabLintArguments,
                {},
                {},
                labLintCommand},
    CommandInfo{
        "lab export", "make a copy of a lab for students",
        "Copies a lab without its reference, its saboteurs, its hidden runs and the checks that look at them. The copy can be linted no "
        "more, but graded.",
        kLabExportArguments, kLabExportOptions, kLabExportExamples, labExportCommand},
    CommandInfo{"lab package", "make the upload for a grading platform",
                "Makes a folder with the command, the guests, the lab and the scripts that the platform calls.", kLabPackageArguments,
                kLabPackageOptions, kLabPackageExamples, labPackageCommand},
    CommandInfo{"map", "show all memory at an instant, in characters",
                "Draws the guest-physical memory of every VM and the machine memory of the host at an instant of virtual time. A character "
                "stands for several pages and shows a place where some of them are, chosen so that each row has its places in proportion.",
                kMapArguments, kMapOptions, kMapExamples, mapCommand},
    CommandInfo{
        "walk", "show the two-dimensional page walk of an address",
        "Runs the scenario up to an instant and follows a guest-virtual address the way the hardware does: through the guest's page "
        "tables, and for each of their guest-physical addresses through the nested page tables; up to 24 memory references. Says "
        "where the walk ends and why. Looking changes nothing: no fault, no accessed bit.",
        kWalkArguments, kWalkOptions, kWalkExamples, walkCommand},
    CommandInfo{"trace info",
                "what a trace contains",
                "Prints the header of a trace, whether it is complete, and how many events of each kind it has.",
                kTraceArguments,
                {},
                {},
                traceInfoCommand},
    CommandInfo{"trace events", "print the events of a trace",
                "Prints the events of a trace, all of them or those that fit the options, in their order.", kTraceArguments,
                kTraceEventsOptions, kTraceEventsExamples, traceEventsCommand},
    CommandInfo{"trace state",
                "the figures of host and VMs at an instant of a trace",
                "Prints what a trace knows of the host and of each VM after the last event of an instant.",
                kTraceArguments,
                kTraceStateOptions,
                {},
                traceStateCommand},
    CommandInfo{"why", "why a page is where it is",
                "Says in sentences how a guest page got where it is at an instant: what happened to it and why to this page, why this VM "
                "had to give, and why then, back to the guest's touch, the timer, the setting or the power-on that began it; and when it "
                "was considered and left alone. Each sentence names its event by number and time, as `overcommit trace events` prints "
                "them.",
                kTraceArguments, kWhyOptions, kWhyExamples, whyCommand},
    CommandInfo{
        "metrics",
        "list every metric",
        "Lists the path, unit and meaning of every figure of a run: what expectations can name, and what the JSON result and the CSV "
        "table contain.",
        {},
        kMetricsOptions,
        {},
        metricsCommand},
    CommandInfo{"programs",
                "list the guest programs and their arguments",
                "Lists the programs of the reference guest with their arguments, defaults and units, as a scenario's [vm.args] takes them.",
                kProgramsArguments,
                {},
                kProgramsExamples,
                programsCommand},
    CommandInfo{"doctor",
                "what this machine offers, and how to mend what it lacks",
                "Checks what runs need: Unicorn and how it treats addresses, KVM, userfaultfd, the limit on memory mappings, memory, the "
                "directory of swap files, the reference guest, how policies are confined and what builds them. Measures how fast each "
                "backend that is there runs instructions, exits and nested faults, and prints the command that mends what is missing. "
                "Exits with 77 if scenarios with guests cannot run here on the backend that is asked for.",
                {},
                kDoctorOptions,
                kDoctorExamples,
                doctorCommand},
    CommandInfo{"help",
                "this overview, or the help of one command",
                "Prints the help of a command, or the whole reference.",
                kHelpArguments,
                kHelpOptions,
                {},
                helpCommand},
};

constexpr std::array kEnvironment{
    VariableInfo{"OVERCOMMIT_GUESTS", "the directory of the reference guest, instead of the installed one or that of the source tree"},
    VariableInfo{"OVERCOMMIT_SDK", "the directory of the headers for policies, instead of the installed one or that of the source tree"},
    VariableInfo{"OVERCOMMIT_CXX", "the C++ compiler for policies, instead of g++"},
    VariableInfo{"OVERCOMMIT_PYTHON", "the Python interpreter for policies, instead of python3"},
    VariableInfo{"OVERCOMMIT_POLICY_PATIENCE",
                 "milliseconds of wall time after which a policy that gives no answer counts as hung, instead of 10000"},
    VariableInfo{"OVERCOMMIT_LABS", "the directory of the labs, instead of the installed one or that of the source tree"},
    VariableInfo{"OVERCOMMIT_LAB_SECRET", "the teacher's secret, from which hidden seeds come, or @ and the name of a file with it"},
    VariableInfo{"OVERCOMMIT_SWAP_DIR", "the directory of the VMs' swap files; if not set TMPDIR, and if that is not set /var/tmp"},
};

}  // namespace

std::span<const CommandInfo> commandTable() { return kCommands; }
std::span<const VariableInfo> environmentTable() { return kEnvironment; }

bool isInGroup(const CommandInfo& command, std::string_view word) {
  return command.name.size() > word.size() && command.name.starts_with(word) && command.name[word.size()] == ' ';
}

bool isCommandGroup(std::string_view word) {
  return std::ranges::any_of(kCommands, [word](const CommandInfo& command) { return isInGroup(command, word); });
}

const CommandInfo* findCommand(std::string_view name) {
  const auto* found = std::ranges::find(kCommands, name, &CommandInfo::name);
  return found == kCommands.end() ? nullptr : &*found;
}

}  // namespace overcommit
