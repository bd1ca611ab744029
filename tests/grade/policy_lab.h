// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include "cli/command.h"

namespace overcommit::test {

// A lab in which a submission's victim.cpp decides in two runs, and one check has nothing to do with it.
class PolicyLab {
 public:
  PolicyLab() {
    write("labs/lab-1-victims/run.toml", overcommittedScenario().replace("2s", "1200ms"));
    write("labs/lab-1-victims/handout.md", "# Victims\n");
    write("labs/lab-1-victims/lab.toml", R"(# SPDX-License-Identifier: GPL-2.0-or-later
title = "Victims"
number = 1
minutes = 1
outcomes = ["none"]
[[policy]]
kind = "victim"
file = "victim.cpp"
[[run]]
name = "built-in"
scenario = "run.toml"
[[run]]
name = "yours"
scenario = "run.toml"
policies = ["victim"]
[[run]]
name = "yours-with-another-seed"
scenario = "run.toml"
policies = ["victim"]
set = { seed = 6 }
[[question]]
id = "word"
text = "a or b?"
[[check]]
id = "1"
title = "A word"
kind = "answer"
points = 1
question = "word"
right = "b"
[[check]]
id = "2"
title = "As what is built in"
kind = "digest"
points = 4
run = "yours"
same_as = "built-in"
why = "It chooses as well."
mistake = "chance of one's own"
[[check]]
id = "3"
title = "The other seed"
kind = "event"
points = 2
run = "yours-with-another-seed"
event = "swap-out"
)");
  }

  void write(const QString& name, const QByteArray& text) const {
    const QFileInfo info(folder_.filePath(name));
    QDir().mkpath(info.path());
    QFile file(info.filePath());
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("cannot write %s", qPrintable(file.fileName()));
  }
  [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }

  // A submission with the right word, and a policy.
  [[nodiscard]] QString submission(const QString& name, const QString& file, const QByteArray& policy) const {
    write(name + "/answers.toml", "word = \"b\"\n");
    if (!file.isEmpty()) write(name + "/" + file, policy);
    return path(name);
  }
  [[nodiscard]] Outcome run(const QStringList& arguments, const QMap<QString, QString>& more = {}) const {
    QMap<QString, QString> variables{{"OVERCOMMIT_LABS", path("labs")}, {"OVERCOMMIT_POLICY_PATIENCE", "20000"}};
    variables.insert(more);
    return overcommitCommand(arguments, variables);
  }

  // Python: class Mine with this body in choose(), and `before` above it.
  static QByteArray python(const QByteArray& body, const QByteArray& before = {}) {
    return "from overcommit_policy import VictimPolicy, serve\nimport os, sys, time\n" + before +
           "\nclass Mine(VictimPolicy):\n    candidates_wanted = 1\n    def choose(self, question, candidates):\n        " + body +
           "\n\nserve(Mine())\n";
  }
  // C++: the same.
  static QByteArray cpp(const QByteArray& body, const QByteArray& before = {}) {
    return "#include <overcommit/victim.h>\n" + before +
           "\nusing namespace overcommit::policy;\nclass Mine : public VictimPolicy {\n"
           "  std::uint32_t candidates_wanted() const override { return 1; }\n"
           "  std::uint32_t choose(const VictimQuestion&, std::span<const VictimCandidate>) override { " +
           body + " }\n};\nOVERCOMMIT_VICTIM(Mine)\n";
  }

 private:
  QTemporaryDir folder_;
};

}  // namespace overcommit::test
