// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/text.h"

#include <QLocale>

namespace overcommit::gui {

QString mebibytesNumber(std::uint64_t pages) { return QString::number(static_cast<double>(pages) / 256.0, 'f', 1); }

QString mebibytes(std::uint64_t pages) {
  constexpr std::uint64_t kGiB = std::uint64_t{1} << 18;
  if (pages >= kGiB) return QStringLiteral("%1 GiB").arg(static_cast<double>(pages) / static_cast<double>(kGiB), 0, 'f', 1);
  return QStringLiteral("%1 MiB").arg(mebibytesNumber(pages));
}

QString grouped(std::uint64_t number) { return QLocale(QLocale::English).toString(static_cast<qulonglong>(number)); }

QString clockText(VirtualTime time, TimeDetail detail) {
  const std::uint64_t ns = time.value();
  const bool micro = detail == TimeDetail::Micro;
  const std::uint64_t part = micro ? ns / 1'000 % 1'000'000 : ns / 1'000'000 % 1'000;
  return QStringLiteral("%1.%2 s").arg(ns / 1'000'000'000).arg(part, micro ? 6 : 3, 10, QLatin1Char('0'));
}

}  // namespace overcommit::gui
