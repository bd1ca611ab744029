// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/match.h>
#include <cstring>
using namespace overcommit::policy;

// Compares what it never asked for.
class NoBytes : public MatchPolicy {
  MatchAnswer match(const MatchQuestion& question, const PageBytes& bytes) override {
    const bool equal = question.salt == question.known_salt && std::memcmp(bytes.page, bytes.known, kPageBytes) == 0;
    return equal ? MatchAnswer::CompareAndShare : MatchAnswer::Leave;
  }
};
OVERCOMMIT_MATCH(NoBytes)
