// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace overcommit {

// The words of the two laws, shared by the machine, which acts on them, and the world model, which tells them.

// Where a guest page is (the first law: exactly one of these). Numbers are part of the trace format.
enum class PagePlace : std::uint8_t { Untouched, Private, Shared, Ballooned, Zipped, Swapped };
inline constexpr std::size_t kPagePlaces = 6;
std::string_view nameOf(PagePlace place);

// What a machine frame is used for (the second law: exactly one of these).
enum class FrameUse : std::uint8_t { Free, Private, Shared, ZipStore, Overhead };
inline constexpr std::size_t kFrameUses = 5;
std::string_view nameOf(FrameUse use);

// What the guest says a frame of its is used for: enum oc_truth_kind of the guest ABI, and Unknown before it said anything.
enum class GuestUse : std::uint8_t { Free, Kernel, Table, Cache, User, Balloon, Unknown };
inline constexpr std::size_t kGuestUses = 7;
std::string_view nameOf(GuestUse use);

}  // namespace overcommit
