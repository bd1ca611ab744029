// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/lab/answer_file.h"

#include <QFile>
#include <QRegularExpression>
#include <QSaveFile>
#include <algorithm>
#include <utility>

namespace overcommit::gui {
namespace {

constexpr qint64 kLargestFile = 1 << 20;  // as the grader takes it

// The line of a question that is not answered, as it is handed out; and any answer.
const QRegularExpression& unanswered() {
  static const QRegularExpression kUnanswered(QStringLiteral(R"(^# ([A-Za-z0-9_-]+|"[^"]+") = (.+)$)"));
  return kUnanswered;
}
const QRegularExpression& assignment() {
  static const QRegularExpression kAssignment(QStringLiteral(R"(^([A-Za-z0-9_-]+|"[^"]+")\s*=\s*(.+)$)"));
  return kAssignment;
}
// What stands for an answer: a text, a list of texts, a number.
const QRegularExpression& textValue() {
  static const QRegularExpression kText(QStringLiteral(R"re(^"((?:[^"\\]|\\["\\])*)"$)re"));
  return kText;
}
const QRegularExpression& listValue() {
  static const QRegularExpression kList(QStringLiteral(R"re(^\[\s*(?:"[^"\\]*"\s*,?\s*)*\]$)re"));
  return kList;
}
const QRegularExpression& bareValue() {
  static const QRegularExpression kBare(QStringLiteral(R"(^([-+]?(0|[1-9][0-9]{0,17})(\.[0-9]+)?|true|false)$)"));
  return kBare;
}

QString unquoted(QString text) {
  return text.replace(QStringLiteral("\\\""), QStringLiteral("\"")).replace(QStringLiteral("\\\\"), QStringLiteral("\\"));
}
QString quoted(QString text) {
  text.replace(QLatin1Char('\\'), QStringLiteral("\\\\")).replace(QLatin1Char('"'), QStringLiteral("\\\""));
  return QLatin1Char('"') + text + QLatin1Char('"');
}

// The value in the file as a person would write it; nothing if it is of another form.
std::optional<QString> spoken(const QString& value) {
  if (const auto text = textValue().match(value); text.hasMatch()) return unquoted(text.captured(1));
  if (bareValue().match(value).hasMatch()) return value;
  if (!listValue().match(value).hasMatch()) return std::nullopt;
  static const QRegularExpression kItem(QStringLiteral(R"re("([^"]*)")re"));
  QStringList items;
  for (auto all = kItem.globalMatch(value); all.hasNext();) items << all.next().captured(1);
  return items.join(QStringLiteral(", "));
}

// The other way round; `example` says the form.
QString written(const QString& answer, const QString& example) {
  if (example.startsWith(QLatin1Char('['))) {
    QStringList items;
    for (const QString& item : answer.split(QLatin1Char(','), Qt::SkipEmptyParts)) items << quoted(item.trimmed());
    return QStringLiteral("[%1]").arg(items.join(QStringLiteral(", ")));
  }
  const bool wantsText = example.startsWith(QLatin1Char('"'));
  return !wantsText && bareValue().match(answer).hasMatch() ? answer : quoted(answer);
}

}  // namespace

Result<AnswerFile> AnswerFile::read(const QString& path) {
  AnswerFile answers;
  answers.path_ = path;
  QFile file(path);
  if (!file.exists()) return answers;
  if (!file.open(QIODevice::ReadOnly)) return failure("cannot read {}: {}", path.toStdString(), file.errorString().toStdString());
  if (file.size() > kLargestFile) return failure("{} has more than {} bytes: it is no file of answers", path.toStdString(), kLargestFile);
  const QByteArray bytes = file.readAll();
  const QString text = QString::fromUtf8(bytes);
  if (text.toUtf8() != bytes) return failure("{} is not UTF-8, so that its answers cannot be changed here", path.toStdString());
  answers.lines_ = text.split(QLatin1Char('\n'));
  answers.parse();
  return answers;
}

void AnswerFile::parse() {
  fields_.clear();
  Field next;
  for (int i = 0; i < lines_.size(); ++i) {
    const QString line = lines_[i].trimmed();
    const auto blank = unanswered().match(line), answer = assignment().match(line);
    if (blank.hasMatch() && !next.question.isEmpty()) {
      next.name = blank.captured(1);
      next.line = i;
      next.example = examples_[next.name] = blank.captured(2).trimmed();
      fields_.push_back(std::exchange(next, {}));
    } else if (answer.hasMatch()) {
      parseAnswer(answer.captured(1), answer.captured(2).trimmed(), i, std::exchange(next, {}));
    } else if (line.startsWith(QStringLiteral("#   "))) {
      const QString text = line.mid(4);
      next.choices.push_back({text.section(QLatin1Char(':'), 0, 0).trimmed(), text});
    } else if (line.startsWith(QLatin1Char('#'))) {
      const QString text = line.mid(1).trimmed();
      QString& to = next.choices.empty() ? next.question : next.choices.back().text;
      to += (to.isEmpty() ? QString() : QStringLiteral(" ")) + text;
    } else {
      next = {};
    }
  }
}

// Of the question above it, or of the one whose line was left standing. What answers none is nobody's to fill in, and so is who it is.
void AnswerFile::parseAnswer(const QString& name, const QString& value, int line, Field asked) {
  auto field = std::ranges::find(fields_, name, &Field::name);
  const bool twice = field != fields_.end() && !field->answer.isEmpty();
  if (field == fields_.end()) {
    if (asked.question.isEmpty() || name == QStringLiteral("student")) return;
    asked.name = name;
    asked.example = examples_.contains(name) ? examples_[name] : value;
    field = fields_.insert(fields_.end(), std::move(asked));
  }
  const auto plain = spoken(value);
  field->line = line;
  field->byHand = !plain || twice;  // twice is a mistake, which only an editor can mend
  field->answer = plain.value_or(value);
}

Result<void> AnswerFile::set(const QString& name, const QString& answer) {
  const auto field = std::ranges::find(fields_, name, &Field::name);
  if (field == fields_.end()) return failure("{} asks nothing that is called {}", path_.toStdString(), name.toStdString());
  // Somebody may have written with an editor meanwhile: that stays.
  auto now = read(path_);
  if (!now) return tl::unexpected(now.error());
  const auto there = std::ranges::find(now->fields_, name, &Field::name);
  if (there == now->fields_.end()) return failure("{} has no line for {} any more", path_.toStdString(), name.toStdString());
  if (there->byHand)
    return failure("line {} of {} has a form that only an editor can change: nothing is written", there->line + 1, path_.toStdString());
  QString text = answer.simplified();
  text.remove(QRegularExpression(QStringLiteral("[\\x00-\\x1f\\x7f]")));
  now->lines_[there->line] = text.isEmpty() ? QStringLiteral("# %1 = %2").arg(name, field->example)
                                            : QStringLiteral("%1 = %2").arg(name, written(text, field->example));
  QSaveFile file(path_);
  const QByteArray bytes = now->lines_.join(QLatin1Char('\n')).toUtf8();
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
    return failure("cannot write {}: {}. Is the disk full, or may you not write there?", path_.toStdString(),
                   file.errorString().toStdString());
  lines_ = now->lines_;
  parse();
  return {};
}

}  // namespace overcommit::gui
