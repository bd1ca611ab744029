// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/match.h>
using namespace overcommit::policy;

// Equal hashes are equal pages: so it seems, until they are not.
class HashOnly : public MatchPolicy {
  MatchAnswer match(const MatchQuestion& question, const PageBytes&) override {
    const bool equal = question.hash == question.known_hash && question.salt == question.known_salt;
    return equal ? MatchAnswer::CompareAndShare : MatchAnswer::Leave;
  }
};
OVERCOMMIT_MATCH(HashOnly)
