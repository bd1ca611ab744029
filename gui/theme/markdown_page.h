// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTextDocument>

#include "gui/theme/theme.h"

namespace overcommit::gui {

// A page of Markdown that was just read, set as the app's texts are: room between paragraphs, which Qt leaves out where fonts are measured in
// pixels, and drawings in characters small and with whole lines.
void setMarkdownPage(QTextDocument& page, const Theme& theme);

}  // namespace overcommit::gui
