// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "host/host.h"
#include "serve/params.h"

namespace overcommit {

// What `inspect` and `walk` answer. They look past the pager, at nested page tables, frames and files: no fault, no accessed bit, no
// counter, no event.
Answer<Json> inspect(Params& params, const Host& host);
Answer<Json> walk(Params& params, const Host& host);

// Of its 4096 bytes: two hexadecimal digits each.
std::string hexOf(std::span<const std::byte> bytes);

}  // namespace overcommit
