// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"

namespace overcommit::gui {

inline QString qstring(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

// "41.3 MiB", one decimal always, so that a column of them does not dance; "1.5 GiB" from 1024 MiB on.
QString mebibytes(std::uint64_t pages);
// "41.3" alone.
QString mebibytesNumber(std::uint64_t pages);
// "12,345".
QString grouped(std::uint64_t number);
// "43.120 s": milliseconds; microseconds with Micro.
enum class TimeDetail : std::uint8_t { Milli, Micro };
QString clockText(VirtualTime time, TimeDetail detail = TimeDetail::Milli);

}  // namespace overcommit::gui
