// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/lab_keys.h"

#include <array>

namespace overcommit {
namespace {

constexpr std::array kLabKeys{
    LabKey{"", "title", "text", "required", "one line for lists and windows"},
    LabKey{"", "number", "number", "required", "its number: `overcommit grade 3` finds lab 3"},
    LabKey{"", "minutes", "number", "required", "time that a student needs"},
    LabKey{"", "needs", "list of numbers", "", "labs that come before it"},
    LabKey{"", "outcomes", "list of texts", "required", "what a student can do afterwards"},
    LabKey{"", "withheld", "number", "", "written by `overcommit lab export`: how many checks only teachers have"},
    LabKey{"", "step", "tables", "", "what is to be done, one after the other"},
    LabKey{"", "run", "tables", "", "the runs that checks look at"},
    LabKey{"", "knob", "tables", "", "settings of the scenarios that a submission may choose"},
    LabKey{"", "policy", "tables", "", "source files of a submission that take over a decision of the hypervisor"},
    LabKey{"", "question", "tables", "", "questions besides those that the scenarios ask"},
    LabKey{"", "mutant", "tables", "", "what a student's own test has to tell from a sound engine"},
    LabKey{"", "check", "tables", "required", "what is graded"},
    LabKey{"", "saboteur", "tables", "", "wrong submissions, by which the checks themselves are checked"},

    LabKey{"step", "title", "text", "required", "what to do, in a few words"},
    LabKey{"step", "text", "text", "required", "how"},
    LabKey{"step", "did", "table", "", "of a tour: what the app writes down when it is done (key = value, all must agree)"},

    LabKey{"run", "name", "text", "required", "what checks call it"},
    LabKey{"run", "scenario", "path", "", "a scenario in the lab's folder; required unless the run is like another one"},
    LabKey{"run", "like", "text", "",
           "another run before it, which it has scenario, seed, vary and set from: the same but for policies, knobs and faults"},
    LabKey{"run", "seed", "scenario | student | hidden", "\"scenario\"",
           "where its seed and sizes come from: the file, the student's id, or the id and the secret"},
    LabKey{"run", "vary", "table", "", "settings and the values of which each student gets one"},
    LabKey{"run", "set", "table", "", "settings and the values that they have in this run"},
    LabKey{"run", "knobs", "true/false", "false", "true: the submission's settings.toml is applied"},
    LabKey{"run", "policies", "list of kinds", "", "which of the submission's policies decide: see [[policy]]"},
    LabKey{"run", "walks", "table", "", "what a policy of the kind walk is asked: { vm, at, count }"},
    LabKey{"run", "sabotage", "text", "",
           "the name of an engine fault (overcommit run --sabotage), against which a policy is the only defence"},
    LabKey{"run", "audit", "true/false", "false", "true: the laws are checked after every event"},

    LabKey{"knob", "path", "text", "required", "the setting, as [vary] of a scenario names it"},
    LabKey{"knob", "min", "number, size or time", "", "the least that may be chosen"},
    LabKey{"knob", "max", "number, size or time", "", "the most that may be chosen"},
    LabKey{"knob", "words", "list of texts", "", "or the words that may be chosen"},
    LabKey{"knob", "text", "text", "required", "what it does"},

    LabKey{"policy", "kind", "text", "required",
           "the decision: match, victim, zip, free-state or targets; walk: a page walk; balloon: the guest's driver"},
    LabKey{"policy", "file", "text", "required",
           "the file of the submission: .cpp, for which a .py of the same name may stand; .c for a balloon driver"},

    LabKey{"question", "id", "text", "required", "its name in answers.toml"},
    LabKey{"question", "text", "text", "required", "what is asked"},
    LabKey{"question", "choices", "list of texts", "", "words to choose from, each with a colon and what it says"},

    LabKey{"mutant", "name", "text", "required", "a name for reports"},
    LabKey{"mutant", "text", "text", "required", "what is wrong with it"},
    LabKey{"mutant", "set", "table", "", "settings that make it wrong"},
    LabKey{"mutant", "sabotage", "text", "", "or the name of an engine fault (overcommit run --sabotage)"},

    LabKey{"check", "id", "text", "required", "a number such as \"1.2\", in the order of the handout"},
    LabKey{"check", "title", "text", "required", "what it looks at, in a few words"},
    LabKey{"check", "kind", "answer | metric | sequence | event | invariant | digest | mutants | step | text | walks", "required",
           "see below"},
    LabKey{"check", "points", "number", "0", "with at most three decimals"},
    LabKey{"check", "mandatory", "true/false", "true", "false: the lab is passed without it"},
    LabKey{"check", "visibility", "visible | hidden | after_due_date | after_published", "\"visible\"", "who sees it when"},
    LabKey{"check", "needs", "list of ids", "", "checks before it without which it is skipped"},
    LabKey{"check", "hint", "text", "", "where to look, for who failed"},
    LabKey{"check", "why", "text", "", "why it matters"},
    LabKey{"check", "mistake", "text", "", "what usually causes a failure"},
    LabKey{"check", "run", "text", "", "the run that it looks at"},
    LabKey{"check", "question", "text", "", "answer: the question, of the lab or of the run's scenario"},
    LabKey{"check", "right", "text, number or list", "", "answer: what is right, where no run says it"},
    LabKey{"check", "tolerance", "% or by the metric's unit", "exact", "answer, metric with same_as: how far off is still right"},
    LabKey{"check", "metric", "text", "", "metric, answer: the path of a metric of the run, or of a group of VMs"},
    LabKey{"check", "at", "time | end | least | greatest | mean", "\"end\"", "as in a [[column]]"},
    LabKey{"check", "since", "time", "", "as in a [[column]]"},
    LabKey{"check", "per", "text", "", "as in a [[column]]"},
    LabKey{"check", "min", "by the metric's unit", "", "metric: the least that is well; event: the fewest events (number)"},
    LabKey{"check", "max", "by the metric's unit", "", "metric: the most that is well; event: the most events (number)"},
    LabKey{"check", "full", "by the metric's unit", "", "metric: from here on all points ..."},
    LabKey{"check", "none", "by the metric's unit", "", "... and from here on none; between them in proportion"},
    LabKey{"check", "event", "text", "", "event, answer: a kind of event of the trace"},
    LabKey{"check", "vm", "text", "", "event: only of this VM"},
    LabKey{"check", "where", "table", "", "event: values that its fields must have: a number, a word, or { min, max }"},
    LabKey{"check", "from", "time", "", "event: from this time on"},
    LabKey{"check", "to", "time", "", "event: up to this time"},
    LabKey{"check", "while", "list of free states", "", "event: only while the host is in one of these states"},
    LabKey{"check", "followed_by", "table", "",
           "event, answer: only if an event of the same page comes within a time: { event, where, within }"},
    LabKey{"check", "field", "text", "", "answer from events: which field is asked for; time, vm and gfn are fields too"},
    LabKey{"check", "which", "first | all | any | count", "\"first\"",
           "answer from events: of the first, of all in order, of any one, or how many"},
    LabKey{"check", "steps", "list of tables", "", "sequence: events that follow each other, each as event, vm, where"},
    LabKey{"check", "exactly", "true/false", "false", "sequence: no other event of these kinds may lie between, before or after"},
    LabKey{"check", "law", "laws | guests | expectations", "", "invariant: what must hold"},
    LabKey{"check", "same_as", "text", "", "digest, metric: another run, whose digest or metric must be the same"},
    LabKey{"check", "digest", "text", "", "digest: or the digest itself"},
    LabKey{"check", "test", "text", "", "mutants: the scenario of the submission that must pass on a sound engine and fail on mutants"},
    LabKey{"check", "mutants", "list of names", "all", "mutants: which"},
    LabKey{"check", "step", "number", "", "step: the number of the [[step]] that must be done, from 1"},
    LabKey{"check", "file", "text", "", "text: the file of the submission that a person reads"},
    LabKey{"check", "words", "number", "1", "text: the fewest words that are worth reading"},
    LabKey{"check", "walks", "list of kinds", "all", "walks: mapped, not-canonical, guest-fault, nested-fault, write-fault"},
    LabKey{"check", "references", "true/false", "false", "walks: true: the references to memory must be as many as the hardware makes"},
    LabKey{"check", "bits", "true/false", "false", "walks: true: the accessed and dirty bits that the walk sets must be right, too"},

    LabKey{"saboteur", "name", "text", "required", "its folder in saboteurs/"},
    LabKey{"saboteur", "text", "text", "required", "what is wrong with it"},
    LabKey{"saboteur", "fails", "list of ids", "required", "the checks that must fail, and no others"},
};

constexpr std::array kLabHeadings{
    FileHeading{"", "the top of the file"}, FileHeading{"step", "[[step]]"},     FileHeading{"run", "[[run]]"},
    FileHeading{"knob", "[[knob]]"},        FileHeading{"policy", "[[policy]]"}, FileHeading{"question", "[[question]]"},
    FileHeading{"mutant", "[[mutant]]"},    FileHeading{"check", "[[check]]"},   FileHeading{"saboteur", "[[saboteur]]"}};

}  // namespace

std::span<const LabKey> labKeys() { return kLabKeys; }

std::vector<std::string_view> labKeysOf(std::string_view section) { return keysIn(kLabKeys, section); }

std::string_view labHeadingOf(std::string_view section) { return headingIn(kLabHeadings, section); }

}  // namespace overcommit
