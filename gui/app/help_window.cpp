// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/help_window.h"

#include <QDialogButtonBox>
#include <QDir>
#include <QFile>
#include <QImage>
#include <QScrollBar>
#include <QTextBlock>
#include <QVBoxLayout>

#include "gui/session/places.h"
#include "gui/theme/markdown_page.h"

namespace overcommit::gui {
namespace {

// The manual with its pictures as wide as the window, not as wide as a screen.
class ManualText final : public QTextBrowser {
 public:
  using QTextBrowser::QTextBrowser;
  QVariant loadResource(int type, const QUrl& name) override {
    if (type != QTextDocument::ImageResource) return QTextBrowser::loadResource(type, name);
    const QImage picture(source().resolved(name).toLocalFile());
    const int room = viewport()->width() - 3 * static_cast<int>(document()->documentMargin());
    return picture.width() > room && room > 0 ? picture.scaledToWidth(room, Qt::SmoothTransformation) : picture;
  }
};

}  // namespace

HelpWindow::HelpWindow(Theme& theme, QWidget* parent) : QDialog(parent), theme_(theme), text_(new ManualText(this)) {
  setObjectName(QStringLiteral("helpWindow"));
  setWindowTitle(tr("Help"));
  text_->setObjectName(QStringLiteral("helpText"));
  text_->setAccessibleName(tr("The manual"));
  text_->setOpenExternalLinks(false);
  text_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);  // so that pictures know their room
  text_->setFont(theme.font(FontRole::Body));
  connect(text_, &QTextBrowser::sourceChanged, this, [this] { setMarkdownPage(*text_->document(), theme_); });
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  auto* column = new QVBoxLayout(this);
  column->addWidget(text_);
  column->addWidget(buttons);
  resize(860, 680);
}

void HelpWindow::showTopic(const QString& heading) {
  const QString page = QDir(docsFolder()).filePath(QStringLiteral("reference/app.md"));
  if (docsFolder().isEmpty() || !QFile::exists(page)) {
    text_->setPlainText(
        tr("The pages of the manual are not installed. The package overcommit-doc has them; in the source they are the folder docs."));
    return;
  }
  text_->setSource(QUrl::fromLocalFile(page), QTextDocument::MarkdownResource);
  for (QTextBlock block = text_->document()->begin(); block.isValid(); block = block.next()) {
    if (block.blockFormat().headingLevel() == 0 || block.text() != heading) continue;
    text_->setTextCursor(QTextCursor(block));
    // The heading stands on top, not anywhere in sight.
    text_->verticalScrollBar()->setValue(text_->verticalScrollBar()->value() + text_->cursorRect().top());
    return;
  }
}

}  // namespace overcommit::gui
