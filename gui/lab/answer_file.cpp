// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/lab/answer_file.h"

#include <QFile>
#include <QRegularExpression>
#include <QSaveFile>
#include <algorithm>

namespace overcommit::gui {
namespace {

constexpr qint64 kLargestFile = 1 << 20;  // as the grader takes it

const QRegularExpression& assignment() {
  static const QRegularExpression kAssignment(QStringLiteral(R"(^(# )?([A-Za-z0-9_-]+|"[^"]+") = (.+)$)"));
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
  static const QRegularExpression kBare(QStringLiteral(R"(^([-+]?[0-9][0-9_]*(\.[0-9]+)?|true|false)$)"));
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
  answers.lines_ = QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'));
  answers.parse();
  return answers;
}

void AnswerFile::parse() {
  fields_.clear();
  Field next;
  for (int i = 0; i < lines_.size(); ++i) {
    const QString line = lines_[i].trimmed();
    const auto match = assignment().match(line);
    if (match.hasMatch() && (!next.question.isEmpty() || match.captured(1).isEmpty())) {
      const bool answered = match.captured(1).isEmpty();
      const QString value = match.captured(3).trimmed();
      next.name = match.captured(2);
      next.line = i;
      const auto plain = spoken(value.section(QStringLiteral("   ("), 0, 0).trimmed());
      next.example = answered && examples_.contains(next.name) ? examples_[next.name] : value;
      if (!answered) examples_[next.name] = value;
      if (answered) {
        next.byHand = !plain;
        next.answer = plain.value_or(value);
      }
      const bool asks = !next.question.isEmpty() && next.name != QStringLiteral("student");
      if (asks) fields_.push_back(next);
      next = {};
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

Result<void> AnswerFile::set(const QString& name, const QString& answer) {
  const auto field = std::ranges::find(fields_, name, &Field::name);
  if (field == fields_.end()) return failure("{} asks nothing that is called {}", path_.toStdString(), name.toStdString());
  // Somebody may have written with an editor meanwhile: that stays.
  auto now = read(path_);
  if (!now) return tl::unexpected(now.error());
  const auto there = std::ranges::find(now->fields_, name, &Field::name);
  if (there == now->fields_.end()) return failure("{} has no line for {} any more", path_.toStdString(), name.toStdString());
  const QString text = answer.simplified();
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
