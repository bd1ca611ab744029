// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/method_table.h"

#include <algorithm>
#include <array>

namespace overcommit {
namespace {

constexpr std::array kInitialize{
    ParamInfo{"protocol", "number", "the version of the protocol that the client speaks; another one than the engine's is an error"},
    ParamInfo{"client", "text", "the client's name, for logs"},
};
constexpr std::array kOpen{
    ParamInfo{"scenario", "text", "the path of a scenario; or"},
    ParamInfo{"text", "text", "the scenario itself; or"},
    ParamInfo{"recorded", "text", "the path of a trace, whose run is executed again with the same inputs, seed and changes"},
    ParamInfo{"name", "text", "what to call a `text` in messages and in the trace; `scenario.toml` if not given"},
    ParamInfo{"directory", "text", "where paths in the scenario begin: its own directory if not given, and the current one for a `text`"},
    ParamInfo{"seed", "number", "instead of the scenario's"},
    ParamInfo{"duration", "time", "instead of the scenario's"},
    ParamInfo{"backend", "text", "auto, unicorn, kvm or script"},
    ParamInfo{"audit", "true/false", "checks after every event that the two laws hold"},
    ParamInfo{"trace", "text", "the path of the trace to write; without it there is none"},
    ParamInfo{"at", "time", "runs up to this time at once, as `advance` would, and stops there"},
    ParamInfo{"branch", "true/false",
              "true, with `recorded` and `at`: changes that were made at that time or later are left out, to go on in another way"},
    ParamInfo{"changes", "list", "what is changed when: each as for `set`, with its `time`"},
};
constexpr std::array kAdvance{
    ParamInfo{"until", "object", "when to stop: see below; without it, at the end of the run"},
};
constexpr std::array kSet{
    ParamInfo{"vm", "text", "whom it concerns: a VM, or all of a group; or"},
    ParamInfo{"host", "true/false", "true: the host"},
    ParamInfo{"set", "object", "settings and their new values, as in a scenario's [[at]]; or"},
    ParamInfo{"action", "text", "power_on, power_off, signal or fault"},
    ParamInfo{"fault", "text", "with action fault: what fails"},
    ParamInfo{"fault_count", "number", "how many of the next operations fail; 0 = all from then on"},
    ParamInfo{"time", "time", "when; now if not given"},
};
constexpr std::array kSave{
    ParamInfo{"scenario", "text", "the path of the file to write; without it, the text is the answer"},
    ParamInfo{"replace", "true/false", "true: a file that is there is replaced"},
};
constexpr std::array kInspect{
    ParamInfo{"vm", "text", "a VM, with"},
    ParamInfo{"gfn", "number", "one of its pages, or"},
    ParamInfo{"slot", "number", "a slot of its swap file; or, without a VM,"},
    ParamInfo{"mfn", "number", "a machine frame"},
    ParamInfo{"content", "true/false", "false: without the bytes"},
};
constexpr std::array kWalk{
    ParamInfo{"vm", "text", "whose page tables are walked"},
    ParamInfo{"gva", "number", "the guest-virtual address"},
};
constexpr std::array kMetrics{
    ParamInfo{"paths", "list", "the metrics wanted, for example \"host.free\"; all of them if not given"},
};
constexpr std::array kSubscribe{
    ParamInfo{"kinds", "list", "events of these kinds; or"},
    ParamInfo{"vm", "text", "of those only events of this VM"},
    ParamInfo{"metrics", "list", "the paths of metrics, told"},
    ParamInfo{"every", "time", "so often in virtual time; once a virtual second if not given"},
};
constexpr std::array kUnsubscribe{
    ParamInfo{"subscription", "number", "which"},
};

constexpr std::array kMethods{
    MethodInfo{"initialize", "what the engine is and can do; may be left out", kInitialize,
               "`protocol`, `engine`, `version`, `methods`, `notifications`, `stops`, `vm_settings`, `host_options`, `event_kinds`, "
               "`longest_line`"},
    MethodInfo{"open", "reads a scenario and powers on its VMs; nothing runs yet", kOpen,
               "the same as `status`, and `vms`, `host_pages`, `inputs`; with `at` also `run`"},
    MethodInfo{"advance", "runs, and answers at once", kAdvance, "`run`: its number, which `progress` and `stopped` name"},
    MethodInfo{"pause", "stops at the end of the quantum that is running", {}, "`time`, `sequence`"},
    MethodInfo{"wait", "answers when nothing runs any more; requests behind it wait too", {}, "the same as `stopped` told"},
    MethodInfo{"status",
               "where the run is",
               {},
               "`state` (closed, idle, running, over or broken), `title`, `scenario`, `time`, `sequence`, `digest`, `quantum`, `duration`, "
               "`seed`, "
               "`engine`, `audit`, `changes` (how many), `ending` (null while it goes on), `trace`"},
    MethodInfo{"set", "changes what an [[at]] of a scenario can, now or later", kSet,
               "`time`, `sequence`, `changes`: the [[at]] entries that say the same"},
    MethodInfo{"save", "the scenario with all changes made so far, which gives the same run", kSave, "`scenario`: the path; or `text`"},
    MethodInfo{"inspect", "what a page, a frame or a slot holds; nothing is touched", kInspect, "see below"},
    MethodInfo{"walk", "the two-dimensional walk of an address; nothing is touched", kWalk, "see below"},
    MethodInfo{"vms", "every VM with its settings, targets and pages", {}, "`time`, `vms`, `options`: those of the host, by name"},
    MethodInfo{"metrics", "figures of host and VMs", kMetrics, "`time`, `values`: by path, whole numbers in the metric's unit"},
    MethodInfo{"subscribe", "tells events or metrics as they happen", kSubscribe, "`subscription`: its number"},
    MethodInfo{"unsubscribe", "ends that", kUnsubscribe, "nothing"},
    MethodInfo{"close",
               "ends the run where it is and completes its trace",
               {},
               "`digest`, `ending`, and `result`, as `overcommit run --json` has it"},
    MethodInfo{"quit", "ends the run and the engine", {}, "nothing"},
};

constexpr std::array kNotifications{
    NotificationInfo{"progress", "while it runs, not more than about 60 times a second; all events up to `sequence` are in the trace",
                     "`run`, `time`, `sequence`, `trace_bytes`"},
    NotificationInfo{
        "stopped", "a run has stopped",
        "`run`, `reason` (a key of `until`, paused, superseded, ended or refused), `time`, `sequence`, `digest`; `event`: that was waited "
        "for; `ending` and `message` if it is over"},
    NotificationInfo{"crashed", "a VM was stopped because its guest crashed; the run goes on", "`vm`, `reason`, `time`, `sequence`"},
    NotificationInfo{"events", "of a subscription", "`subscription`, `events`; `left_out`: how many more there were"},
    NotificationInfo{"metrics", "of a subscription", "`subscription`, `time`, `values`"},
    NotificationInfo{"trace_failed", "the trace cannot be written any more; the run goes on without it", "`message`"},
    NotificationInfo{"broken",
                     "an invariant of the engine broke: time stands still, it can be looked at, and `quit` ends it with exit code 6",
                     "`message`, `file`, `line`, `time`, `sequence`"},
};

constexpr std::array kStops{
    ParamInfo{"time", "time", "this instant of virtual time is reached"},
    ParamInfo{"quanta", "number", "so many quanta have run"},
    ParamInfo{"events", "number", "so many more events have happened"},
    ParamInfo{"event", "object", "an event with these `kind`s, and this `vm`, `gfn` and `mfn` where they are given, has happened"},
    ParamInfo{"state", "text", "the free state becomes this one: high, clear, soft, hard, low, or any"},
    ParamInfo{"page", "object", "something has happened to the page `gfn` of the VM `vm`"},
};

}  // namespace

std::span<const MethodInfo> methodTable() { return kMethods; }
std::span<const NotificationInfo> notificationTable() { return kNotifications; }
std::span<const ParamInfo> stopTable() { return kStops; }

const MethodInfo* findMethod(std::string_view name) {
  const auto* found = std::ranges::find(kMethods, name, &MethodInfo::name);
  return found == kMethods.end() ? nullptr : &*found;
}

std::vector<std::string_view> paramsOf(std::string_view method) {
  std::vector<std::string_view> names;
  if (const MethodInfo* info = findMethod(method)) {
    for (const ParamInfo& param : info->params) names.push_back(param.name);
  }
  return names;
}

}  // namespace overcommit
