// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace overcommit {

// The processor that this program was compiled for. Guests are x86-64 everywhere.
#if defined(__x86_64__)
inline constexpr std::string_view kProcessor = "x86-64";
#elif defined(__aarch64__)
inline constexpr std::string_view kProcessor = "arm64";
#else
#error "Overcommit runs on x86-64 and arm64; another processor needs an entry here and in core/machine/fault_access.cpp"
#endif

// Whether guests' code is also this processor's: it can run on KVM, and the system's own compiler makes it.
inline constexpr bool kRunsGuestCode = kProcessor == "x86-64";

}  // namespace overcommit
