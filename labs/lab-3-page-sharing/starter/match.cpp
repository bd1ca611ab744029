// SPDX-License-Identifier: GPL-2.0-or-later
// Lab 3, part 4: do two pages with an equal hash match?
//
//   try it:  overcommit run match.toml --sabotage hash-only-match --policy match=match.cpp
//   ask:     overcommit lab check 3 4.1 --submission .
//
// The engine compares all bytes before it shares anything. With --sabotage hash-only-match it does not: it hashes to 12 bits, and believes
// you. Whatever you let through, guests get.
#include <overcommit/match.h>
using namespace overcommit::policy;

class Mine : public MatchPolicy {
  // true: bytes.page and bytes.known are copies of both pages, kPageBytes each. false: they are null pointers, and you are asked faster.
  bool wants_bytes() const override { return false; }

  MatchAnswer match(const MatchQuestion& question, const PageBytes& bytes) override {
    // You are asked about pages whose hashes are equal (question.hash, question.known_hash). Pages of different salts must not be shared
    // (question.salt, question.known_salt). MatchAnswer::Leave costs memory; what does MatchAnswer::CompareAndShare cost if it is wrong?
    (void)question;
    (void)bytes;
    return MatchAnswer::Leave;
  }
};
OVERCOMMIT_MATCH(Mine)
