// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/theme/markdown_page.h"

#include <QTextBlock>
#include <QTextCursor>
#include <QTextList>

namespace overcommit::gui {
namespace {

bool isCode(const QTextBlock& block) { return block.isValid() && block.blockFormat().hasProperty(QTextFormat::BlockCodeLanguage); }

void setDrawing(const QTextBlock& block, const Theme& theme) {
  const QFont font = theme.font(FontRole::Mono);
  QTextCursor cursor(block);
  QTextBlockFormat lines = block.blockFormat();
  lines.setNonBreakableLines(true);
  cursor.setBlockFormat(lines);
  cursor.movePosition(QTextCursor::EndOfBlock, QTextCursor::KeepAnchor);
  QTextCharFormat characters;
  characters.setFontFamilies(font.families());
  characters.setProperty(QTextFormat::FontPixelSize, theme.px(11));
  characters.clearProperty(QTextFormat::FontPointSize);
  cursor.mergeCharFormat(characters);
}

}  // namespace

void setMarkdownPage(QTextDocument& page, const Theme& theme) {
  for (QTextBlock block = page.begin(); block.isValid(); block = block.next()) {
    if (isCode(block)) setDrawing(block, theme);
    QTextBlockFormat format = block.blockFormat();
    const bool isHeading = format.headingLevel() > 0;
    const bool isWithin = isCode(block) && isCode(block.next());
    const bool isItem = block.textList() != nullptr && block.next().textList() == block.textList();
    format.setTopMargin(isHeading && block.blockNumber() > 0 ? theme.px(10) : 0);
    format.setBottomMargin(isWithin ? 0 : isItem ? theme.px(3) : theme.px(7));
    QTextCursor(block).setBlockFormat(format);
  }
}

}  // namespace overcommit::gui
