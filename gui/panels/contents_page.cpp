// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/contents_page.h"

#include <QFontMetrics>
#include <QJsonArray>
#include <QPointer>
#include <QVBoxLayout>

#include "gui/models/byte_text.h"
#include "gui/models/subject_text.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

QString contentsAbout(const QJsonObject& answer) {
  QStringList parts;
  const auto frame = [](const QJsonValue& mfn) { return hexText(static_cast<std::uint64_t>(mfn.toDouble())); };
  if (answer.contains(QStringLiteral("place"))) parts << answer[QStringLiteral("place")].toString();
  if (answer.contains(QStringLiteral("use"))) parts << answer[QStringLiteral("use")].toString();
  if (answer.contains(QStringLiteral("gfn")) && answer.contains(QStringLiteral("mfn")))
    parts << ContentsPage::tr("frame %1").arg(frame(answer[QStringLiteral("mfn")]));
  if (answer.contains(QStringLiteral("slot"))) parts << ContentsPage::tr("slot %1").arg(answer[QStringLiteral("slot")].toInt());
  if (answer.contains(QStringLiteral("sharer_count")))
    parts << ContentsPage::tr("%1 pages share it").arg(answer[QStringLiteral("sharer_count")].toInt());
  if (answer[QStringLiteral("zero")].toBool()) parts << ContentsPage::tr("zeros only");
  if (answer.contains(QStringLiteral("hash"))) parts << ContentsPage::tr("XXH3 %1").arg(answer[QStringLiteral("hash")].toString());
  const QStringList flags = [&] {
    QStringList list;
    for (const auto flag : answer[QStringLiteral("nested_entry")][QStringLiteral("flags")].toArray()) list << flag.toString();
    return list;
  }();
  if (!flags.isEmpty()) parts << ContentsPage::tr("nested entry: %1").arg(flags.join(QStringLiteral(", ")));
  return parts.join(QStringLiteral(" · "));
}

}  // namespace

ContentsPage::ContentsPage(Theme& theme, EngineLink& link)
    : theme_(theme),
      link_(link),
      about_(new QLabel(this)),
      look_(new QPushButton(tr("Execute the run again, to look"), this)),
      text_(new QPlainTextEdit(this)) {
  setObjectName(QStringLiteral("contentsPage"));
  setAccessibleName(tr("Contents"));
  about_->setObjectName(QStringLiteral("contentsAbout"));
  about_->setAccessibleName(tr("What the contents belong to"));
  about_->setWordWrap(true);
  about_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  look_->setObjectName(QStringLiteral("contentsLook"));
  look_->setAccessibleName(tr("Execute the run again up to this instant, to see the contents"));
  text_->setObjectName(QStringLiteral("contentsText"));
  text_->setAccessibleName(tr("Bytes in hexadecimal and text"));
  text_->setReadOnly(true);
  text_->setLineWrapMode(QPlainTextEdit::NoWrap);
  text_->setFrameShape(QFrame::NoFrame);
  text_->setMinimumHeight(40);
  connect(look_, &QPushButton::clicked, this, &ContentsPage::ask);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 6, 0, 0);
  column->setSpacing(6);
  auto* head = new QVBoxLayout;
  head->setContentsMargins(8, 0, 8, 0);
  head->addWidget(about_);
  head->addWidget(look_, 0, Qt::AlignLeft);
  column->addLayout(head);
  column->addWidget(text_, 1);
  setFocusProxy(text_);
  look_->hide();
}

void ContentsPage::restyle() {
  about_->setFont(theme_.font(FontRole::Body));
  look_->setFont(theme_.font(FontRole::Body));
  text_->setFont(theme_.font(FontRole::Mono));
  width_ = 0;
  showBytes();
}

void ContentsPage::setRun(Run* run) {
  run_ = run;
  has_ = false;
  bytes_.clear();
  renew();
}

ContentsPage::Key ContentsPage::key() const { return {run_->selection().subject(), run_->playback().sequence(), run_->playback().now()}; }

void ContentsPage::note(const QString& text) {
  about_->setText(text);
  bytes_.clear();
  showBytes();
}

void ContentsPage::renew() {
  if (!isVisible()) return;
  look_->hide();
  if (run_ == nullptr) return note(tr("Open a run to look into it."));
  const Subject& subject = run_->selection().subject();
  if (!subject.gfn && !subject.mfn) return note(tr("Click a page or a frame: here stand its bytes."));
  if (has_ && shown_ == key()) return;
  if (run_->playback().playing()) {
    has_ = false;
    return note(tr("Stop to see the bytes."));
  }
  if (!link_.takesExecution()) return ask();
  has_ = false;
  note(tr("A trace does not hold what pages contained. A second engine can execute the run again up to %1 and look.")
           .arg(clockText(run_->playback().now())));
  look_->show();
}

void ContentsPage::ask() {
  if (run_ == nullptr) return;
  shown_ = key();
  has_ = true;
  QJsonObject params;
  const Subject& subject = shown_.subject;
  if (subject.vm && subject.gfn) {
    params[QStringLiteral("vm")] = qstring(run_->world().name(*subject.vm));
    params[QStringLiteral("gfn")] = static_cast<qint64>(subject.gfn->value());
  } else if (subject.mfn) {
    params[QStringLiteral("mfn")] = static_cast<qint64>(subject.mfn->value());
  } else {
    return;
  }
  look_->hide();
  note(tr("Reading …"));
  const QPointer<ContentsPage> here(this);
  link_.ask(QStringLiteral("inspect"), params, [this, here, asked = shown_, run = run_](const EngineAnswer& answer) {
    if (here && run == run_ && has_ && asked == shown_) show(answer);
  });
}

void ContentsPage::show(const EngineAnswer& answer) {
  if (!answer) {
    has_ = false;
    note(answer.error().text);
    look_->setVisible(link_.takesExecution());
    return;
  }
  const QString content = (*answer)[QStringLiteral("content")].toString();
  about_->setText(contentsAbout(*answer));
  if (content.isEmpty())
    about_->setText(about_->text() + QLatin1Char('\n') +
                    ((*answer)[QStringLiteral("unreadable")].toBool() ? tr("The disk fails: it cannot be read.")
                                                                      : tr("It holds nothing: a touch gives it a zeroed frame.")));
  bytes_ = QByteArray::fromHex(content.toLatin1());
  width_ = 0;
  showBytes();
}

int ContentsPage::perLine() const {
  const QFontMetrics metrics(theme_.font(FontRole::Mono));
  constexpr int kWideColumns = 4 + 3 + 16 * 3 + 2 + 16 + 3;
  return text_->viewport()->width() >= metrics.horizontalAdvance(QLatin1Char('0')) * kWideColumns ? 16 : 8;
}

void ContentsPage::showBytes() {
  const int width = perLine();
  if (width == width_ && !bytes_.isEmpty()) return;
  width_ = width;
  text_->setPlainText(byteText(bytes_, width));
}

void ContentsPage::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  showBytes();
}

void ContentsPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  renew();
}

}  // namespace overcommit::gui
