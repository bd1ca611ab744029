// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QDirIterator>
#include <nlohmann/json.hpp>

#include "cli/command.h"

namespace overcommit::test {

// A lab of a few milliseconds with a check of nearly every kind, its reference and a saboteur.
class MiniLab {
 public:
  MiniLab() {
    write("labs/lab-1-mini/lab.toml", labText());
    write("labs/lab-1-mini/handout.md", "# Mini\n");
    write("labs/lab-1-mini/run.toml", scenarioText());
    write("labs/lab-1-mini/starter/note.md", "Write here.\n");
    write("labs/lab-1-mini/reference/answers.toml", "asked = \"1 MiB\"\nword = \"b\"\ncount = 256\n");
    write("labs/lab-1-mini/reference/settings.toml", "\"vm.a.limit\" = \"2 MiB\"\n");
    write("labs/lab-1-mini/reference/test.toml", testText());
    write("labs/lab-1-mini/reference/note.md", "one two three\n");
    write("labs/lab-1-mini/saboteurs/guesser/answers.toml", "asked = \"4 MiB\"\nword = \"a\"\ncount = 3\n");
    write("labs/lab-1-mini/saboteurs/guesser/settings.toml", "\"vm.a.limit\" = \"2 MiB\"\n");
    write("labs/lab-1-mini/saboteurs/guesser/test.toml", testText());
    write("labs/lab-1-mini/saboteurs/guesser/note.md", "one two three\n");
  }

  [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }
  void write(const QString& name, const QByteArray& text) const {
    const QFileInfo info(path(name));
    QDir().mkpath(info.path());
    QFile file(info.filePath());
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("cannot write %s", qPrintable(file.fileName()));
  }
  [[nodiscard]] QString reference() const { return path("labs/lab-1-mini/reference"); }
  [[nodiscard]] QString empty() const {
    QDir().mkpath(path("empty"));
    return path("empty");
  }
  [[nodiscard]] QMap<QString, QString> environment() const { return {{"OVERCOMMIT_LABS", path("labs")}}; }
  [[nodiscard]] Outcome run(const QStringList& arguments, const QMap<QString, QString>& more = {}) const {
    auto variables = environment();
    variables.insert(more);
    return overcommitCommand(arguments, variables);
  }
  [[nodiscard]] Outcome grade(const QString& submission, const QStringList& more = {}) const {
    return run(QStringList{"grade", "1", "--submission", submission} + more);
  }
  [[nodiscard]] nlohmann::json graded(const QString& submission, const QStringList& more = {}) const {
    return nlohmann::json::parse(grade(submission, QStringList{"--format", "json"} + more).out.toStdString(), nullptr, false);
  }

  static QByteArray scenarioText() {
    return R"(# SPDX-License-Identifier: GPL-2.0-or-later
seed = 3
duration = "120ms"
[host]
memory = "16 MiB"
[host.options]
ShareScanGHz = 0
MemZipEnable = 0
[[vm]]
name = "a"
memory = "4 MiB"
generator = "sequential"
[vm.args]
working_set = "1 MiB"
fill = 0
text = 0
touches = 8
work = "1ms"
[[ask]]
id = "asked"
time = "5ms"
text = "It has {vm.a.private} now. And at 100 ms?"
metric = "vm.a.private"
about = "100ms"
steps = ["Its working set is {answer}."]
)";
  }
  static QByteArray testText() {
    return R"(duration = "100ms"
[host]
memory = "16 MiB"
[[vm]]
name = "t"
memory = "2 MiB"
generator = "sequential"
[vm.args]
working_set = "1 MiB"
[[expect]]
metric = "vm.t.private"
min = "1 MiB"
max = "1 MiB"
)";
  }
  static QByteArray labText() {
    return R"(# SPDX-License-Identifier: GPL-2.0-or-later
title = "Mini"
number = 1
minutes = 1
outcomes = ["nothing much"]
[[run]]
name = "main"
scenario = "run.toml"
knobs = true
audit = true
[[run]]
name = "own"
scenario = "run.toml"
seed = "student"
[run.vary]
"vm.a.args.working_set" = ["1 MiB", "2 MiB", "3 MiB"]
[[run]]
name = "hidden"
scenario = "run.toml"
seed = "hidden"
[[knob]]
path = "vm.a.limit"
min = "512 KiB"
max = "4 MiB"
text = "the most that a may have"
[[question]]
id = "word"
text = "a or b?"
choices = ["a: no", "b: yes"]
[[question]]
id = "count"
text = "How many first touches?"
[[mutant]]
name = "small"
text = "the working set is too small"
set = { "vm.t.args.working_set" = "512 KiB" }
[[mutant]]
name = "large"
text = "the working set is too large"
set = { "vm.t.args.working_set" = "2 MiB" }
[[check]]
id = "1"
title = "A prediction"
kind = "answer"
points = 2
run = "main"
question = "asked"
why = "w"
mistake = "m"
[[check]]
id = "2"
title = "A word"
kind = "answer"
points = 1.5
question = "word"
right = "b"
why = "w"
mistake = "m"
[[check]]
id = "3"
title = "A count"
kind = "answer"
points = 1
run = "main"
question = "count"
event = "first-touch"
which = "count"
why = "w"
mistake = "m"
[[check]]
id = "4"
title = "A knob"
kind = "metric"
points = 4
run = "main"
metric = "vm.a.limit"
full = "2 MiB"
none = "4 MiB"
why = "w"
mistake = "m"
[[check]]
id = "5"
title = "Laws"
kind = "invariant"
run = "main"
law = "laws"
why = "w"
[[check]]
id = "6"
title = "Never swapped"
kind = "event"
run = "hidden"
event = "swap-out"
max = 0
visibility = "hidden"
why = "w"
[[check]]
id = "7"
title = "A test"
kind = "mutants"
points = 2
test = "test.toml"
why = "w"
mistake = "m"
[[check]]
id = "8"
title = "Order"
kind = "sequence"
run = "own"
steps = [{ event = "power-on" }, { event = "first-touch", vm = "a" }]
why = "w"
[[check]]
id = "9"
title = "A note"
kind = "text"
points = 3
file = "note.md"
words = 3
mandatory = false
[[saboteur]]
name = "guesser"
text = "guesses"
fails = ["1", "2", "3"]
)";
  }

 private:
  QTemporaryDir folder_;
};

}  // namespace overcommit::test
