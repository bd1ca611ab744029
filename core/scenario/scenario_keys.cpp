// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/scenario_keys.h"

#include <array>

namespace overcommit {
namespace {

constexpr std::array kKeys{
    ScenarioKey{"", "title", "text", "\"\"", "one line for tables and windows"},
    ScenarioKey{"", "seed", "number", "1", "where every random choice of the run comes from"},
    ScenarioKey{"", "duration", "time", "required", "virtual time after which the run ends"},
    ScenarioKey{"", "host", "table", "required", "the physical machine"},
    ScenarioKey{"", "cost", "table", "", "what things cost in virtual time: any constant of the cost table, by name"},
    ScenarioKey{"", "disk", "table", "", "the disk under swap files and guest disks"},
    ScenarioKey{"", "limits", "table", "", "limits that end the run"},
    ScenarioKey{"", "vm", "tables", "required", "the virtual machines, in the order of their numbers"},
    ScenarioKey{"", "at", "tables", "", "what happens at a time"},
    ScenarioKey{"", "mark", "tables", "", "remarks on the timeline"},
    ScenarioKey{"", "expect", "tables", "", "what must be true of the run"},
    ScenarioKey{"", "vary", "table", "", "of a sweep: settings and the values they take"},
    ScenarioKey{"", "column", "tables", "", "of a sweep: what its table shows of each run"},
    ScenarioKey{"", "shape", "tables", "", "of a sweep: what must be true of the runs together"},
    ScenarioKey{"", "ask", "tables", "", "questions that are asked in the course of the run"},

    ScenarioKey{"host", "memory", "size", "required", "machine memory: whole 4 KiB frames, 1 MiB to 1 TiB"},
    ScenarioKey{"host", "represents", "size", "memory", "the size of the host that this one stands for; sets the frame scale"},
    ScenarioKey{"host", "time_scale", "number", "1", "divides every published period and pass time"},
    ScenarioKey{"host", "cpu_mhz", "number", "16000", "clock rate of all processors together, which bounds the scan rate of page sharing"},
    ScenarioKey{"host", "profile", "esx2 | esx3 | esx4 | esx5 | esx6", "\"esx5\"", "the vintage of the hypervisor"},
    ScenarioKey{"host", "console", "size", "\"0 MiB\"", "service console: overhead outside the thresholds' base"},
    ScenarioKey{"host", "quantum", "time", "", "the time slice; without it, chosen with the host's size"},
    ScenarioKey{"host", "options", "table", "", "advanced options of the host, by their ESX names"},

    ScenarioKey{"disk", "queues", "shared | separate", "\"shared\"", "one queue for guest disks and swap files, or one each"},
    ScenarioKey{"disk", "service_time", "time", "", "time of one 4 KiB request; without it, the cost table's disk and swap times"},
    ScenarioKey{"disk", "bandwidth", "size and \"/s\"", "\"none\"", "most bytes a second"},
    ScenarioKey{"disk", "swap_space", "size or unlimited", "by profile", "room for what is swapped of all VMs that are on"},

    ScenarioKey{"limits", "time", "time", "\"none\"", "virtual time since the start"},
    ScenarioKey{"limits", "nested_faults", "number", "0", "nested faults of all VMs; 0 = no limit"},
    ScenarioKey{"limits", "operations", "number", "0", "operations of all VMs; 0 = no limit"},
    ScenarioKey{"limits", "watchdog_blocks", "number", "50000000",
                "basic blocks that a guest may run without an exit before it counts as hung; 0 = no limit"},

    ScenarioKey{"vm", "name", "text", "required", "letters, digits, - and _, at most 31; begins with a letter"},
    ScenarioKey{"vm", "count", "number", "1", "more than 1: that many equal VMs, named name1, name2, …"},
    ScenarioKey{"vm", "memory", "size", "required", "configured memory: a multiple of 2 MiB, at most 64 GiB"},
    ScenarioKey{"vm", "reservation", "size", "\"0 MiB\"", "machine memory that is never reclaimed; at most memory"},
    ScenarioKey{"vm", "limit", "size", "\"none\"", "most machine memory; at least the reservation"},
    ScenarioKey{"vm", "shares", "low | normal | high | number", "\"normal\"", "weight under contention: low 5, normal 10, high 20 per MiB"},
    ScenarioKey{"vm", "sharing", "true/false", "true", "page sharing for this VM"},
    ScenarioKey{"vm", "salt", "text", "", "pages are shared between VMs of equal salt"},
    ScenarioKey{"vm", "balloon", "true/false", "true", "does the guest run a balloon driver?"},
    ScenarioKey{"vm", "balloon_max", "size", "", "most memory the balloon may take; without it, the host's CtlMaxPercent"},
    ScenarioKey{"vm", "tools_start", "time", "\"0s\"", "after power-on: when the balloon driver starts"},
    ScenarioKey{"vm", "program", "text", "", "a program of the reference guest (`overcommit programs` lists them), or of the kernel"},
    ScenarioKey{"vm", "kernel", "path", "", "an ELF64 kernel of your own, instead of the reference guest"},
    ScenarioKey{"vm", "script", "path", "", "or a script of page reads and writes: a VM without a CPU"},
    ScenarioKey{"vm", "generator", "text", "", "or a generator of such a script"},
    ScenarioKey{"vm", "args", "table", "", "arguments of the program, kernel or generator"},
    ScenarioKey{"vm", "ops", "number", "0", "power off after so many operations; 0 = never"},
    ScenarioKey{"vm", "image", "text or path", "", "the image disk: an id (equal ids, equal bytes) or a file"},
    ScenarioKey{"vm", "image_size", "size", "\"64 MiB\"", "size of an image given by id"},
    ScenarioKey{"vm", "guest_swap", "size", "\"0 MiB\"", "the guest's own swap disk"},
    ScenarioKey{"vm", "start", "time", "\"0s\"", "when the VM is powered on; \"never\": by a power_on action only"},

    ScenarioKey{"at", "time", "time", "required", "when; rounded up to a quantum"},
    ScenarioKey{"at", "vm", "text", "", "which VM; the name of a group with a count means all of it"},
    ScenarioKey{"at", "host", "true/false", "", "true: the host"},
    ScenarioKey{"at", "set", "table", "", "settings and their new values"},
    ScenarioKey{"at", "action", "power_on | power_off | signal | fault", "", "or what to do"},
    ScenarioKey{"at", "fault", "text", "", "with action = \"fault\": what fails"},
    ScenarioKey{"at", "may_fail", "true/false", "false", "true: if the host refuses it, the run goes on, with a fault in the trace"},
    ScenarioKey{"at", "fault_count", "number", "1", "how many of the next operations fail; 0 = all from then on"},

    ScenarioKey{"set", "limit", "size", "", "a VM's limit, or \"none\""},
    ScenarioKey{"set", "reservation", "size", "", "a VM's reservation"},
    ScenarioKey{"set", "shares", "low | normal | high | number", "", "a VM's shares"},
    ScenarioKey{"set", "sharing", "true/false", "", "page sharing for a VM"},
    ScenarioKey{"set", "balloon", "true/false", "", "ballooning of a VM"},
    ScenarioKey{"set", "balloon_max", "size", "", "most memory a VM's balloon may take"},

    ScenarioKey{"mark", "time", "time", "required", "when"},
    ScenarioKey{"mark", "text", "text", "required", "what to remark, at most 1024 bytes"},

    ScenarioKey{"expect", "metric", "text", "required", "the path of a metric; `overcommit metrics` lists them"},
    ScenarioKey{"expect", "at", "time | end | always | ever", "\"end\"", "when it is judged"},
    ScenarioKey{"expect", "min", "by the metric's unit", "", "the least value that is well"},
    ScenarioKey{"expect", "max", "by the metric's unit", "", "the greatest value that is well"},

    ScenarioKey{"ask", "id", "text", "required", "its name in answers: letters, digits, - and _"},
    ScenarioKey{"ask", "time", "time", "required", "when it is asked, from the state that the run has then"},
    ScenarioKey{"ask", "text", "text", "required", "the question; metrics in braces stand for their values at that time"},
    ScenarioKey{"ask", "metric", "text", "required", "the path of the metric that is asked for"},
    ScenarioKey{"ask", "about", "time", "the same", "the instant that the answer is about"},
    ScenarioKey{"ask", "grows", "true/false", "false", "true: asked is how much the metric grows from time to about"},
    ScenarioKey{"ask", "vm", "list of texts", "", "VMs of which the seed chooses one: {vm} in text, metric and steps"},
    ScenarioKey{"ask", "tolerance", "% or by the metric's unit", "exact", "how far off an answer is still right"},
    ScenarioKey{"ask", "steps", "list of texts", "", "how to get to the answer, for who was wrong"},

    ScenarioKey{"column", "metric", "text", "required", "the path of a metric; a group's name for a VM's: the sum of the group"},
    ScenarioKey{"column", "name", "text", "the metric", "what to call it in the table and in [[shape]]"},
    ScenarioKey{"column", "at", "time | end | least | greatest | mean", "\"end\"", "an instant, or what to make of all quanta"},
    ScenarioKey{"column", "since", "time", "", "at an instant: the growth from this time on; else: only quanta from then on count"},
    ScenarioKey{"column", "per", "text", "", "another metric, taken alike, that divides: the column is permille of it"},

    ScenarioKey{"shape", "column", "text", "required", "the name of a column"},
    ScenarioKey{"shape", "is", "rising | falling | linear | flat | knee | ratio | range", "required", "what the column does"},
    ScenarioKey{"shape", "along", "text", "the only one", "the path of the varied setting that it does it along"},
    ScenarioKey{"shape", "where", "table", "", "other varied settings and their values: only series with these"},
    ScenarioKey{"shape", "from", "a value", "", "the first value of the setting that is looked at"},
    ScenarioKey{"shape", "to", "a value", "", "the last value of the setting that is looked at"},
    ScenarioKey{"shape", "within", "number", "", "what is forgiven, in %"},
    ScenarioKey{"shape", "by", "number", "", "rising, falling: the least change from the first to the last, in %"},
    ScenarioKey{"shape", "between", "two values", "", "knee: the first and the last value of the setting at which it may lie"},
    ScenarioKey{"shape", "of", "a value", "", "ratio: where the column is taken"},
    ScenarioKey{"shape", "over", "a value", "", "ratio: where the column is taken that divides it"},
    ScenarioKey{"shape", "min", "by the column's unit", "", "range: the least value that is well; ratio: in %"},
    ScenarioKey{"shape", "max", "by the column's unit", "", "range: the greatest value that is well; ratio: in %"},
};

}  // namespace

std::span<const ScenarioKey> scenarioKeys() { return kKeys; }

std::vector<std::string_view> keysOf(std::string_view section) { return keysIn(kKeys, section); }

std::string_view headingOf(std::string_view section) {
  static constexpr std::array kHeadings{FileHeading{"", "the top of the file"},
                                        FileHeading{"host", "[host]"},
                                        FileHeading{"disk", "[disk]"},
                                        FileHeading{"limits", "[limits]"},
                                        FileHeading{"vm", "[[vm]]"},
                                        FileHeading{"at", "[[at]]"},
                                        FileHeading{"set", "set"},
                                        FileHeading{"mark", "[[mark]]"},
                                        FileHeading{"expect", "[[expect]]"},
                                        FileHeading{"ask", "[[ask]]"},
                                        FileHeading{"column", "[[column]]"},
                                        FileHeading{"shape", "[[shape]]"}};
  return headingIn(kHeadings, section);
}

}  // namespace overcommit
