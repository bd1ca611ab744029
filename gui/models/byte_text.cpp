// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/models/byte_text.h"

#include <QCoreApplication>

namespace overcommit::gui {
namespace {

QString lineOf(const QByteArray& bytes, qsizetype at, qsizetype count, int perLine) {
  QString line = QStringLiteral("%1 ").arg(at, 4, 16, QLatin1Char('0'));
  QString text;
  for (qsizetype i = 0; i < perLine; ++i) {
    if (perLine > 8 && i % 8 == 0) line += QLatin1Char(' ');
    if (i >= count) {
      line += QStringLiteral("   ");
      continue;
    }
    const auto byte = static_cast<unsigned char>(bytes[at + i]);
    line += QStringLiteral(" %1").arg(byte, 2, 16, QLatin1Char('0'));
    text += byte >= 0x20 && byte < 0x7f ? QLatin1Char(static_cast<char>(byte)) : QLatin1Char('.');
  }
  return line + QStringLiteral("  ") + text;
}

}  // namespace

QString byteText(const QByteArray& bytes, int perLine) {
  QStringList lines;
  qsizetype repeated = 0;
  const auto endRepeats = [&] {
    if (repeated == 1) lines << QCoreApplication::translate("ByteText", "*     the same once more");
    if (repeated > 1) lines << QCoreApplication::translate("ByteText", "*     the same %1 times more").arg(repeated);
    repeated = 0;
  };
  for (qsizetype at = 0; at < bytes.size(); at += perLine) {
    const qsizetype count = std::min<qsizetype>(perLine, bytes.size() - at);
    if (at > 0 && count == perLine && bytes.mid(at, count) == bytes.mid(at - perLine, perLine)) {
      ++repeated;
      continue;
    }
    endRepeats();
    lines << lineOf(bytes, at, count, perLine);
  }
  endRepeats();
  return lines.join(QLatin1Char('\n'));
}

}  // namespace overcommit::gui
