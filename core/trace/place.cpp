// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/place.h"

#include "abi/overcommit_abi.h"

namespace overcommit {

static_assert(static_cast<unsigned>(GuestUse::Free) == OC_TRUTH_FREE && static_cast<unsigned>(GuestUse::Kernel) == OC_TRUTH_KERNEL &&
                  static_cast<unsigned>(GuestUse::Table) == OC_TRUTH_TABLE && static_cast<unsigned>(GuestUse::Cache) == OC_TRUTH_CACHE &&
                  static_cast<unsigned>(GuestUse::User) == OC_TRUTH_USER && static_cast<unsigned>(GuestUse::Balloon) == OC_TRUTH_BALLOON,
              "the frame kinds of the truth channel");

std::string_view nameOf(PagePlace place) {
  switch (place) {
    case PagePlace::Untouched: return "untouched";
    case PagePlace::Private: return "private";
    case PagePlace::Shared: return "shared";
    case PagePlace::Ballooned: return "ballooned";
    case PagePlace::Zipped: return "zipped";
    case PagePlace::Swapped: return "swapped";
  }
  return "unknown";
}

std::string_view nameOf(FrameUse use) {
  switch (use) {
    case FrameUse::Free: return "free";
    case FrameUse::Private: return "private";
    case FrameUse::Shared: return "shared";
    case FrameUse::ZipStore: return "zip store";
    case FrameUse::Overhead: return "overhead";
  }
  return "unknown";
}

std::string_view nameOf(GuestUse use) {
  switch (use) {
    case GuestUse::Free: return "free";
    case GuestUse::Kernel: return "kernel";
    case GuestUse::Table: return "page table";
    case GuestUse::Cache: return "page cache";
    case GuestUse::User: return "user";
    case GuestUse::Balloon: return "balloon";
    case GuestUse::Unknown: return "unknown";
  }
  return "unknown";
}

}  // namespace overcommit
