// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <map>
#include <vector>

#include "base/error.h"

namespace overcommit::gui {

// What a student fills in: answers.toml or settings.toml, as `overcommit lab start` makes it. Under each question there is a line for its
// answer, behind a # as long as there is none:
//
//   # A question, in some lines,
//   #   a: and perhaps
//   #   b: what to choose from
//   # name = "..."
//
// An answer may also stand below its line. Only those lines are changed; whatever else somebody wrote into the file stays.
class AnswerFile {
 public:
  struct Choice {
    QString value, text;
  };
  struct Field {
    QString name;  // as in the file: a word, or "a quoted path"
    QString question;
    std::vector<Choice> choices;
    QString example;      // what stands there as long as it is not answered
    QString answer;       // without quotes, a list with commas; empty: none yet
    bool byHand = false;  // its value has a form that only an editor can change
    int line = 0;         // from 0
  };

  // A file that is not there has no fields.
  static Result<AnswerFile> read(const QString& path);
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }
  [[nodiscard]] bool saysTheSameAs(const AnswerFile& other) const { return path_ == other.path_ && lines_ == other.lines_; }
  // Writes an answer, or takes it back if it is empty. The error says why it is not written.
  Result<void> set(const QString& name, const QString& answer);

 private:
  void parse();
  void parseAnswer(const QString& name, const QString& value, int line, Field asked);

  QString path_;
  QStringList lines_;
  std::vector<Field> fields_;
  std::map<QString, QString> examples_;  // by name, of those that were not answered once: they say the form of an answer
};

}  // namespace overcommit::gui
