// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace overcommit::gui {

// Bytes in hexadecimal and text, so many a line: "0010  7f 45 4c 46 ...  .ELF...". Lines that repeat the one before them are one line that
// says how many.
QString byteText(const QByteArray& bytes, int perLine);

}  // namespace overcommit::gui
