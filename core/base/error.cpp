// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <system_error>

namespace overcommit {
namespace {

std::atomic<InvariantListener> invariantListener{nullptr};
std::atomic<const char*> faultOnPurpose{nullptr};

}  // namespace

void setInvariantListener(InvariantListener listener) { invariantListener.store(listener); }

void setFaultOnPurpose(const char* name) { faultOnPurpose.store(name); }

std::string systemErrorText(int error) {
  std::string text = std::generic_category().message(error);
  // glibc capitalises; our sentences go on after a colon.
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && (text[1] < 'A' || text[1] > 'Z')) text[0] = static_cast<char>(text[0] + 32);
  return text;
}

void invariantBroken(std::string_view what, const char* file, int line) {
  std::fprintf(stderr, "overcommit: an invariant of the engine is broken: %.*s (%s:%d)\n", static_cast<int>(what.size()), what.data(), file,
               line);
  if (const char* fault = faultOnPurpose.load()) {
    std::fprintf(stderr, "The engine was broken on purpose (saboteur %s), and this is how it was found out.\n", fault);
  } else {
    std::fputs("This is a defect of Overcommit, not of your scenario; please report it with the scenario and seed.\n", stderr);
  }
  std::fflush(stderr);
  // What breaks while it listens ends the process at once.
  if (const InvariantListener listener = invariantListener.exchange(nullptr)) listener(what, file, line);
  _exit(kExitInvariantBroken);
}

}  // namespace overcommit
