// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace overcommit {

// Products of two 64-bit numbers, for policies that compare quotients without dividing.
__extension__ using Wide = unsigned __int128;

}  // namespace overcommit
